"""A damaged ledger, met by whatever command comes first: exit 9, one sentence, nothing sent.

`check` looks at all of it; the others meet what they read.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.support.site import MONDAY, Site

NO_RAWAT = "2026/11/23/000001"
LOOKING = {
    "status": ("status",),
    "list": ("list", "--sent"),
    "show": ("show", NO_RAWAT),
    "reconcile": ("reconcile", "--date", str(MONDAY)),
    "dry run": ("sync", "--dry-run"),
    "check": ("check", "--offline", "--json"),
}
CHANGING = {
    "retry": ("retry", "--all"),
    "drop": ("drop", NO_RAWAT, "--keterangan", "uji"),
    "replay": ("replay", "--date", str(MONDAY), "--yes"),
    "sync": ("sync",),
    "add": ("add", "--no-rawat", NO_RAWAT),
    "update": ("update", NO_RAWAT, "4", f"{MONDAY} 08:20"),
    "update --file": ("update", "--file", "-"),
    "batal": ("batal", NO_RAWAT, "--keterangan", "uji"),
    "farmasi": ("farmasi", NO_RAWAT, "12", "--jenisresep", "Racikan"),
}
COMMANDS = {**LOOKING, **CHANGING}
# What each of these changes is not noticed by SQLite itself.
OF_BOOKINGS = {
    "a value of a booking": "UPDATE booking SET kd_poli = 'U99'",
    "a value of a push": "UPDATE push SET waktu = waktu + 1 WHERE step = '3'",
    "a push that is gone": "DELETE FROM push WHERE step = '3'",
    "a seal": "UPDATE booking SET seal = seal + 1",
    "a time that is none, in a booking without a seal": (
        "UPDATE booking SET seal = NULL, stts_since = 'x'"
    ),
    "a time that is none, in a push of such a booking": (
        "UPDATE booking SET seal = NULL; UPDATE push SET since = 'x'"
    ),
    "no table of bookings": "DROP TABLE booking",
    "no table of pushes": "DROP TABLE push",
}
OF_PASSES = {
    "a value": "UPDATE meta SET value = '\"2020-01-01\"' WHERE name = 'checkpoint'",
    "their seal": "UPDATE meta SET value = '1' WHERE name = 'seal'",
    "their table": "DROP TABLE meta",
}
READ_NO_MEMORY_OF_PASSES = {"list", "show", "retry", "drop"}


def damaged(site: Site, sql: str) -> bytes:
    """Let a pass make a ledger with a visit in it, and damage it; return its bytes."""
    assert site.khanza.visit(MONDAY, jam="08:05:00") == NO_RAWAT
    site.khanza.sep(NO_RAWAT)
    site.sync()
    with closing(sqlite3.connect(site.state, isolation_level=None)) as connection:
        connection.executescript(f"PRAGMA foreign_keys = OFF; {sql}")
    return site.state.read_bytes()


def refused(site: Site, name: str, before: bytes) -> None:
    """Run a command and demand that it says no more than that the file is damaged."""
    site.bpjs.arrived.clear()
    done = site.run(
        *COMMANDS[name],
        input=f"{NO_RAWAT},4,{MONDAY} 08:20\n",
        CLOCK=site.clock.now.isoformat(),
    )
    told = done.stdout if name == "check" else done.stderr
    assert done.returncode == 9, (name, told)
    assert f"Berkas status {site.state} rusak dan tidak disentuh" in told, name
    if name != "check":
        assert (done.stdout, done.stderr.count("\n")) == ("", 1), (name, told)
    lists = "/antreanrs/antrean/pendaftaran"
    assert [one for one in site.bpjs.arrived if not one.path.startswith(lists)] == [], name
    assert site.state.read_bytes() == before, name


@pytest.mark.parametrize("damage", OF_BOOKINGS)
def test_what_was_changed_in_a_booking_is_not_believed(site: Site, damage: str) -> None:
    before = damaged(site, OF_BOOKINGS[damage])
    for name in COMMANDS:
        refused(site, name, before)


@pytest.mark.parametrize("damage", OF_PASSES)
def test_what_was_changed_in_what_passes_remember_is_not_believed(site: Site, damage: str) -> None:
    before = damaged(site, OF_PASSES[damage])
    for name in sorted(COMMANDS.keys() - READ_NO_MEMORY_OF_PASSES):
        refused(site, name, before)
