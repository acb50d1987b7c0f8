"""Files of this computer that a pass goes by or writes to: whose they are, and how they are opened.

Other people work on the same machine. What they can replace or write to is not ours to go by, and
what they can put in our way must not be followed, waited for, or filled.

- A file that we go by, and its folder, belong to root or to the user who runs us. Nobody else may
  write there: not everybody, no group that somebody else is in (`panduan/pengaturan.md`), and
  nobody by an access control list, which the mode does not show (acl(5)).
- In a folder with the sticky bit nobody replaces what is another's (/tmp, Kubernetes's secrets).
- A file that we write to is a regular one and no link, and is for its owner alone.
"""

import errno
import os
import pwd
import shlex
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from antrean_cli.errors import user_name

# acl(5) as Linux keeps it in an attribute: a version, then tag, rights and number of each entry.
_ACL, _ACL_ENTRY, _ACL_VERSION = "system.posix_acl_access", "<HHI", 4
_USER, _GROUP_OF_FILE, _GROUP, _MASK = 0x02, 0x04, 0x08, 0x10
_WRITE = 2


class Flaw(NamedTuple):
    """Why a file is not to be trusted (Indonesian), and the line to type."""

    sentence: str
    advice: str


def own() -> frozenset[int]:
    """Return the users whose files we go by: root, and who runs us."""
    return frozenset((0, os.geteuid()))


def flaw_of(file: Path, owners: Collection[int], *, sticky: bool = True) -> Flaw | None:
    """Return why a file that is there is not to be trusted, None if nothing is wrong with it.

    `owners` are the users whose files count; root's folders do so too. `sticky`: a folder in which
    everybody may write, but replace only what is his own, will do. Raises OSError.
    """
    found, link = file.stat(), file.lstat()
    for one in (found, link):
        if one.st_uid not in owners:
            return Flaw(f"{file} milik {user_name(one.st_uid)}", _chown(file))
    if stat.S_ISREG(found.st_mode) and (flaw := _written_by_others(file, found, owners)):
        return flaw
    folders = [file.parent]
    if stat.S_ISLNK(link.st_mode):  # where it leads to counts as well
        folders.append(Path(os.path.realpath(file)).parent)
    return next(filter(None, (_flaw_of_folder(one, file, owners, sticky) for one in folders)), None)


def _flaw_of_folder(folder: Path, file: Path, owners: Collection[int], sticky: bool) -> Flaw | None:
    found = folder.stat()
    if found.st_uid not in (0, *owners):
        move = _as_root(f"mv -n {shlex.quote(str(file))} /etc/antrean/")
        return Flaw(f"folder {folder.absolute()} milik {user_name(found.st_uid)}", move)
    if sticky and found.st_mode & stat.S_ISVTX:
        return None
    return _written_by_others(folder, found, owners)


def _written_by_others(path: Path, found: os.stat_result, owners: Collection[int]) -> Flaw | None:
    """Return who else may write to a file or folder, as a flaw."""
    name = shlex.quote(str(path.absolute()))
    who = f"{'folder ' * stat.S_ISDIR(found.st_mode)}{path.absolute()} dapat ditulis"
    if found.st_mode & stat.S_IWOTH:
        return Flaw(f"{who} siapa saja", _as(found.st_uid, f"chmod o-w {name}"))
    acl = tuple(_writers_by_acl(path))
    # With such a list the mode's bits of the group are those of its mask.
    group_writes = (
        any(tag == _GROUP_OF_FILE for tag, _ in acl) if acl else (found.st_mode & stat.S_IWGRP)
    )
    if group_writes and not is_own_group(found.st_gid, owners):
        group = group_name(found.st_gid)
        return Flaw(f"{who} grup {group}", _as(found.st_uid, f"chmod g-w {name}"))
    for tag, number in acl:
        if tag == _USER and number not in (0, *owners):
            stranger = user_name(number)
        elif tag == _GROUP and not is_own_group(number, owners):
            stranger = f"grup {group_name(number)}"
        else:
            continue
        return Flaw(f"{who} {stranger} (ACL)", _as(found.st_uid, f"setfacl -b {name}"))
    return None


def _writers_by_acl(path: Path) -> Iterator[tuple[int, int]]:
    """Yield tag and number of each entry of an access control list that lets somebody write.

    Nothing where there is no list, or the system knows none.
    """
    try:
        acl = os.getxattr(path, _ACL)
    except (OSError, AttributeError):
        return
    import struct

    entries = list(struct.iter_unpack(_ACL_ENTRY, acl[_ACL_VERSION:]))
    mask = next((rights for tag, rights, _ in entries if tag == _MASK), 7)
    for tag, rights, number in entries:
        if tag in (_USER, _GROUP_OF_FILE, _GROUP) and rights & mask & _WRITE:
            yield tag, number


def is_own_group(gid: int, owners: Collection[int]) -> bool:
    """Return whether nobody but these users is in a group, as far as this computer knows."""
    import grp

    if gid == 0:
        return True
    users = pwd.getpwall()
    members = {user.pw_uid for user in users if user.pw_gid == gid}
    try:
        named = grp.getgrgid(gid).gr_mem
    except KeyError:
        named = []
    members |= {user.pw_uid for user in users if user.pw_name in named}
    return members <= set(owners)


def group_name(gid: int) -> str:
    """Return the name of a group of this computer, the number of one without a name."""
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _chown(file: Path) -> str:
    return _as_root(f"chown {user_name(os.geteuid())} {shlex.quote(str(file))}")


def _as(owner: int, command: str) -> str:
    """Return a line to type that only root and the owner of the file may run."""
    return command if owner == os.geteuid() else _as_root(command)


def _as_root(command: str) -> str:
    return command if os.geteuid() == 0 else f"sudo {command}"


# -- opening


def is_own_file(file: Path) -> bool:
    """Return whether there is nothing yet in a file's place, or a regular file and no link."""
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except OSError:
        return True


def opened(file: Path, flags: int) -> int:
    """Return a descriptor of a file that is written to; one that is made is its owner's alone.

    Raises OSError: ELOOP for a link, ENXIO for what is no regular file, which might never answer.
    """
    how = flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(file, how, 0o600)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.ENXIO, os.strerror(errno.ENXIO), str(file))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def replace(file: Path, text: str, *, mode: int = 0o600) -> None:
    """Replace a file as a whole, or not at all, with this mode whatever the umask is.

    Raises OSError.
    """
    new = file.with_name(file.name + ".new")
    try:
        new.unlink(missing_ok=True)  # of a process that was killed
        descriptor = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as writing:
            os.fchmod(descriptor, mode)
            writing.write(text)
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)
