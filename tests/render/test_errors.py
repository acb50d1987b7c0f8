"""Errors as a terminal shows them: in its 80 columns, with a line to type that is whole."""

from __future__ import annotations

import os
from pathlib import Path

from antrean_cli.render.text import fill_error
from tests.support.command import on_a_terminal, run


def test_a_short_error_stays_one_line() -> None:
    assert fill_error("antrean: Putaran lain sedang berjalan.") == (
        "antrean: Putaran lain sedang berjalan."
    )


def test_a_long_error_is_filled_and_the_line_to_type_stands_whole_on_its_own() -> None:
    typed = "sudo chown antrean: " + " ".join(f"/var/lib/antrean/berkas-{n}" for n in range(9))
    shown = fill_error(f"antrean: {'berkas status tidak dapat dipakai ' * 4}; ketik: {typed}")
    *said, last = shown.splitlines()
    assert last == f"  ketik: {typed}"
    assert len(said) > 1
    assert all(len(line) <= 80 for line in said)


def test_a_command_within_a_sentence_is_never_broken() -> None:
    command = "antrean show 2026/11/22/000001 --bpjs"
    for words in range(20):
        assert command in fill_error(f"{'kata ' * words * 2}periksa: {command}")


def test_each_line_of_an_error_is_filled_by_itself() -> None:
    shown = fill_error(f"antrean: dua\n  {'satu ' * 30}\n  tiga")
    first, *_, last = shown.splitlines()
    assert (first, last) == ("antrean: dua", "  tiga")


def test_a_terminal_sees_short_lines_and_a_pipe_one(tmp_path: Path) -> None:
    file = tmp_path / "berkas pengaturan"
    file.touch(0o644)
    file.chmod(0o644)
    args = ("--env-file", str(file), "status")
    piped = run(*args)
    assert (piped.returncode, len(piped.stderr.splitlines())) == (8, 1)
    shown = on_a_terminal(*args, environ=dict(os.environ)).stdout
    assert f"  ketik: chmod o-rwx '{file}'" in shown.splitlines()
