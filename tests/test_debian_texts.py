"""What the Debian package has of the program's own making: man pages, units, completion."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from antrean_cli.cli import COMMANDS, group
from antrean_cli.console.indonesian import speak_indonesian

ROOT = Path(__file__).parents[1]
REQUESTS = {".B", ".PP", ".SH", ".TH", ".TP", ".fi", ".nf"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that becomes "/", with what the script has written there."""
    root = tmp_path_factory.mktemp("root")
    template = root / "usr/share/antrean/env"
    template.parent.mkdir(parents=True)
    template.write_bytes((ROOT / ".env.example").read_bytes())
    script = [sys.executable, str(ROOT / ".ci/debian/texts.py"), str(root)]
    day = {"PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": "1795910400"}  # 2026-11-29
    subprocess.run(script, env=os.environ | day, check=True)
    return root


def plain(roff: str) -> str:
    """Return a man page without its quotes, and with its escapes undone."""
    roff = roff.replace('"', "")
    for name, sign in (
        ("(aq", "'"),
        ("(dq", '"'),
        ("(ha", "^"),
        ("(ti", "~"),
        ("-", "-"),
        ("&", ""),
    ):
        roff = roff.replace(rf"\{name}", sign)
    return roff.replace(r"\(rs", "\\")


def words(text: str) -> set[str]:
    """Return the words of a text, whichever way headings are written."""
    return {word.strip(":") for word in text.casefold().split()}


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_a_man_page_has_all_that_the_help_of_its_command_has(
    made: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    page = (made / f"usr/share/man/man1/{'-'.join(filter(None, ('antrean', name)))}.1").read_text()
    requests = {line.split()[0] for line in page.splitlines() if line.startswith((".", "'"))}
    assert requests <= REQUESTS
    monkeypatch.setenv("LANGUAGE", "id")
    speak_indonesian()
    wide = {"terminal_width": 10_000, "max_content_width": 10_000}  # no word is cut
    ctx = click.Context(group, info_name="antrean", **{**group.context_settings, **wide})
    if name:
        command = group.get_command(ctx, name)
        assert command is not None
        ctx = click.Context(command, info_name=name, parent=ctx, **command.context_settings)
    assert words(ctx.get_help()) - words(plain(page)) == set()


def test_the_package_has_the_units_that_the_program_prints(made: Path) -> None:
    folder = made / "usr/lib/systemd/system"
    service = (folder / "antrean.service").read_text(encoding="utf-8")
    assert service.startswith("# /usr/lib/systemd/system/antrean.service\n[Unit]\n")
    assert "\nExecStart=/usr/bin/antrean --env-file /etc/antrean/env sync --splay 20\n" in service
    assert "\nStateDirectory=antrean\nStateDirectoryMode=0700\nUMask=0077\n" in service
    assert "\nUser=antrean\n" in service
    assert "\nOnCalendar=*-*-* *:*:00\n" in (folder / "antrean.timer").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "file",
    [
        "bash-completion/completions/antrean",
        "zsh/vendor-completions/_antrean",
        "fish/vendor_completions.d/antrean.fish",
    ],
)
def test_each_shell_has_its_completion(made: Path, file: str) -> None:
    assert "_ANTREAN_COMPLETE" in (made / "usr/share" / file).read_text(encoding="utf-8")


def test_the_log_is_turned_as_the_guide_says() -> None:
    """Without a log, as long as journald has what there is to tell, it turns nothing."""
    guide = (ROOT / "antrean_cli/panduan/pasang.md").read_text(encoding="utf-8")
    assert f"```\n{(ROOT / '.ci/debian/logrotate').read_text()}```" in guide
