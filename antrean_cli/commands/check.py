"""`antrean check`: is everything as it should be, and if not, what is to be typed?"""

import textwrap
from collections.abc import Iterator
from dataclasses import asdict, replace

import click

from antrean_cli.checkup.examination import examine
from antrean_cli.checkup.results import Finding, Level, exit_code
from antrean_cli.console.app import App, program
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import json_option
from antrean_cli.render.text import json_text

LEVELS = {
    Level.OK: ("ok", "green"),
    Level.WARNING: ("peringatan", "yellow"),
    Level.FAULT: ("kesalahan", "red"),
}
WIDTH, MARGIN = 80, " " * 11


@subcommand(
    "check",
    help=(
        "Periksa semuanya sebelum putaran pertama, dan setiap kali ada yang aneh: pengaturan, "
        "berkas status, Khanza, BPJS, pemetaan, dan jadwal. Tiap baris: ok, peringatan, atau "
        "kesalahan, dan apa yang harus diketik. Tidak ada yang diubah. Kode keluar 0 tanpa "
        "kesalahan."
    ),
    epilog=examples(
        """
antrean check
antrean check --offline
antrean check --alert
antrean check --json
"""
    ),
)
@click.option("--offline", is_flag=True, help="Jangan hubungi BPJS.")
@click.option(
    "--alert",
    is_flag=True,
    help="Jalankan juga ANTREAN_ALERT_COMMAND dengan pesan percobaan.",
)
@json_option
@click.pass_context
def command(ctx: click.Context, offline: bool, alert: bool, as_json: bool) -> None:
    app: App = ctx.obj
    found = []
    looked_at = examine(
        env_file=app.env_file,
        state=app.state,
        clock=app.now,
        offline=offline,
        alert=alert,
        program=program(),
    )
    for seen in looked_at:
        finding = replace(seen, advice=tuple(map(app.typed, seen.advice)))
        found.append(finding)
        if not as_json:
            click.echo("\n".join(_lines(finding)))
    code = exit_code(found)
    if as_json:
        click.echo(json_text({"exit_code": code, "findings": list(map(asdict, found))}))
    else:
        click.echo(_summary(found))
    ctx.exit(code)


def _lines(finding: Finding) -> Iterator[str]:
    word, colour = LEVELS[finding.level]
    sentence = textwrap.wrap(
        finding.text, WIDTH - len(MARGIN), break_long_words=False, break_on_hyphens=False
    )
    yield click.style(f"{word:<10}", fg=colour) + " " + sentence[0]
    yield from (MARGIN + line for line in sentence[1:])
    for typed in finding.advice:
        yield from _typed(typed)


def _typed(text: str) -> Iterator[str]:
    """Yield what is to be typed; only SQL, which may go over several lines, is wrapped."""
    lines = [text]
    if text.endswith(";"):
        lines = textwrap.wrap(
            text, WIDTH - len(MARGIN) - 2, break_long_words=False, break_on_hyphens=False
        )
    yield f"{MARGIN}→ {lines[0]}"
    yield from (f"{MARGIN}  {line}" for line in lines[1:])


def _summary(found: list[Finding]) -> str:
    counts = {level: sum(finding.level == level for finding in found) for level in LEVELS}
    if not counts[Level.FAULT] + counts[Level.WARNING]:
        return "\nSemua baik."
    return f"\n{counts[Level.FAULT]} kesalahan, {counts[Level.WARNING]} peringatan."
