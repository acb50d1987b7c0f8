"""`antrean panduan`: the guide at a terminal, in a pipe, and by a name that is not quite right."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from antrean_cli.commands.panduan import TOPICS
from antrean_cli.console.markdown import rendered
from tests.support.command import on_a_terminal, run

PAGE = """\
<!-- not shown -->
# Judul

Kata `antrean status` dan **tebal**, lihat
[waktu](waktu.md) atau [sumber](https://example.org/a).

1. Satu langkah
   yang panjang:

   ```sh
   antrean sync   # apa adanya
   ```

- butir\\
  patah

| kode | arti |
|---|---|
| `a\\|b` | kata kata kata kata |
| c | d |
"""


def test_a_page_in_a_pipe_is_plain_text() -> None:
    done = run("panduan", "mulai")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Mulai\n\n  antrean memberi tahu BPJS setiap pasien")
    assert "\n    antrean demo --keep coba\n" in done.stdout
    assert "\x1b" not in done.stdout


def test_without_a_topic_each_has_a_line() -> None:
    shown = run("panduan").stdout
    assert re.findall(r"^  antrean panduan ([a-z-]+)  ", shown, re.MULTILINE) == TOPICS
    assert len(TOPICS) >= 5


@pytest.mark.parametrize("typed", ["seh", "SEHARI-HARI", "sehari"])
def test_the_beginning_of_a_topic_is_enough(typed: str) -> None:
    assert run("panduan", typed).stdout == run("panduan", "sehari-hari").stdout


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("p", "tidak ada topik p; maksudnya pasang atau pindah"),
        ("istila", None),
        ("psang", "tidak ada topik psang; maksudnya pasang? Daftarnya: antrean panduan"),
        ("zzz", "tidak ada topik zzz; daftarnya: antrean panduan"),
        ("retry", "tidak ada topik retry; tentang perintah itu ketik: antrean retry --help"),
    ],
)
def test_what_is_no_topic_is_told_with_what_was_meant(typed: str, told: str | None) -> None:
    done = run("panduan", typed)
    assert (done.returncode, done.stdout == "") == ((2, True) if told else (0, False))
    assert done.stderr.startswith(f"antrean: {told}" if told else "")
    assert len(done.stderr.splitlines()) == bool(told)


def test_on_a_terminal_a_long_page_goes_through_the_pager(tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text('#!/bin/sh\necho "DIBALIK $LESSSECURE"; cat\n', encoding="utf-8")
    pager.chmod(0o755)
    env = {**os.environ, "PAGER": str(pager), "COLUMNS": "80", "LINES": "24"}
    assert "DIBALIK 1" in on_a_terminal("panduan", "sehari-hari", environ=env).stdout
    assert "DIBALIK" not in on_a_terminal("panduan", environ=env | {"LINES": "100"}).stdout


@pytest.mark.parametrize(("rows", "columns"), [(24, 40), (100, 80), (24, 200)])
def test_the_terminal_says_how_much_it_holds(tmp_path: Path, rows: int, columns: int) -> None:
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho DIBALIK; cat\n", encoding="utf-8")
    pager.chmod(0o755)
    env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    env |= {"PAGER": str(pager), "NO_COLOR": "1"}
    shown = on_a_terminal("panduan", "mulai", environ=env, size=(rows, columns)).stdout
    assert ("DIBALIK" in shown) == (rows == 24)
    prose = [line for line in shown.splitlines() if not line.startswith("    ")]
    assert min(columns, 80) - 10 < max(map(len, prose)) <= min(columns, 80)


def test_headings_and_code_are_bold_on_a_terminal() -> None:
    env = {**os.environ, "COLUMNS": "80", "LINES": "1000"}
    shown = on_a_terminal("panduan", "mulai", environ=env).stdout
    assert "\x1b[1mMencoba dulu\x1b[0m" in shown
    assert "\x1b[1mantrean sync\x1b[0m" in shown
    assert "\x1b" not in on_a_terminal("panduan", "mulai", environ=env | {"NO_COLOR": "1"}).stdout


def test_markdown_becomes_what_a_terminal_can_show() -> None:
    bold, plain = "\x1b[1m", "\x1b[0m"
    assert rendered(PAGE, 44).split("\n") == [
        f"{bold}Judul{plain}",
        "",
        f"  Kata {bold}antrean status{plain} dan {bold}tebal{plain}, lihat",
        f"  {bold}antrean panduan waktu{plain} atau sumber",
        "  (https://example.org/a).",
        "",
        "  1. Satu langkah yang panjang:",
        "",
        "       antrean sync   # apa adanya",
        "",
        "  - butir",
        "    patah",
        "",
        "  kode  arti",
        "  ----  -------------------",
        "  a|b   kata kata kata kata",
        "  c     d",
    ]


def test_a_number_at_the_beginning_of_a_line_is_no_item() -> None:
    page = (
        "Untuk langkah\n6. Versi\n\n- dan task\n  3. BPJS\n\n1. satu\n2. dua\n   task\n   3. Lalu\n"
    )
    assert rendered(page, 44).split("\n") == [
        "  Untuk langkah 6. Versi",
        "",
        "  - dan task 3. BPJS",
        "",
        "  1. satu",
        "  2. dua task 3. Lalu",
    ]


def test_the_cells_of_a_wide_table_are_wrapped() -> None:
    table = "| a | b |\n|---|---|\n| x | satu dua tiga empat lima |\n| y | z |\n"
    assert rendered(table, 20).split("\n") == [
        "  a  b",
        "  -  ---------------",
        "  x  satu dua tiga",
        "     empat lima",
        "  y  z",
    ]
