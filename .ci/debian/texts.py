"""Write what the Debian package has of the program's own making: man pages, units, completion.

Usage: python texts.py ROOT, with ROOT the folder that becomes "/", and the program on PYTHONPATH.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from antrean_cli import __version__
from antrean_cli.cli import COMMANDS, group
from antrean_cli.config.settings import load
from antrean_cli.console.indonesian import speak_indonesian
from antrean_cli.operator.systemd_units import UNIT_FILES, Installation, service, timer

PROGRAM, SETTINGS = Path("/usr/bin/antrean"), Path("/etc/antrean/env")
UNITS, TEMPLATE = "usr/lib/systemd/system", "usr/share/antrean/env"


class Roff(click.HelpFormatter):
    """A help text as a man page (man(7)), in the order and with the headings that --help has."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        self.write_heading(prefix or "Pemakaian")
        self.write(f".B {_escaped(prog)}\n{_escaped(args)}\n")

    def write_heading(self, heading: str) -> None:
        self.write(f'.SH "{_escaped(heading.rstrip(": ").upper())}"\n')

    def write_paragraph(self) -> None:
        """Between its parts a man page has headings."""

    def write_text(self, text: str) -> None:
        for paragraph in text.split("\n\n"):
            if paragraph.startswith("\b\n"):
                self._write_lines(*paragraph.splitlines()[1:])
            else:
                self.write(f".PP\n{_escaped(' '.join(paragraph.split()))}\n")

    def _write_lines(self, heading: str, *lines: str) -> None:
        self.write_heading(heading)
        self.write("\n".join([".nf", *map(_escaped, lines), ".fi", ""]))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        del col_max, col_spacing
        for term, text in rows:
            self.write(f".TP\n.B {_escaped(term.strip())}\n{_escaped(text)}\n")


def _escaped(text: str) -> str:
    """Return a text as roff takes it: what is typed can be copied, no line is a request."""
    for sign, name in (("\\", "rs"), ("'", "aq"), ('"', "dq"), ("^", "ha"), ("~", "ti")):
        text = text.replace(sign, rf"\({name}")
    return re.sub(r"^(?=\.)", r"\&", text.replace("-", r"\-"), flags=re.MULTILINE)


def page(name: str, about: str, ctx: click.Context, related: Iterable[str], day: str) -> str:
    """Return the man page of a command; `related` are the pages that it names."""
    formatter = Roff()
    formatter.write(f'.TH {_escaped(name).upper()} 1 {day} "antrean {__version__}" antrean\n')
    formatter.write(f".SH NAME\n{_escaped(name)} \\- {_escaped(about)}\n")
    ctx.command.format_help(ctx, formatter)
    formatter.write_heading("Lihat juga")
    formatter.write(",\n".join(f"\\fB{_escaped(one)}\\fR(1)" for one in related) + "\n")
    return formatter.getvalue()


def pages(day: str) -> dict[str, str]:
    """Return the man pages of the program and of each of its commands, by their names."""
    speak_indonesian()
    top = click.Context(group, info_name="antrean", **group.context_settings)
    names = {name: f"antrean-{name}" for name in COMMANDS}
    about = "mengirim antrean rawat jalan SIMRS Khanza ke BPJS"
    made = {"antrean": page("antrean", about, top, names.values(), day)}
    for name, title in names.items():
        command = group.get_command(top, name)
        assert command is not None  # noqa: S101 - it is in COMMANDS
        ctx = click.Context(command, info_name=name, parent=top, **command.context_settings)
        made[title] = page(title, COMMANDS[name], ctx, ["antrean"], day)
    return made


def units(shipped: Path) -> dict[str, str]:
    """Return the systemd units for the settings as they are shipped, as `antrean units` has them.

    Where they lie in the package stands in their first lines.
    """
    with tempfile.NamedTemporaryFile() as private:  # others cannot read it, as settings have to be
        Path(private.name).write_bytes(shipped.read_bytes())
        env_file = Path(private.name)
        settings = load(env_file=env_file, state=None, needs=frozenset(), environ={})
    installation = Installation(
        user="antrean",
        command=[str(PROGRAM), "--env-file", str(SETTINGS), "sync"],
        settings=replace(settings, unusual_file=None),  # SETTINGS, once it is installed
        needed=[PROGRAM, SETTINGS],
    )
    texts = {"service": service(installation), "timer": timer()}
    return {
        f"antrean.{kind}": text.replace(UNIT_FILES[kind], f"/{UNITS}/antrean.{kind}", 1)
        for kind, text in texts.items()
    }


def completion(shell: str) -> str:
    """Return what a shell has to read in order to complete a command line of antrean's."""
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click knows the three
    return kind(group, {}, "antrean", "_ANTREAN_COMPLETE").source()


def write(folder: Path, texts: dict[str, str]) -> None:
    """Write texts to files of these names, each of which is everybody's to read."""
    folder.mkdir(parents=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def main(root: Path) -> None:
    built = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), timezone.utc)
    write(root / UNITS, units(root / TEMPLATE))
    manual = {f"{name}.1": text for name, text in pages(f"{built:%Y-%m-%d}").items()}
    share = root / "usr/share"
    write(share / "man/man1", manual)
    write(share / "bash-completion/completions", {"antrean": completion("bash")})
    write(share / "zsh/vendor-completions", {"_antrean": completion("zsh")})
    write(share / "fish/vendor_completions.d", {"antrean.fish": completion("fish")})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
