"""What one look asks Khanza for, and what it hands on; what comes of it: test_run, test_record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from antrean_cli.config.settings import load
from antrean_cli.errors import SettingsError, TemporaryError
from antrean_cli.khanza.queries import Khanza, Window
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.cached_lists import CachedList
from antrean_cli.rules.causes import Cause, trouble
from antrean_cli.rules.fingerprints import policy_fingerprint, visit_fingerprint
from antrean_cli.rules.listings import Praktek
from antrean_cli.rules.push import Record
from antrean_cli.rules.rows import Rows, SuratKontrol
from antrean_cli.sync.read import Reading, read, sessions_of
from tests.support.rows import (
    MONDAY,
    NO_RAWAT,
    NOBOOKING,
    WIB,
    at,
    booking,
    cancel,
    policy,
    push,
    record,
    registration,
    rows,
    sep,
    surat,
)

NOW = at("10:00")
DAY = timedelta(days=1)
YESTERDAY = MONDAY - DAY


@dataclass
class Asked:
    """A Khanza that holds these rows, and what it was asked for."""

    holds: Rows = field(default_factory=rows)
    elsewhere: frozenset[str] = frozenset()  # numbers of visits and bookings of other days
    surat: tuple[SuratKontrol, ...] | None = ()
    checked: dict[str, bool] = field(default_factory=dict)
    window: Window | None = None
    looked_for: list[tuple[list[str], list[str]]] = field(default_factory=list)
    surat_days: list[tuple[date, date]] = field(default_factory=list)

    def check(self, **what: bool) -> None:
        self.checked = what

    def read(self, window: Window) -> Rows:
        self.window = window
        return self.holds

    def there(self, no_rawat: list[str], nobooking: list[str]) -> frozenset[str]:
        self.looked_for.append((no_rawat, nobooking))
        return self.elsewhere

    def surat_kontrol(self, first: date, last: date) -> tuple[SuratKontrol, ...]:
        self.surat_days.append((first, last))
        if self.surat is None:
            raise TemporaryError("terlalu lama")
        return self.surat


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "antrean.sqlite3", WIB) as opened:
        yield opened


def look(
    ledger: Ledger,
    khanza: Asked,
    *known: Record,
    now: datetime = NOW,
    since: date | None = None,
    hospital: Any = None,
    **state: Any,
) -> Reading:
    """Look at Khanza on Monday at ten, with these bookings in the ledger and this remembered."""
    with ledger.transaction():
        for one in known:
            ledger.save(None, one, now)
        ledger.update_pass_state(lambda before: before._replace(**state))
    return read(
        cast("Khanza", khanza),
        ledger,
        hospital or policy(),
        now,
        since=since,
        sessions={},
    )


def of(day: date, kodebooking: str, *pushes: Any, **changed: Any) -> Record:
    return record(*pushes, kodebooking=kodebooking, no_rawat=kodebooking, tanggal=day, **changed)


OPEN = push("add", "held")
OPEN_TASK = push("3", "held", "08:05")
IN_DOUBT = push("3", "closed", needs_lookup=True)


def test_what_is_open_outside_the_days_is_asked_for_by_its_number_and_nothing_else(
    ledger: Ledger,
) -> None:
    """What is of these days is read with them; what is only in doubt is for BPJS to tell."""
    khanza = Asked()
    look(
        ledger,
        khanza,
        of(MONDAY, "2026/11/23/000001", OPEN),
        of(YESTERDAY, "2026/11/22/000001", OPEN),
        of(YESTERDAY, "2026/11/21/000001"),  # drawn before midnight
        of(MONDAY, "2026/11/19/000001"),  # the desk moved it
        of(YESTERDAY - DAY, "before", OPEN),
        of(MONDAY + DAY, "ahead", OPEN, push("3", "sent", "08:05")),
        of(YESTERDAY - DAY, "in doubt", IN_DOUBT),
        record(OPEN, kodebooking="booked", no_rawat="", kind="mobilejkn", tanggal=MONDAY + DAY),
        record(OPEN, kodebooking="both", no_rawat="visit", kind="mobilejkn", tanggal=MONDAY + DAY),
        begin=YESTERDAY,
        full_scan_at=NOW - timedelta(minutes=1),
    )
    assert khanza.window is not None
    first, last, no_rawat, nobooking, *_ = khanza.window
    assert (first, last) == (YESTERDAY, MONDAY)
    assert sorted(no_rawat) == ["2026/11/19/000001", "ahead", "before", "visit"]
    assert sorted(nobooking) == ["booked", "both"]


HOUR = timedelta(hours=1)
WEEK_AGO = MONDAY - 7 * DAY


@pytest.mark.parametrize(
    ("remembered", "first", "full"),
    [
        ({}, MONDAY, True),  # the first pass of all
        ({"begin": MONDAY - 30 * DAY}, WEEK_AGO, True),
        ({"begin": MONDAY - 2 * DAY}, MONDAY - 2 * DAY, True),
        ({"begin": WEEK_AGO, "full_scan_at": NOW}, YESTERDAY, False),
        ({"begin": WEEK_AGO, "full_scan_at": NOW - HOUR}, WEEK_AGO, True),
        ({"begin": WEEK_AGO, "full_scan_at": NOW + timedelta(seconds=1)}, WEEK_AGO, True),
        (
            {"begin": WEEK_AGO, "full_scan_at": NOW, "checkpoint": MONDAY - 3 * DAY},
            MONDAY - 3 * DAY,
            False,
        ),
        ({"begin": WEEK_AGO, "full_scan_at": NOW, "checkpoint": MONDAY}, YESTERDAY, False),
        (
            {"begin": MONDAY - 30 * DAY, "full_scan_at": NOW, "checkpoint": MONDAY - 20 * DAY},
            WEEK_AGO,
            False,
        ),
        ({"begin": MONDAY, "full_scan_at": NOW, "checkpoint": MONDAY - DAY}, MONDAY, False),
    ],
)
def test_a_look_goes_from_the_checkpoint_and_once_an_hour_over_all_days(
    ledger: Ledger, remembered: dict[str, Any], first: date, full: bool
) -> None:
    found = look(ledger, Asked(), **remembered)
    assert (found.span.first, found.span.today, found.span.full) == (first, MONDAY, full)
    assert found.span.begin == remembered.get("begin", MONDAY)


@pytest.mark.parametrize(
    ("since", "begin", "first"),
    [
        (MONDAY - 3 * DAY, MONDAY, MONDAY - 3 * DAY),
        (MONDAY, MONDAY - 3 * DAY, MONDAY - 3 * DAY),
        (MONDAY - 8 * DAY, MONDAY, WEEK_AGO),
        (MONDAY, MONDAY - 30 * DAY, WEEK_AGO),
    ],
)
def test_since_moves_the_beginning_back_to_h_minus_7_and_never_forward(
    ledger: Ledger, since: date, begin: date, first: date
) -> None:
    found = look(ledger, Asked(), since=since, begin=begin, full_scan_at=NOW)
    assert found.span[:] == (first, MONDAY, min(first, begin), True)


@pytest.mark.parametrize(
    ("sent", "begin"),
    [
        (None, MONDAY),
        (MONDAY, MONDAY),
        (MONDAY + DAY, MONDAY + DAY),
        (MONDAY + 2 * DAY, MONDAY + DAY),
    ],
)
def test_a_beginning_that_lies_ahead_stands_if_bpjs_took_something_since(
    ledger: Ledger, sent: date | None, begin: date
) -> None:
    """Else the clock ran ahead at the first pass."""
    known = [of(MONDAY, "A1", push("3", "sent", at("08:05", sent)))] if sent else []
    assert look(ledger, Asked(), *known, begin=MONDAY + DAY).span.begin == begin


@pytest.mark.parametrize(
    ("ago", "exact"),
    [
        (None, False),
        (timedelta(0), True),
        (timedelta(minutes=5), True),
        (timedelta(minutes=5, seconds=1), False),
        (timedelta(seconds=-1), False),
    ],
)
def test_a_look_tells_the_minute_of_what_was_not_there_five_minutes_before(
    ledger: Ledger, ago: timedelta | None, exact: bool
) -> None:
    found = look(ledger, Asked(), looked_at=None if ago is None else NOW - ago)
    assert found.occasion.exact is exact


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        (record(push("add", "sent")), ([NO_RAWAT], [])),
        (record(push("add", "sent"), kodebooking="A1"), ([NO_RAWAT], [])),
        (record(kind="mobilejkn", kodebooking=NOBOOKING, no_rawat="lain"), ([], [NOBOOKING])),
        (of(MONDAY - 9 * DAY, "lama", push("add", "sent"), OPEN_TASK), (["lama"], [])),
        (record(push("add", "held")), ([NO_RAWAT], [])),
        (record(push("add", "closed")), ([], [])),  # BPJS was not told of it
        (record(push("add", "sent"), no_rawat=""), None),  # it has no number
        (record(push("add", "sent"), kind="manual"), None),  # Khanza never had it
    ],
)
def test_who_is_among_no_rows_is_asked_for_by_number(
    ledger: Ledger, known: Record, asked: tuple[list[str], list[str]] | None
) -> None:
    """It may have been moved to another day. What Khanza has nowhere is gone."""
    khanza = Asked()
    found = look(ledger, khanza, known)
    assert khanza.looked_for == ([asked] if asked else [])
    was_asked = {known.kodebooking} if asked and any(asked) else set()
    assert found.occasion.vanished == (was_asked if known.may_live_at_bpjs else set())
    assert found.occasion.asked_for == was_asked | set(ledger.unfinished())
    again = look(ledger, Asked(elsewhere=frozenset({f"{known.no_rawat} ", known.kodebooking})))
    assert again.occasion.vanished == set()
    assert again.occasion.elsewhere == was_asked


@pytest.mark.parametrize(
    ("known", "there"),
    [
        (record(push("add", "sent")), rows(registrations=(registration(),))),
        (record(kind="mobilejkn", kodebooking=NOBOOKING), rows(bookings=(booking(),))),
        (record(kind="mobilejkn", kodebooking=NOBOOKING), rows(cancels=(cancel(),))),
    ],
)
def test_who_is_among_the_rows_is_not_asked_for(ledger: Ledger, known: Record, there: Rows) -> None:
    khanza = Asked(holds=there)
    found = look(ledger, khanza, known)
    assert (khanza.looked_for, found.occasion.vanished) == ([], frozenset())


def test_beside_its_visits_a_look_has_what_the_ledger_knows_of_them(ledger: Ledger) -> None:
    """Under their code, or made for their number; and all that is open."""
    khanza = Asked(
        holds=rows(
            registrations=(registration(), registration(no_rawat="lain")),
            bookings=(booking(no_rawat="hapus"),),
        )
    )
    sent = push("add", "sent")
    found = look(
        ledger,
        khanza,
        record(sent),
        record(sent, kodebooking="A1", no_rawat="lain"),
        record(sent, kodebooking="A2", no_rawat="tiada", tanggal=MONDAY - 9 * DAY),
        record(sent, kodebooking=NOBOOKING, no_rawat="hapus", kind="mobilejkn"),
        of(MONDAY - 9 * DAY, "terbuka", OPEN),
    )
    assert set(found.agenda.records) == {NO_RAWAT, "A1", NOBOOKING, "terbuka"}
    assert len(found.agenda.visits) == 3


def test_a_visit_that_is_through_is_left_out_until_khanza_says_something_new(
    ledger: Ledger,
) -> None:
    khanza = Asked(holds=rows(registrations=(registration(),)))
    first = look(ledger, khanza, record(push("add", "sent")))
    (visit,) = first.agenda.visits
    mark = visit_fingerprint(visit, policy_fingerprint(policy(), MONDAY), ledger.key)
    known = record(push("add", "sent"), done_fingerprint=mark)
    again = look(ledger, khanza, known)
    assert (len(again.visits), again.agenda.visits) == (1, [])
    khanza.holds = rows(registrations=(registration(stts="Sudah"),))
    assert len(look(ledger, khanza, known).agenda.visits) == 1


# -- surat kontrol


@pytest.mark.parametrize(
    ("changed", "asked"),
    [
        ({}, True),
        ({"surat_kontrol_at": NOW - timedelta(minutes=5)}, True),
        ({"surat_kontrol_at": NOW - timedelta(minutes=4, seconds=59)}, False),
        ({"surat_kontrol_at": NOW}, False),
        ({"surat_kontrol_at": NOW + timedelta(seconds=1)}, True),
        ({"hospital": policy(add=frozenset({"nonjkn"}))}, False),
    ],
)
def test_surat_kontrol_are_asked_for_where_an_onsite_add_lacks_one(
    ledger: Ledger, changed: dict[str, Any], asked: bool
) -> None:
    khanza = Asked(holds=rows(registrations=(registration(),)), surat=(surat(),))
    found = look(ledger, khanza, **changed)
    assert khanza.surat_days == ([(MONDAY, MONDAY)] if asked else [])
    assert found.surat_kontrol == ((surat(),) if asked else None)
    assert found.surat_kontrol_asked is asked


def test_surat_kontrol_are_asked_for_of_the_days_that_lack_one(ledger: Ledger) -> None:
    days = [(MONDAY - 2 * DAY, "a"), (YESTERDAY, "b"), (MONDAY, "c")]
    registered = tuple(registration(tgl_registrasi=str(day), no_rawat=one) for day, one in days)
    khanza = Asked(holds=rows(registrations=registered, seps=(sep(no_rawat="c"),)))
    look(ledger, khanza, begin=WEEK_AGO)
    assert khanza.surat_days == [(MONDAY - 2 * DAY, YESTERDAY)]


def test_without_the_surat_kontrol_everything_goes_on(ledger: Ledger) -> None:
    khanza = Asked(holds=rows(registrations=(registration(),)), surat=None)
    found = look(ledger, khanza)
    assert (found.surat_kontrol, found.surat_kontrol_asked) == (None, True)
    assert len(found.visits) == 1


# -- what the hospital says


@pytest.mark.parametrize("tickets", [True, False])
def test_of_tickets_and_racikan_is_asked_where_the_hospital_goes_by_them(
    ledger: Ledger, tickets: bool
) -> None:
    hospital = policy(farmasi=not tickets, sources={1: ("loket_cetak",)} if tickets else {})
    khanza = Asked()
    look(ledger, khanza, hospital=hospital)
    assert khanza.window is not None
    assert khanza.checked == {"racikan": not tickets, "tickets": tickets}
    assert (khanza.window.racikan, khanza.window.tickets) == (not tickets, tickets)


def test_without_a_payer_that_means_bpjs_nothing_is_read(ledger: Ledger) -> None:
    with pytest.raises(SettingsError) as caught:
        look(ledger, Asked(holds=rows(payers=frozenset())))
    assert caught.value.why == trouble(Cause.KHANZA_PAYER)
    named = policy(kd_pj=frozenset({"BPJ"}))
    look(ledger, Asked(holds=rows(payers=frozenset())), hospital=named)


def test_sessions_are_those_of_hfis_where_the_hospital_goes_by_them(
    ledger: Ledger, tmp_path: Path
) -> None:
    held = (Praktek("12345", "CONTOH SATU", "09:00-12:30", "40", libur=False),)
    kept = CachedList(asked_at=NOW, content=held)
    with ledger.transaction():
        ledger.update_pass_state(lambda state: state._replace(jadwal_lists={("INT", MONDAY): kept}))
    found = {
        jadwal: sessions_of(
            load(
                env_file=None,
                state=tmp_path / "antrean.sqlite3",
                needs=frozenset(),
                environ={"ANTREAN_JADWAL": jadwal},
            ),
            ledger,
        )
        for jadwal in ("hfis", "khanza")
    }
    assert found == {"hfis": {("INT", MONDAY): held}, "khanza": {}}
