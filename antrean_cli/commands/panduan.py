"""`antrean panduan`: the guide, a page a topic, in the language of those who use antrean.

- The pages stand in `panduan/`, to be read in a repository as well; the index there is the list of
  topics.
"""

import difflib
import os
import re
import shutil
import sys
from pathlib import Path

import click

from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.completion import words
from antrean_cli.console.markdown import rendered
from antrean_cli.errors import InputError

PAGES = Path(__file__).parents[1] / "panduan"
INDEX = (PAGES / "README.md").read_text(encoding="utf-8")
TOPICS: list[str] = re.findall(r"^\| \[([a-z-]+)\]\(\1\.md\) \|", INDEX, re.MULTILINE)
_WIDEST = 80


def _topic(ctx: click.Context, _: click.Parameter, typed: str | None) -> str:
    """Return the topic that was typed, or that begins like it, empty for none.

    Raises InputError if there is no such topic.
    """
    if not typed or typed in TOPICS:
        return typed or ""
    begun: list[str] = [topic for topic in TOPICS if topic.startswith(typed.lower())]
    if len(begun) == 1:
        return begun[0]
    program = ctx.find_root().command
    if isinstance(program, click.Group) and typed in program.list_commands(ctx):
        raise InputError(
            f"tidak ada topik {typed}; tentang perintah itu ketik: antrean {typed} --help"
        )
    near = begun or difflib.get_close_matches(typed.lower(), TOPICS)
    meant = f"; maksudnya {' atau '.join(near)}? Daftarnya" if near else "; daftarnya"
    raise InputError(f"tidak ada topik {typed}{meant}: antrean panduan")


@subcommand(
    "panduan",
    help=(
        "Panduan memasang dan memakai antrean, satu halaman per topik. Tanpa TOPIK: daftar "
        "topiknya. Di terminal: panah atau spasi untuk menggulir, / untuk mencari, q untuk "
        "keluar."
    ),
    epilog=examples(
        """
antrean panduan
antrean panduan mulai
antrean panduan alasan
antrean panduan pengaturan >pengaturan.txt
"""
    ),
)
@click.argument(
    "topic", metavar="[TOPIK]", required=False, callback=_topic, shell_complete=words(*TOPICS)
)
def command(topic: str) -> None:
    text = (PAGES / f"{topic}.md").read_text(encoding="utf-8") if topic else INDEX
    terminal = shutil.get_terminal_size()
    shown = rendered(text, min(terminal.columns, _WIDEST))
    if sys.stdout.isatty() and shown.count("\n") + 1 >= terminal.lines:
        os.environ["LESSSECURE"] = "1"  # who may run antrean as another user gets no shell of his
        click.echo_via_pager(shown)
    else:
        click.echo(shown)
