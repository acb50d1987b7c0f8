"""Khanza's rows → visits: what belongs together, of which kind it is, and which clinics are left
out.

- Three kinds: *mobilejkn* (a row in referensi_mobilejkn_bpjs), *onsite* (BPJS pays, no such row),
  *nonjkn*.
- A visit with a SEP or a Mobile JKN booking is never NON JKN, whatever its payer.
- Rows are matched by no_rawat and nobooking, never by patient and date.
- A zero date, NULL, 1970 or a far future all mean "not yet" (`parse_datetime`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone

from antrean_cli.rules.listings import Praktek, kodedokter_of
from antrean_cli.rules.rows import (
    Berkas,
    Booking,
    Cancel,
    Exam,
    Registration,
    Resep,
    Rows,
    Sep,
    Slot,
    SuratKontrol,
)

KINDS = ("mobilejkn", "onsite", "nonjkn")
WIB = timezone(timedelta(hours=7), "WIB")
# date.weekday() counts from Monday; Khanza writes Sunday as AKHAD.
HARI = ("SENIN", "SELASA", "RABU", "KAMIS", "JUMAT", "SABTU", "AKHAD")
FINAL_STTS = frozenset({"Sudah", "Dirujuk", "Dirawat", "Meninggal", "Pulang Paksa"})


Clinic = tuple[str, date]  # BPJS's kodepoli, and the day
Sessions = Mapping[Clinic, Sequence[Praktek]]  # HFIS's


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """What the hospital chose, as far as rules need it (design.md's table of settings)."""

    zone: timezone
    days: int
    add: frozenset[str]
    kd_pj: frozenset[str]
    kodebooking: str
    skip_poli: frozenset[str]
    only_poli: frozenset[str]
    delay_nonjkn: timedelta
    delay_batal: timedelta
    sources: Mapping[int, tuple[str, ...]]
    tie: timedelta
    minutes_per_patient: int
    farmasi: bool  # the hospital runs antrean farmasi
    adopt: bool  # a booking that BPJS has under another code is used instead of adding a second one


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One booking as BPJS counts it, with all that Khanza recorded of it.

    `registration` is None where a cancel in Mobile JKN deleted it; `tanggal` is the day of service.
    """

    kodebooking: str
    kind: str
    tanggal: date
    registration: Registration | None = None
    booking: Booking | None = None
    cancel: Cancel | None = None
    berkas: Berkas | None = None
    exams: tuple[Exam, ...] = ()
    reseps: tuple[Resep, ...] = ()
    sep: Sep | None = None
    slot: Slot | None = None
    session: Slot | None = None  # the one that HFIS has, where it is asked
    surat_kontrol: SuratKontrol | None = None
    surat_asked: bool = False
    kd_poli_rs: frozenset[str] = (
        frozenset()
    )  # of a visit that Khanza deleted: its clinic, mapped back from BPJS's

    @property
    def no_rawat(self) -> str | None:
        """Khanza's number of the visit, also where its row is gone."""
        if self.registration:
            return self.registration.no_rawat
        return (
            (self.cancel and self.cancel.no_rawat)
            or (self.booking and self.booking.no_rawat)
            or None
        )

    @property
    def stts(self) -> str | None:
        """The state of the visit in Khanza, None where the row is gone."""
        return self.registration.stts if self.registration else None

    @property
    def live(self) -> bool:
        """Whether Khanza holds it as one that goes on."""
        return self.registration is not None and self.cancel is None and self.stts != "Batal"

    @property
    def final(self) -> bool:
        """Whether Khanza says that the visit is over (a cancel is not an end of that kind)."""
        return self.stts in FINAL_STTS


def parse_datetime(text: str | None, zone: timezone) -> datetime | None:
    """Return Khanza's `yyyy-mm-dd hh:mm:ss` as a datetime in the hospital's zone, or None for "not
    yet".
    """
    if not text or text[:2] != "20":
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        return None


def parse_date(text: str | None) -> date | None:
    """Return Khanza's `yyyy-mm-dd` as a date, or None for a zero date."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def assemble(rows: Rows, policy: Policy) -> list[Visit]:
    """Return the visits that the rows tell of:

    Mobile JKN bookings first, then the desk's in the order of no_rawat.
    """
    return list(_Assembly(rows, policy).all())


def kodebooking_of(registration: Registration, template: str, kode_ppk: str) -> str:
    """Return the kode booking of an onsite or NON JKN visit (setting ANTREAN_KODEBOOKING)."""
    return template.format(
        no_rawat=registration.no_rawat,
        no_rawat_angka="".join(filter(str.isdigit, registration.no_rawat)),
        kode_ppk=kode_ppk,
        kd_poli=registration.kd_poli,
        no_reg=registration.no_reg,
    )


def slot_of(slots: Sequence[Slot], kd_poli: str, jam: str) -> Slot | None:
    """Return the session that a visit registered at `jam` belongs to, of its doctor's sessions of
    that weekday.

    The one that holds `jam`, else the next one, else the last of the day; a session without a
    clinic fits all.
    """
    fitting = sorted(
        (slot for slot in slots if slot.kd_poli in (None, "", kd_poli)), key=lambda s: s.jam_mulai
    )
    for slot in fitting:
        if jam < slot.jam_mulai or slot.jam_mulai <= jam < (slot.jam_selesai or "24"):
            return slot
    return fitting[-1] if fitting else None


def codes_at_bpjs(registration: Registration, sep: Sep | None) -> tuple[str, str]:
    """Return BPJS's codes of a visit's clinic and doctor: the SEP's, else the mapped ones, else
    empty texts.
    """
    kodepoli = (sep and sep.kodepoli) or registration.kd_poli_bpjs or ""
    doctors = [
        kodedokter_of(code) for code in (sep and sep.kodedokter, registration.kd_dokter_bpjs)
    ]
    return kodepoli, next(
        (code for code in doctors if re.fullmatch(r"[0-9]{1,18}", code)), doctors[-1]
    )


def hours_of(jampraktek: str) -> tuple[str, str] | None:
    """Return beginning and end of `HH:MM-HH:MM` as Khanza writes times, or None if it is no such
    text.
    """
    found = re.fullmatch(r"(\d\d:\d\d)\s*-\s*(\d\d:\d\d)", jampraktek.strip())
    return (f"{found[1]}:00", f"{found[2]}:00") if found else None


class _Assembly:
    """The rows of one read, indexed once by no_rawat."""

    def __init__(self, rows: Rows, policy: Policy) -> None:
        self.rows = rows
        self.policy = policy
        self.payers = policy.kd_pj or rows.payers
        self.berkas = {row.no_rawat: row for row in rows.berkas}
        self.seps = {
            row.no_rawat: row for row in rows.seps
        }  # in order of no_sep: the newest one counts
        self.exams = _grouped(rows.exams)
        self.reseps = _grouped(rows.reseps)
        self.slots: dict[tuple[str, str], list[Slot]] = {}
        for slot in rows.slots:
            self.slots.setdefault((slot.kd_dokter, slot.hari_kerja), []).append(slot)
        self.kd_poli_rs: dict[str, set[str]] = {}
        for row in rows.maping_poli:
            self.kd_poli_rs.setdefault(row.kd_poli_bpjs, set()).add(row.kd_poli_rs)
        self.surat = {(s.norm, s.tanggal[:10], s.kd_poli_bpjs): s for s in rows.surat_kontrol or ()}

    def all(self) -> Iterable[Visit]:
        registrations = {row.no_rawat: row for row in self.rows.registrations}
        cancels = {row.nobooking: row for row in self.rows.cancels}
        booked: set[str] = set()
        # Where two bookings name one no_rawat, the newest that was not cancelled has the visit.
        for booking in sorted(
            self.rows.bookings, key=lambda b: (b.status == "Batal", _descending(b.nobooking))
        ):
            own = registrations.get(booking.no_rawat or "")
            if own and own.no_rawat in booked:
                own = None
            booked |= {own.no_rawat} if own else set()
            if tanggal := parse_date(booking.tanggalperiksa):
                cancel = cancels.pop(booking.nobooking, None)
                yield self.visit(
                    booking.nobooking, "mobilejkn", tanggal, own, booking=booking, cancel=cancel
                )
        for cancel in cancels.values():
            if tanggal := parse_date(cancel.tanggalperiksa) or _day_of_nobooking(cancel.nobooking):
                yield self.visit(cancel.nobooking, "mobilejkn", tanggal, None, cancel=cancel)
        for registration in self.rows.registrations:
            tanggal = parse_date(registration.tgl_registrasi)
            if tanggal and registration.no_rawat not in booked:
                yield self.walk_in(registration, tanggal)

    def walk_in(self, registration: Registration, tanggal: date) -> Visit:
        jkn = registration.kd_pj in self.payers or registration.no_rawat in self.seps
        kodebooking = kodebooking_of(registration, self.policy.kodebooking, self.rows.kode_ppk)
        return self.visit(kodebooking, "onsite" if jkn else "nonjkn", tanggal, registration)

    def visit(
        self,
        kodebooking: str,
        kind: str,
        tanggal: date,
        registration: Registration | None,
        *,
        booking: Booking | None = None,
        cancel: Cancel | None = None,
    ) -> Visit:
        if registration is None:
            kodepoli = (booking and booking.kodepoli) or (cancel and cancel.kodepoli) or ""
            kd_poli_rs = frozenset(self.kd_poli_rs.get(kodepoli, ()))
            return Visit(
                kodebooking=kodebooking,
                kind=kind,
                tanggal=tanggal,
                booking=booking,
                cancel=cancel,
                kd_poli_rs=kd_poli_rs,
            )
        no_rawat = registration.no_rawat
        sep = self.seps.get(no_rawat)
        slots = self.slots.get((registration.kd_dokter, HARI[tanggal.weekday()]), ())
        sessions = (
            self._sessions(registration, sep, tanggal, self.rows.hfis) if self.rows.hfis else ()
        )
        return Visit(
            kodebooking=kodebooking,
            kind=kind,
            tanggal=tanggal,
            registration=registration,
            booking=booking,
            cancel=cancel,
            berkas=self.berkas.get(no_rawat),
            exams=self.exams.get(no_rawat, ()),
            reseps=self.reseps.get(no_rawat, ()),
            sep=sep,
            slot=slot_of(slots, registration.kd_poli, registration.jam_reg),
            session=slot_of(sessions, registration.kd_poli, registration.jam_reg),
            surat_kontrol=self.surat.get(
                (registration.norm, tanggal.isoformat(), registration.kd_poli_bpjs)
            ),
            surat_asked=self.rows.surat_kontrol is not None,
        )

    def _sessions(
        self, registration: Registration, sep: Sep | None, tanggal: date, hfis: Sessions
    ) -> list[Slot]:
        """Return the sessions that HFIS has of the visit's doctor."""
        kodepoli, kodedokter = codes_at_bpjs(registration, sep)
        held = (row for row in hfis.get((kodepoli, tanggal), ()) if row.kodedokter == kodedokter)
        hours = ((row, hours_of(row.jampraktek)) for row in held if not row.libur)
        day = HARI[tanggal.weekday()]
        return [
            Slot(registration.kd_dokter, day, *span, "", row.kapasitas)
            for row, span in hours
            if span
        ]


def served(visit: Visit, policy: Policy) -> bool:
    """Return whether the visit's clinic takes part (ANTREAN_SKIP_POLI, ANTREAN_ONLY_POLI; either
    code).
    """
    row = visit.registration
    codes = {*visit.kd_poli_rs, row and row.kd_poli, row and row.kd_poli_bpjs}
    codes |= {source.kodepoli for source in (visit.booking, visit.cancel) if source}
    if codes & policy.skip_poli:
        return False
    return not policy.only_poli or bool(codes & policy.only_poli)


def _grouped(rows: Sequence[Exam] | Sequence[Resep]) -> dict[str, tuple]:  # type: ignore[type-arg]
    groups: dict[str, list[Exam | Resep]] = {}
    for row in rows:
        groups.setdefault(row.no_rawat, []).append(row)
    return {no_rawat: tuple(group) for no_rawat, group in groups.items()}


def _descending(nobooking: str) -> tuple[int, ...]:
    return tuple(-ord(char) for char in nobooking)


def _day_of_nobooking(nobooking: str) -> date | None:
    return parse_date(f"{nobooking[:4]}-{nobooking[4:6]}-{nobooking[6:8]}")
