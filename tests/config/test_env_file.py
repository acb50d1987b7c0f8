"""The file of settings: which one counts, whether it can be trusted, and its literal values."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from antrean_cli.config.settings import load, try_load
from antrean_cli.errors import SettingsError
from tests.config.loading import BOTH, NEEDED, problems, settings, written
from tests.support.users import RUNNER, STRANGER, being, let, only_root, open_folder


@pytest.fixture
def at_home(tmp_path: Path) -> Iterator[Path]:
    """Be an ordinary user in a folder of his own; root goes by no ./.env."""
    if os.geteuid() != 0:
        yield tmp_path
        return
    with open_folder() as home, being_at(RUNNER, home):
        yield home


@contextmanager
def being_at(uid: int, folder: Path) -> Iterator[None]:
    """Be another user, in a folder that is made his."""
    before = Path.cwd()
    os.chown(folder, uid, -1)
    os.chdir(folder)
    try:
        with being(uid):
            yield
    finally:
        os.chdir(before)


def test_of_several_files_the_first_one_counts_alone(at_home: Path) -> None:
    """--env-file, $ANTREAN_ENV_FILE, ./.env, ~/.config/antrean/env: each hides those behind it."""
    config = {"XDG_CONFIG_HOME": str(at_home / ".config")}
    home = written(at_home / ".config/antrean/env", "BPJS_TIMEOUT=4\nANTREAN_DAYS=3\n")
    assert settings(**config).bpjs.timeout == 4
    written(at_home / ".env", "BPJS_TIMEOUT=3\n")
    here = settings(**config)
    assert (here.bpjs.timeout, here.policy.days) == (3, 7)
    named = written(at_home / "named.env", "BPJS_TIMEOUT=2\n")
    assert settings(**config, ANTREAN_ENV_FILE=str(named)).bpjs.timeout == 2
    option = written(at_home / "option.env", "BPJS_TIMEOUT=1\n")
    assert settings(option, **config, ANTREAN_ENV_FILE=str(named)).bpjs.timeout == 1
    assert home.exists()


# -- ./.env, which lies wherever somebody stands


def ignored(**environ: str) -> str:
    """Return why ./.env does not count, empty if there is none or it does."""
    found = try_load(env_file=None, state=None, needs=BOTH, environ={**NEEDED, **environ})
    assert (found.settings.bpjs.timeout == 3) is not bool(found.ignored)
    return found.ignored


def test_ones_own_file_counts_where_one_stands(at_home: Path) -> None:
    """A developer in his checkout."""
    written(at_home / ".env", "BPJS_TIMEOUT=3\n")
    assert ignored() == ""


@only_root
def test_roots_file_in_roots_folder_counts_for_others() -> None:
    """As where cron's line begins with `cd /opt/antrean`."""
    with open_folder() as folder:
        written(folder / ".env", "BPJS_TIMEOUT=3\n", 0o640)
        os.chown(folder / ".env", 0, RUNNER)
        with being_at(RUNNER, folder):
            os.seteuid(0)
            os.chown(folder, 0, 0)
            os.seteuid(RUNNER)
            assert ignored() == ""


@only_root
def test_root_goes_by_the_file_only_if_it_is_named(tmp_path: Path) -> None:
    written(tmp_path / ".env", "BPJS_TIMEOUT=3\n")
    assert "./.env tidak dipakai: root tidak memakai" in ignored()
    assert settings(Path(".env")).bpjs.timeout == 3
    assert settings(ANTREAN_ENV_FILE=".env").bpjs.timeout == 3


@only_root
@pytest.mark.parametrize("whose", ["file", "folder"])
def test_somebody_elses_file_or_folder_does_not_count(whose: str) -> None:
    """`sudo -u antrean antrean check` in a folder of somebody's: his file, or one he put there."""
    with open_folder() as folder, being_at(RUNNER, folder):
        file = written(folder / ".env", "BPJS_TIMEOUT=3\n", 0o640)
        assert ignored() == ""
        os.seteuid(0)
        os.chown(file if whose == "file" else folder, STRANGER, -1)
        os.seteuid(RUNNER)
        assert f"milik {STRANGER}" in ignored()
        assert "--env-file .env" in ignored()


@pytest.mark.parametrize("mode", [0o707, 0o1777])
def test_a_folder_in_which_others_write_does_not_count(at_home: Path, mode: int) -> None:
    written(at_home / ".env", "BPJS_TIMEOUT=3\n")
    at_home.chmod(mode)
    assert "dapat ditulis siapa saja" in ignored()
    at_home.chmod(0o700)
    let(at_home, STRANGER, 7)
    assert f"dapat ditulis {STRANGER} (ACL)" in ignored()


def test_what_does_not_count_is_named_where_settings_are_missing(at_home: Path) -> None:
    written(at_home / ".env", "BPJS_TIMEOUT=3\n")
    at_home.chmod(0o707)
    with pytest.raises(SettingsError, match=r"\./\.env tidak dipakai"):
        load(env_file=None, state=None, needs=BOTH, environ={})


# -- whose the file is, and who can write it


def test_a_file_that_others_can_write_is_refused_with_what_to_type(tmp_path: Path) -> None:
    file = written(tmp_path / "a folder/rs.env", "ANTREAN_DAYS=3\n")
    file.parent.chmod(0o707)
    said = problems(file)
    assert said.endswith(f"ketik: chmod o-w {shlex.quote(str(file.parent))}")
    file.parent.chmod(0o700)
    let(file, STRANGER, 6)
    said = problems(file)
    assert said.endswith(f"(ACL); ketik: setfacl -b {shlex.quote(str(file))}")


@only_root
def test_a_file_of_somebody_elses_is_refused_though_it_is_named() -> None:
    with open_folder() as folder, being_at(RUNNER, folder):
        file = written(folder / "rs.env", "ANTREAN_DAYS=3\n", 0o640)
        assert settings(file).policy.days == 3
        os.seteuid(0)
        os.chown(file, STRANGER, 0)
        os.seteuid(RUNNER)
        said = problems(file)
        assert f"{file} milik {STRANGER}; ketik: sudo chown {RUNNER} {file}" in said
        os.seteuid(0)
        os.chown(file, RUNNER, 0)
        os.chown(folder, STRANGER, 0)
        os.seteuid(RUNNER)
        assert f"folder {folder} milik {STRANGER}; ketik: sudo mv -n {file}" in problems(file)


@only_root
def test_root_reads_somebody_elses_file_if_it_is_named_and_nobody_else_writes_it(
    tmp_path: Path,
) -> None:
    """`sudo antrean --env-file … units`, for a user whose settings lie in his home."""
    file = written(tmp_path / "home/.config/antrean/env", "ANTREAN_DAYS=3\n")
    for path in (file, file.parent):
        os.chown(path, STRANGER, STRANGER)
    assert settings(file).policy.days == 3
    said = problems(XDG_CONFIG_HOME=str(tmp_path / "home/.config"))
    assert said.endswith(f"ketik: antrean --env-file {file} check")
    let(file, RUNNER, 6)
    assert f"dapat ditulis {RUNNER} (ACL)" in problems(file)


@only_root
def test_somebody_elses_file_names_no_secret_of_roots(tmp_path: Path) -> None:
    """What root alone may read would go to an address of his choice."""
    secret = written(tmp_path / "rahasia", "milik root\n")
    file = written(tmp_path / "home/env", f"BPJS_USER_KEY_FILE={secret}\n")
    environ = {name: value for name, value in NEEDED.items() if name != "BPJS_USER_KEY"}
    assert load(env_file=file, state=None, needs=BOTH, environ=environ).bpjs.user_key
    os.chown(file, STRANGER, STRANGER)
    with pytest.raises(SettingsError, match="BPJS_USER_KEY_FILE tidak dipercaya"):
        load(env_file=file, state=None, needs=BOTH, environ=environ)
    os.chown(secret, STRANGER, STRANGER)
    assert load(env_file=file, state=None, needs=BOTH, environ=environ).bpjs.user_key


def test_a_secret_that_others_can_write_is_refused_with_what_to_type(tmp_path: Path) -> None:
    secret = written(tmp_path / "rahasia", "kunci\n", 0o602)
    environ = {name: value for name, value in NEEDED.items() if name != "BPJS_SECRET_KEY"}
    with pytest.raises(SettingsError) as caught:
        load(
            env_file=None,
            state=None,
            needs=BOTH,
            environ={**environ, "BPJS_SECRET_KEY_FILE": str(secret)},
        )
    assert f"BPJS_SECRET_KEY_FILE tidak dipercaya: {secret} dapat ditulis" in str(caught.value)
    assert str(caught.value).endswith(f"ketik: chmod o-w {secret}")


def test_settings_may_come_through_a_pipe() -> None:
    """`--env-file <(sops decrypt …)`: it is the runner's own."""
    reader, writer = os.pipe()
    os.write(writer, b"ANTREAN_DAYS=3\n")
    os.close(writer)
    try:
        assert settings(Path(f"/dev/fd/{reader}")).policy.days == 3
    finally:
        os.close(reader)


def test_only_a_file_that_lies_elsewhere_is_an_unusual_one(tmp_path: Path) -> None:
    usual = written(tmp_path / ".config/antrean/env", "ANTREAN_DAYS=3\n")
    assert settings().unusual_file is None
    assert settings(usual).unusual_file is None
    other = written(tmp_path / "rs.env", "ANTREAN_DAYS=3\n")
    assert settings(other).unusual_file == other
    assert settings(Path("rs.env")).unusual_file == other


def test_the_config_folder_follows_xdg(tmp_path: Path) -> None:
    written(tmp_path / "lain/antrean/env", "BPJS_TIMEOUT=6\n")
    written(tmp_path / ".config/antrean/env", "BPJS_TIMEOUT=4\n")
    assert settings(XDG_CONFIG_HOME=str(tmp_path / "lain")).bpjs.timeout == 6


def test_without_any_file_the_environment_is_enough() -> None:
    assert settings(BPJS_TIMEOUT="9").bpjs.timeout == 9


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    assert "tidak-ada.env" in problems(tmp_path / "tidak-ada.env")
    assert "hilang.env" in problems(ANTREAN_ENV_FILE=str(tmp_path / "hilang.env"))


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644])
def test_a_file_that_others_can_read_gives_no_settings(tmp_path: Path, mode: int) -> None:
    file = written(tmp_path / "rs.env", "ANTREAN_DAYS=3\n", mode)
    assert f"chmod o-rwx {file}" in problems(file)


def test_the_chmod_can_be_typed_for_any_file_name(tmp_path: Path) -> None:
    file = written(tmp_path / "dua kata's.env", "ANTREAN_DAYS=3\n", 0o644)
    typed = re.search(r"chmod o-rwx .*", problems(file))
    assert typed is not None

    assert shlex.split(typed[0]) == ["chmod", "o-rwx", str(file)]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("abc#def", "abc#def"),
        ("#abc", "#abc"),
        ("${HOME}", "${HOME}"),
        ("$HOME$", "$HOME$"),
        ("'${HOME}'", "${HOME}"),
        ('"${HOME}"', "${HOME}"),
        ("'abc #def'", "abc #def"),
        ('"abc #def"', "abc #def"),
        ("'dua kata'", "dua kata"),
        ("dua kata", "dua kata"),
        ("' tepi '", " tepi "),
        ("'di \"dalam\" sini'", 'di "dalam" sini'),
        ("\"di 'dalam' sini\"", "di 'dalam' sini"),
        ("a=b=c==", "a=b=c=="),
        ("a\\b\\n", "a\\b\\n"),
        ("'a\\b\\n'", "a\\b\\n"),
        ("ké☺", "ké☺"),
        ("`id`$(id)", "`id`$(id)"),
    ],
)
def test_a_value_in_a_file_is_taken_as_it_is_written(
    tmp_path: Path, typed: str, value: str
) -> None:
    file = written(tmp_path / "rs.env", f"KHANZA_PASSWORD={typed}\nANTREAN_DAYS=3\n")
    found = settings(file)
    assert (found.khanza.password, found.policy.days) == (value, 3)


def test_what_might_be_a_comment_is_never_cut_off_silently(tmp_path: Path) -> None:
    """`abc #def` may be one secret, or a secret and a comment: told by name, without the value."""
    file = written(tmp_path / "rs.env", "# komentar\n\nBPJS_SECRET_KEY=abc #def\n")
    environ = {name: value for name, value in NEEDED.items() if name != "BPJS_SECRET_KEY"}
    with pytest.raises(SettingsError) as caught:
        load(env_file=file, state=None, needs=BOTH, environ=environ)
    assert "baris 3" in str(caught.value)
    assert "BPJS_SECRET_KEY" in str(caught.value)
    assert "abc" not in str(caught.value)


def test_comments_blank_lines_export_and_line_ends_of_windows_are_fine(tmp_path: Path) -> None:
    file = written(
        tmp_path / "rs.env", "# pengaturan\r\n\r\nexport ANTREAN_DAYS=3\r\nANTREAN_WORKERS = 8\r\n"
    )
    found = settings(file)
    assert (found.policy.days, found.workers) == (3, 8)


def test_the_mark_that_windows_puts_before_a_text_is_no_part_of_the_first_name(
    tmp_path: Path,
) -> None:
    file = written(tmp_path / "rs.env", "\ufeffANTREAN_DAYS=3\nANTREAN_WORKERS=8\n")
    found = settings(file)
    assert (found.policy.days, found.workers) == (3, 8)


def test_a_line_that_is_no_setting_is_named(tmp_path: Path) -> None:
    file = written(
        tmp_path / "rs.env", "ANTREAN_DAYS=3\nini bukan pengaturan\nBPJS_CONS_ID='tidak ditutup\n"
    )
    said = problems(file)
    assert "baris 2" in said
    assert "baris 3" in said
    assert "tidak ditutup" not in said, "it may be a secret"


def test_a_setting_that_is_written_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    """The second one won in silence; whoever edits the first wonders. Others' names are theirs."""
    file = written(
        tmp_path / "rs.env",
        "KHANZA_PORT=3306\nTZ=a\n# KHANZA_PORT=1\nTZ=b\nKHANZA_PORT=3307\n"
        "export KHANZA_PORT=3308\n",
    )
    said = problems(file)
    assert "baris 1 dan 5: KHANZA_PORT ditulis dua kali; hapus salah satu" in said
    assert "baris 1 dan 6: KHANZA_PORT" in said
    assert "TZ" not in said
    assert "3307" not in said, "it may be a secret"
