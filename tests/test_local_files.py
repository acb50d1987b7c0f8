"""What a file of this computer must be to be trusted, and how one is opened that is written to."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from antrean_cli.local_files import flaw_of, opened, own
from tests.support.users import ACL, RUNNER, STRANGER, being, let, only_root


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of ours in a folder of ours."""
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o700)
    file = folder / "berkas"
    file.touch(0o600)
    return file


def said(file: Path) -> str:
    """Return what is wrong, empty if nothing is."""
    flaw = flaw_of(file, own())
    return flaw.sentence if flaw else ""


def mended(file: Path) -> None:
    """Type what is advised, and see that it helps."""
    flaw = flaw_of(file, own())
    assert flaw is not None
    subprocess.run(flaw.advice.removeprefix("sudo "), shell=True, check=True)
    assert flaw_of(file, own()) is None


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o640, 0o644])
def test_what_is_ours_and_nobody_else_writes_is_trusted(file: Path, mode: int) -> None:
    """Who may read it is another question."""
    file.chmod(mode)
    assert said(file) == ""


def test_a_file_that_everybody_writes_is_not(file: Path) -> None:
    file.chmod(0o602)
    assert said(file) == f"{file} dapat ditulis siapa saja"
    mended(file)


def test_a_folder_that_everybody_writes_is_not_unless_it_is_sticky(file: Path) -> None:
    file.parent.chmod(0o703)
    assert said(file) == f"folder {file.parent} dapat ditulis siapa saja"
    file.parent.chmod(0o1777)
    assert said(file) == ""
    assert flaw_of(file, own(), sticky=False)
    file.parent.chmod(0o703)
    mended(file)


@only_root
@pytest.mark.parametrize("which", ["file", "folder"])
def test_a_group_that_somebody_else_is_in_may_not_write(file: Path, which: str) -> None:
    path = file if which == "file" else file.parent
    os.chown(path, 0, 1)  # daemon, who is another user
    path.chmod(0o770)
    assert said(file) == f"{'folder ' * (which == 'folder')}{path} dapat ditulis grup daemon"
    mended(file)


@only_root
def test_a_group_of_ones_own_may_write(file: Path) -> None:
    """As with umask 002, where each user has a group."""
    for path in (file, file.parent):
        os.chown(path, RUNNER, RUNNER)
        path.chmod(0o770)
    assert flaw_of(file, (0, RUNNER)) is None


@only_root
@pytest.mark.parametrize("which", ["file", "folder"])
def test_what_is_somebody_elses_is_not_trusted(file: Path, which: str) -> None:
    os.chown(file if which == "file" else file.parent, STRANGER, 0)
    assert said(file).endswith(f" milik {STRANGER}")


@only_root
def test_a_link_is_as_good_as_what_it_leads_to(file: Path, tmp_path: Path) -> None:
    """Also where the link's own folder is sound; and a stranger's link is not ours to follow."""
    link = tmp_path / "tautan"
    link.symlink_to(file)
    assert said(link) == ""
    os.chown(link, STRANGER, 0, follow_symlinks=False)
    assert said(link) == f"{link} milik {STRANGER}"
    os.chown(link, 0, 0, follow_symlinks=False)
    file.parent.chmod(0o707)
    assert said(link) == f"folder {file.parent} dapat ditulis siapa saja"


@pytest.mark.parametrize("which", ["file", "folder"])
def test_an_access_control_list_lets_nobody_else_write(file: Path, which: str) -> None:
    """The mode alone does not tell who writes by it."""
    path = file if which == "file" else file.parent
    let(path, STRANGER, 6)
    assert said(file) == f"{'folder ' * (which == 'folder')}{path} dapat ditulis {STRANGER} (ACL)"
    flaw = flaw_of(file, own())
    assert flaw
    assert flaw.advice == f"setfacl -b {path}"
    os.removexattr(path, ACL)
    path.chmod(0o700)
    assert said(file) == ""


def test_an_access_control_list_may_let_read_and_let_us_write(file: Path) -> None:
    """As systemd hands over its credentials."""
    let(file, STRANGER, 4)
    assert said(file) == ""
    let(file, os.geteuid(), 6)
    assert said(file) == ""


def test_a_system_without_such_lists_goes_by_the_mode(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "getxattr")
    assert said(file) == ""
    file.parent.chmod(0o703)
    assert said(file)


# -- opening


def test_a_file_that_is_made_is_its_owners_alone_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        os.close(opened(tmp_path / "baru", os.O_WRONLY | os.O_CREAT))
    finally:
        os.umask(before)
    assert (tmp_path / "baru").stat().st_mode & 0o777 == 0o600


def test_what_is_no_file_of_its_own_is_not_opened(tmp_path: Path) -> None:
    """A link leads elsewhere, a pipe would keep a pass waiting for ever."""
    (tmp_path / "tautan").symlink_to(tmp_path / "sasaran")
    os.mkfifo(tmp_path / "pipa")
    for name, number in (("tautan", errno.ELOOP), ("pipa", errno.ENXIO)):
        for access in (os.O_WRONLY, os.O_RDWR):
            with pytest.raises(OSError, match=os.strerror(number)):
                opened(tmp_path / name, access | os.O_CREAT)
    assert not (tmp_path / "sasaran").exists()


@only_root
def test_what_is_advised_needs_root_only_where_the_file_is_somebody_elses(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.parent.chmod(0o777)
    monkeypatch.chdir(file.parent)
    with being(RUNNER):
        flaw = flaw_of(Path(file.name), (0, RUNNER))
    assert flaw
    assert flaw.advice == f"sudo chmod o-w {file.parent}"
