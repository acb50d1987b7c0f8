"""Other users of this computer, as whom root's tests can go on, and what they do to files."""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# Numbers without an account.
RUNNER, STRANGER = 54321, 54322
ACL = "system.posix_acl_access"

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@contextmanager
def being(uid: int) -> Iterator[None]:
    """Be another user for a while, in this process and in no group but his own.

    What is imported meanwhile he has to be able to read: root's Python may be closed to him.
    """
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(uid)
    os.setresuid(uid, uid, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setegid(0)
        os.setgroups(groups)


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make a folder that other users get to, unlike pytest's; only root and its owner write."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def let(path: Path, uid: int, rights: int) -> None:
    """Give a user rights by an access control list, as `setfacl -m u:UID:…` does.

    `rights` is 4 for reading, 2 for writing, or their sum.
    """
    mode = path.stat().st_mode
    nobody = 0xFFFFFFFF
    entries = (
        (0x01, mode >> 6 & 7, nobody),
        (0x02, rights, uid),
        (0x04, mode >> 3 & 7, nobody),
        (0x10, mode >> 3 & 7 | rights, nobody),
        (0x20, mode & 7, nobody),
    )
    packed = b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(path, ACL, struct.pack("<I", 2) + packed)
    except OSError:
        pytest.skip("this file system knows no access control lists")
