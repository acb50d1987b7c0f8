"""The user that passes run as, and what to type as that user: a ledger that root makes, root alone
can write.
"""

import os
import pwd
from pathlib import Path

from antrean_cli.errors import user_name

USUAL = "antrean"  # as the guide makes it


def other_runner(state: Path, settings: Path | None) -> str:
    """Return the user that passes run as, by whose files they are; empty if it is who runs us.

    That is who owns the state file, else its folder, else the settings, or whom the group of root's
    settings is named for; for who came by sudo, else, the usual one.
    """
    place = next((one for one in (state, state.parent) if os.path.lexists(one)), None)
    if place and (place == state or place.lstat().st_uid):  # root's folder says nothing
        owner = place.lstat().st_uid
        return "" if owner == os.geteuid() else user_name(owner)
    if os.geteuid() != 0:
        return ""
    named = [*_named_by(settings)] if settings and os.path.lexists(settings) else []
    named += [USUAL] if "SUDO_USER" in os.environ else []
    return next((name for name in named if name != "root" and _is_user(name)), "")


def _named_by(settings: Path) -> tuple[str, str]:
    import grp

    found = settings.lstat()
    try:
        group = grp.getgrgid(found.st_gid).gr_name
    except KeyError:
        group = ""
    return user_name(found.st_uid), group


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def as_runner(line: str, user: str) -> str:
    """Return a line to type as it is typed by somebody else than the user that passes run as."""
    return f"sudo -u {user} {line}" if user and line.startswith("antrean ") else line
