"""The tables of the guide that are made from the program's registries.

They stand in the pages as text, so that a repository shows them, each between two markers:

    <!-- tabel: perintah -->
    …
    <!-- akhir -->

`python -m tests.guide_tables` writes them anew; tests/test_guide.py fails where one is out of date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from antrean_cli.cause_words import WORDS as CAUSES
from antrean_cli.cause_words import mend, trouble_sentence
from antrean_cli.cli import COMMANDS
from antrean_cli.commands.panduan import PAGES
from antrean_cli.errors import EXIT_CODES
from antrean_cli.render.reasons import GOES_ON, WORDS, advice_on, holds, sentence
from antrean_cli.rules.acting import ACTS, Unit
from antrean_cli.rules.causes import trouble
from antrean_cli.rules.codes import TASKS
from antrean_cli.rules.reasons import Reason, ReasonCode
from antrean_cli.rules.sources import FLOWS

_PLACE = re.compile(r"(<!-- tabel: ([a-z-]+) -->\n).*?(<!-- akhir -->)", re.DOTALL)


_NOTES = "catatan"  # the family of what is shown beside a push and keeps nothing


def _table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines).replace(" --- ", "---")


def _commands() -> str:
    rows = ((f"`antrean {name}`", text) for name, text in COMMANDS.items())
    return _table(("perintah", "untuk apa"), rows)


def _reasons() -> str:
    return "\n\n".join(_family(family, codes) for family, codes in holds().items())


def _family(family: str, codes: Sequence[ReasonCode]) -> str:
    shown: dict[str, list[str]] = {}
    for code in codes:
        shown.setdefault(_acting(code), []).append(f'"{sentence(Reason(code))}"')
    told = [f"- {'; '.join(dict.fromkeys(said))}\\\n  → {do}" for do, said in shown.items()]
    return "\n".join([f"### {family}\n", *told, f"\nSelesai bila: {GOES_ON[family]}."])


def _acting(code: ReasonCode) -> str:
    """Return who does what about a reason; what goes on by itself is nobody's work."""
    unit, advice = ACTS.get(code), _typed(advice_on(Reason(code)))
    who = "yang mencatat task itu" if unit is Unit.OF_STEP else unit
    return ": ".join(filter(None, (who, advice))) or "tunggu saja"


def _typed(advice: str) -> str:
    """Return what to do with the line to type as code, which no line breaks."""
    return re.sub(r"antrean (?:batal|drop|retry) KODEBOOKING(?: --\w+ \w+)?", r"`\g<0>`", advice)


def _closed() -> str:
    waiting = {code for codes in holds().values() for code in codes}
    rows = [
        (f"`{code.family}`", sentence(Reason(code)))
        for code in WORDS
        if code not in waiting and code.family != _NOTES
    ]
    return _table(("kode", "alasan"), rows)


def _causes() -> str:
    told = {cause: (trouble_sentence(trouble(cause)), mend(trouble(cause))) for cause in CAUSES}
    return "\n".join(
        f"- **{said}** (`{cause}`)" + (f"\\\n  → {do}" if do else "")
        for cause, (said, do) in told.items()
    )


def _flows() -> str:
    rows = [
        (str(taskid), *(", ".join(f"`{name}`" for name in FLOWS[flow][taskid]) for flow in FLOWS))
        for taskid in TASKS
    ]
    return _table(("task", *(f"`{flow}`" for flow in FLOWS)), rows)


def _exit_codes() -> str:
    return _table(("kode", "arti"), ((str(code), text) for code, text in EXIT_CODES.items()))


TABLES: dict[str, Callable[[], str]] = {
    "perintah": _commands,
    "alasan": _reasons,
    "tutup": _closed,
    "sebab": _causes,
    "alur": _flows,
    "kode-keluar": _exit_codes,
}


def with_tables(page: str) -> str:
    """Return the text of a page with every table as the registries have it now."""
    return _PLACE.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}\n{found[3]}", page)


def pages() -> list[Path]:
    """Return the files of the guide, its index among them."""
    return sorted(PAGES.glob("*.md"))


if __name__ == "__main__":
    for path in pages():
        path.write_text(with_tables(path.read_text(encoding="utf-8")), encoding="utf-8")
