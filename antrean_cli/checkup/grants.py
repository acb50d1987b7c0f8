"""SHOW GRANTS → what an account may do beyond reading, and the REVOKE that mends it.

- A line of the server's can hold a hash of the password: only privileges, what they are on, and
  accounts leave here.
- MariaDB lists the privileges of an active role (its name has no @) and of PUBLIC beside those of
  the account; MySQL lists only that a role was granted. A role that shows nothing of itself may do
  anything.
- Names stay as the server quotes them: in a statement they are right as they are.
- What PUBLIC may do in the databases test and test_…, as MariaDB installs it, is nothing to Khanza.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

# What changes nothing, locks nothing, and runs nothing.
HARMLESS = frozenset(
    {
        *("USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES", "PROCESS"),
        *("REPLICATION CLIENT", "BINLOG MONITOR", "SLAVE MONITOR", "REPLICA MONITOR"),
    }
)
ALL = "ALL PRIVILEGES"
_QUOTED = r"""(?:`(?:[^`]|``)*`|'(?:[^']|'')*'|"(?:[^"]|"")*")"""
_NAME = rf"(?:{_QUOTED}|[\w$%.-]+)"
_ACCOUNT = rf"{_NAME}(?:@{_NAME})?"
_OBJECT = (
    r"(?:(?:TABLE|FUNCTION|PROCEDURE|PACKAGE BODY|PACKAGE) )?"
    rf"(?:\*|{_ACCOUNT})(?:\.(?:\*|{_NAME}))?"
)
_GRANT = re.compile(
    rf"GRANT (?P<what>(?:{_QUOTED}|[^`'\"])+?)(?: ON (?P<on>{_OBJECT}))?"
    rf" TO (?P<to>{_ACCOUNT})(?P<rest>(?: .*)?)"
)
_PLACE = re.compile(rf"(?:TABLE )?(?P<database>\*|{_NAME})\.(?P<table>\*|{_NAME})")
_PIECE = re.compile(rf"(?:{_QUOTED}|\([^)]*\)|[^,(`'\"])+")


class Grant(NamedTuple):
    """One line of SHOW GRANTS; `on` is empty where roles were granted, `hands_on` means that they
    may be given away.
    """

    privileges: tuple[str, ...]
    on: str
    to: str
    hands_on: bool

    @property
    def selects(self) -> bool:
        """Whether whole rows may be read by it."""
        return bool({"SELECT", ALL} & set(self.privileges))

    @property
    def beyond(self) -> tuple[str, ...]:
        """The privileges that are more than reading; those on single columns with their columns."""
        more = (
            privilege for privilege in self.privileges if privilege.split(" (")[0] not in HARMLESS
        )
        return tuple(more) if self.on else ()

    def reads(self, database: str) -> bool:
        """Whether something of a database may be read by it."""
        return self.selects and _within(self.on, database)

    def reads_all(self, database: str) -> bool:
        """Whether all of a database may be read by it."""
        return self.reads(database) and self.on.endswith(".*")


class Rights(NamedTuple):
    """Whether an account may read, what it may do beyond that (Indonesian), and the statements that
    take it away.
    """

    account: str
    selects: bool
    beyond: tuple[str, ...]
    statements: tuple[str, ...]


def rights(lines: Iterable[str], database: str) -> Rights | None:
    """Return what SHOW GRANTS says of the account that asked, or None if it says nothing of one."""
    grants = [grant for grant in map(_grant, lines) if grant]
    account = next((grant.to for grant in grants if "@" in grant.to), "")
    if not account:
        return None
    own = [grant for grant in grants if grant.on and grant.to in (account, "PUBLIC")]
    own = [grant for grant in own if not _stock(grant) or _within(grant.on, database)]
    kept, taken = _roles(grants, account)
    beyond = [text for grant in own for text in _told(grant)] + [
        f"peran {role.strip('`')}" for role in taken
    ]
    statements = [text for grant in own for text in _revoked(grant)]
    statements += [f"REVOKE {role} FROM {account};" for role in taken]
    lost = bool(taken) or any(
        ALL in grant.privileges and _within(grant.on, database) for grant in own
    )
    left = any(grant.reads_all(database) for grant in [*kept, *own] if ALL not in grant.privileges)
    if lost and not left:
        statements.append(f"GRANT SELECT ON `{database}`.* TO {account};")
    selects = any(grant.reads(database) for grant in grants) or bool(taken)
    return Rights(
        account=account, selects=selects, beyond=tuple(beyond), statements=tuple(statements)
    )


def _grant(line: str) -> Grant | None:
    """Return a line of SHOW GRANTS, None for one that grants nothing (SET DEFAULT ROLE, partial
    revokes).
    """
    found = _GRANT.fullmatch(line.strip())
    if found is None:
        return None
    privileges = tuple(piece.strip() for piece in _PIECE.findall(found["what"]) if piece.strip())
    rest = re.sub(_QUOTED, "", found["rest"])
    return Grant(privileges, found["on"] or "", found["to"], hands_on="GRANT OPTION" in rest)


def _within(on: str, database: str) -> bool:
    """Whether what a grant is on touches a database; only what is on whole
    databases is a pattern.
    """
    found = _PLACE.fullmatch(on)
    if found is None or found["database"] == "*":
        return found is not None
    name = found["database"]
    name = name[1:-1].replace(name[0] * 2, name[0]) if name[0] in "`'\"" else name
    if found["table"] != "*":
        return name == database
    pattern = re.sub(
        r"\\(.)|(.)",
        lambda one: {"%": ".*", "_": "."}.get(one[2]) or re.escape(one[1] or one[2]),
        name,
    )
    return bool(re.fullmatch(pattern, database))


def _stock(grant: Grant) -> bool:
    return grant.to == "PUBLIC" and grant.on in ("`test`.*", r"`test\_%`.*")


def _roles(grants: Sequence[Grant], account: str) -> tuple[list[Grant], list[str]]:
    """Return the grants of the roles that only read, and the names of the roles that may do more,
    or anything.
    """
    names = [
        role
        for grant in grants
        if not grant.on and grant.to == account
        for role in grant.privileges
    ]
    kept, taken = [], []
    for name in names:
        granted = [grant for grant in grants if grant.to == name]
        plain = bool(granted) and all(
            grant.on and not grant.beyond and not grant.hands_on for grant in granted
        )
        kept += granted if plain else []
        taken += [] if plain else [name]
    return kept, taken


def _told(grant: Grant) -> list[str]:
    more = [*grant.beyond, *(["GRANT OPTION"] if grant.hands_on else [])]
    shown = more if len(more) <= 4 else [*more[:3], f"{len(more) - 3} lainnya"]
    return [f"{', '.join(shown)} di {grant.on}".replace("`", "")] if more else []


def _revoked(grant: Grant) -> list[str]:
    """Return the statements that leave of a grant what only reads."""
    taken = (
        [f"REVOKE {', '.join(grant.beyond)} ON {grant.on} FROM {grant.to};"] if grant.beyond else []
    )
    # MySQL and MariaDB take the right to give away in a statement of its own; of a proxy it goes
    # with it.
    if grant.hands_on and "PROXY" not in grant.privileges:
        taken.append(f"REVOKE GRANT OPTION ON {grant.on} FROM {grant.to};")
    return taken
