"""The file of settings: which one counts, whether it can be trusted, and its literal values."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from antrean_cli.config.settings import load
from antrean_cli.errors import SettingsError
from tests.config.loading import BOTH, NEEDED, problems, settings, written


def test_of_several_files_the_first_one_counts_alone(tmp_path: Path) -> None:
    """--env-file, $ANTREAN_ENV_FILE, ./.env, ~/.config/antrean/env: each hides those behind it."""
    home = written(tmp_path / ".config/antrean/env", "BPJS_TIMEOUT=4\nANTREAN_DAYS=3\n")
    assert settings().bpjs.timeout == 4
    written(tmp_path / ".env", "BPJS_TIMEOUT=3\n")
    here = settings()
    assert (here.bpjs.timeout, here.policy.days) == (3, 7)
    named = written(tmp_path / "named.env", "BPJS_TIMEOUT=2\n")
    assert settings(ANTREAN_ENV_FILE=str(named)).bpjs.timeout == 2
    option = written(tmp_path / "option.env", "BPJS_TIMEOUT=1\n")
    assert settings(option, ANTREAN_ENV_FILE=str(named)).bpjs.timeout == 1
    assert home.exists()


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
