"""Several hospitals on one computer: a file of settings and a ledger each."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.push import Push
from tests.support.rows import record
from tests.support.site import MONDAY, WIB

NOON = datetime(MONDAY.year, MONDAY.month, MONDAY.day, 12, tzinfo=WIB)
SETTINGS = {
    "BPJS_BASE_URL": "https://bpjs.example/antreanrs",
    "BPJS_CONS_ID": "12345",
    "BPJS_SECRET_KEY": "rahasia",
    "BPJS_USER_KEY": "kunci",
    "KHANZA_USER": "antrean",
    "KHANZA_PASSWORD": "sandi",
}


def installed(folder: Path, name: str, **changes: str) -> Path:
    """Write the settings of a site to `sites/NAME.env` in a folder, with changes; return the file.

    An empty value takes a setting away. Its ledger is to lie in a folder of its own beside.
    """
    settings = {**SETTINGS, "ANTREAN_STATE": str(ledger_of(folder, name)), **changes}
    file = folder / "sites" / f"{name}.env"
    file.parent.mkdir(exist_ok=True)
    text = "".join(f"{key}='{value}'\n" for key, value in settings.items() if value)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


def ledger_of(folder: Path, name: str) -> Path:
    """Return where the ledger of a site lies."""
    return folder / "ledger" / name / "antrean.sqlite3"


def passed(state: Path, at: datetime, *pushes: Push) -> None:
    """Make a ledger after a good pass, with a booking of these pushes."""
    with Ledger.open(state, WIB) as ledger, ledger.transaction():
        ledger.save(None, record(*pushes), at)
        ledger.update_pass_state(
            lambda known: known._replace(
                passed_at=at, succeeded_at=at, exit_code=0, begin=at.date(), checkpoint=at.date()
            )
        )
