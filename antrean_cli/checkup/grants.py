"""SHOW GRANTS → what an account may do beyond reading.

- A line of the server's can hold a hash of the password: only privileges, what they are on, and
  accounts leave here.
- MariaDB lists the privileges of an active role (its name has no @) and of PUBLIC beside those of
  the account; MySQL lists only that a role was granted. A role that shows nothing of itself may do
  anything.
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
PUBLIC = "PUBLIC"
STOCK_OF_PUBLIC = ("`test`.*", r"`test\_%`.*")
_MOST_SHOWN = 4
_QUOTED = re.compile(r"""`(?:[^`]|``)*`|'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
# A line whose quoted names are masked, so that no name can look like a word of the statement.
_GRANT = re.compile(r"GRANT (?P<what>.+?)(?: ON (?P<on>.+?))? TO (?P<to>\S+)(?P<rest>.*)")
_PRIVILEGE = re.compile(r"[^,(]+(?:\([^)]*\))?")
_PLACE = re.compile(r"(?:TABLE )?(?P<database>\S+)\.(?P<table>\S+)")


class Grant(NamedTuple):
    """One line of SHOW GRANTS, its names as the server quotes them.

    `on` is empty where roles were granted: `privileges` are their names then. `hands_on` means
    that they may be given away.
    """

    privileges: tuple[str, ...]
    on: str
    to: str
    hands_on: bool

    @property
    def beyond(self) -> tuple[str, ...]:
        """The privileges that are more than reading; those on single columns with their columns."""
        if not self.on:
            return ()
        more = [one for one in self.privileges if one.split(" (")[0] not in HARMLESS]
        return (*more, "GRANT OPTION") if self.hands_on else tuple(more)

    def reads(self, database: str) -> bool:
        """Whether something of a database may be read by it."""
        return bool({"SELECT", ALL} & set(self.privileges)) and self.touches(database)

    def touches(self, database: str) -> bool:
        """Whether it is on something in a database; only a grant on whole ones is a pattern."""
        masked, names = _masked(self.on)
        place = _PLACE.fullmatch(masked)
        if place is None or place["database"] == "*":
            return place is not None
        name = _bare(_restored(place["database"], names))
        if place["table"] != "*":
            return name == database
        return bool(re.fullmatch(_like(name), database))


class Rights(NamedTuple):
    """What an account may do: `beyond` is what is more than reading (Indonesian).

    `statements` are what an administrator types so that the account only reads. What PUBLIC may do
    is everybody's: it is only shown.
    """

    account: str
    selects: bool
    beyond: tuple[str, ...]
    statements: tuple[str, ...]


def rights(lines: Iterable[str], database: str) -> Rights | None:
    """Return what SHOW GRANTS says of the account that asked, None if it says nothing of one."""
    grants = [grant for grant in map(_parsed, lines) if grant]
    account = next((grant.to for grant in grants if "@" in grant.to), "")
    if not account:
        return None
    own = [grant for grant in grants if grant.on and grant.to == account]
    everybodys = [
        grant
        for grant in grants
        if grant.to == PUBLIC and (grant.on not in STOCK_OF_PUBLIC or grant.touches(database))
    ]
    roles = _writing_roles(grants, account)
    beyond = [text for grant in (*own, *everybodys) if (text := _described(grant))]
    beyond += [f"peran {role.strip('`')}" for role in roles]
    return Rights(
        account=account,
        selects=bool(roles) or any(grant.reads(database) for grant in grants),
        beyond=tuple(beyond),
        statements=_statements(account, database, own, roles),
    )


def _statements(
    account: str, database: str, own: Sequence[Grant], roles: Sequence[str]
) -> tuple[str, ...]:
    """Return what leaves the account nothing but reading: all is taken, and reading given again.

    Roles and the right to be somebody else (PROXY) are taken one by one, and before the rest:
    MySQL leaves them out of ALL PRIVILEGES, MariaDB takes roles with it.
    """
    if not roles and not any(grant.beyond for grant in own):
        return (f"SHOW GRANTS FOR {PUBLIC};",)
    proxies = [grant.on for grant in own if "PROXY" in grant.privileges]
    return (
        f"SHOW GRANTS FOR {account};",
        *(f"REVOKE {role} FROM {account};" for role in roles),
        *(f"REVOKE PROXY ON {somebody} FROM {account};" for somebody in proxies),
        f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {account};",
        f"GRANT SELECT ON `{database}`.* TO {account};",
    )


def _writing_roles(grants: Sequence[Grant], account: str) -> list[str]:
    """Return the names of the account's roles that may do more than read, or nobody knows what."""
    granted = [
        role
        for grant in grants
        if not grant.on and grant.to == account
        for role in grant.privileges
    ]
    return [role for role in granted if not _only_reads(role, grants)]


def _only_reads(role: str, grants: Sequence[Grant]) -> bool:
    mine = [grant for grant in grants if grant.to == role]
    return bool(mine) and all(grant.on and not grant.beyond for grant in mine)


def _described(grant: Grant) -> str:
    """Return what is too much of a grant, and where; empty if nothing is."""
    more = grant.beyond
    if not more:
        return ""
    if len(more) > _MOST_SHOWN:
        more = (*more[: _MOST_SHOWN - 1], f"{len(more) - _MOST_SHOWN + 1} lainnya")
    whose = f" ({PUBLIC})" if grant.to == PUBLIC else ""
    return f"{', '.join(more)} di {grant.on}{whose}".replace("`", "")


# -- the text of a line


def _parsed(line: str) -> Grant | None:
    """Return a line as a grant, None for one that grants nothing (SET DEFAULT ROLE, REVOKE)."""
    masked, names = _masked(line.strip())
    found = _GRANT.fullmatch(masked)
    if found is None:
        return None
    privileges = [_restored(one.strip(), names) for one in _PRIVILEGE.findall(found["what"])]
    return Grant(
        privileges=tuple(filter(None, privileges)),
        on=_restored(found["on"] or "", names),
        to=_restored(found["to"], names),
        hands_on="GRANT OPTION" in found["rest"],
    )


def _masked(text: str) -> tuple[str, list[str]]:
    """Return a text with a number in the place of each quoted name, and these names."""
    names = _QUOTED.findall(text)
    numbers = iter(range(len(names)))
    return _QUOTED.sub(lambda _: f"«{next(numbers)}»", text), names


def _restored(text: str, names: Sequence[str]) -> str:
    return re.sub(r"«(\d+)»", lambda found: names[int(found[1])], text)


def _bare(name: str) -> str:
    """Return a name without its quotes."""
    quote = name[0]
    return name[1:-1].replace(quote * 2, quote) if quote in "`'\"" else name


def _like(pattern: str) -> str:
    r"""Return the regex for a pattern of database names: % and _, and \ before what is meant."""
    wild = {"%": ".*", "_": "."}
    pieces = re.findall(r"\\.|.", pattern)
    return "".join(wild.get(piece) or re.escape(piece[-1]) for piece in pieces)
