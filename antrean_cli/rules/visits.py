"""Khanza's rows → visits: what belongs together, of which kind it is, which clinics take part.

- Three kinds: *mobilejkn* (a row in referensi_mobilejkn_bpjs), *onsite* (BPJS pays, no such row),
  *nonjkn* (rules/README.md, Which visits).
- A visit with a SEP or a Mobile JKN booking is never NON JKN, whatever its payer.
- Rows are matched by no_rawat and nobooking (khanza/README.md, Things that bite, 8); which
  registration a Mobile JKN booking has, claims.py says.
- What the values of the rows mean is said in times.py and sessions.py.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from typing import TypeVar

from antrean_cli.rules.claims import CLAIMS_NOTHING, claims_of, newest_first
from antrean_cli.rules.codes import Kind
from antrean_cli.rules.letters import is_odd
from antrean_cli.rules.listings import kodedokter_of
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Record
from antrean_cli.rules.rows import (
    BATAL,
    Berkas,
    Booking,
    Cancel,
    DoctorMapping,
    Exam,
    PoliMapping,
    Registration,
    Resep,
    Rows,
    Sep,
    Slot,
    SuratKontrol,
    Ticket,
)
from antrean_cli.rules.seps import sep_that_counts
from antrean_cli.rules.service_days import day_of_booking, day_of_cancel, day_of_registration
from antrean_cli.rules.sessions import hari_kerja_of, jampraktek_of, slot_of
from antrean_cli.rules.values import all_comparable, comparable, filled, first_filled, whole

FINAL_STTS = frozenset({"Sudah", "Dirujuk", "Dirawat", "Meninggal", "Pulang Paksa"})
# What stts is of a patient who came; custom installs have more values, and those prove nothing.
ATTENDED_STTS = FINAL_STTS | {"Berkas Diterima"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One booking as BPJS counts it, with all that Khanza recorded of it.

    `registration` is None where a cancel in Mobile JKN deleted it; `tanggal` is the day of service.
    `hfis_slot` and the surat kontrol stand in no row of a visit: they are put in by enrichment.py.
    """

    kodebooking: str
    kind: Kind
    tanggal: date
    registration: Registration | None = None
    booking: Booking | None = None
    cancel: Cancel | None = None
    berkas: Berkas | None = None
    exams: tuple[Exam, ...] = ()
    reseps: tuple[Resep, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    sep: Sep | None = None
    slot: Slot | None = None
    hfis_slot: Slot | None = None  # the session as HFIS has it, where it is asked
    surat_kontrol: SuratKontrol | None = None
    surat_asked: bool = False
    # Whom booking or SEP names, where that is another clinic or doctor of Khanza's than the
    # registration's, who can serve the visit: see served_by.py.
    named_clinic: PoliMapping | None = None
    named_doctor: DoctorMapping | None = None
    # Of a visit that Khanza deleted: its clinic, mapped back from BPJS's code.
    kd_poli_rs: frozenset[str] = frozenset()
    names_another: bool = False  # the no_rawat of its booking or cancel is another visit's by now
    # Of a Mobile JKN booking: Batal without a row in _batal; and of its visit, if that lives and is
    # one of its own now, the nobooking. Khanza may still be at the cancel.
    cancelled_alone: bool = False
    left_by: str = ""

    @property
    def no_rawat(self) -> str | None:
        """Khanza's number of the visit, also where its row is gone; None if it is another's."""
        if self.registration:
            return self.registration.no_rawat
        if self.names_another:
            return None
        return (
            (self.cancel and self.cancel.no_rawat)
            or (self.booking and self.booking.no_rawat)
            or None
        )

    @property
    def patient_name(self) -> str:
        """The patient's name, which must not come back in BPJS's answer; empty if not known."""
        return (self.registration and self.registration.nama) or ""

    @property
    def told_slot(self) -> Slot | None:
        """The session whose hours and quota BPJS is told: HFIS's, else Khanza's."""
        return self.hfis_slot or self.slot

    @property
    def stts(self) -> str | None:
        """The state of the visit in Khanza, None where the row is gone."""
        return self.registration.stts if self.registration else None

    @property
    def cancelled_at_desk(self) -> bool:
        """Whether somebody at the desk set its stts to Batal."""
        return self.stts == BATAL

    @property
    def live(self) -> bool:
        """Whether Khanza holds it as one that goes on."""
        return self.registration is not None and self.cancel is None and not self.cancelled_at_desk

    @property
    def unclear(self) -> bool:
        """Whether it is a booking that goes on, of which nobody knows which visit it has."""
        if self.booking is None or self.registration is not None or self.cancel is not None:
            return False
        return self.booking.status not in CLAIMS_NOTHING

    @property
    def odd(self) -> str:
        """The name of a code or number that no Khanza makes, empty if all are sound."""
        row, booking = self.registration, self.booking
        codes = {
            "nobooking": self.kodebooking if self.kind == Kind.MOBILEJKN else None,
            "no_rawat": (row and row.no_rawat) or (booking and booking.no_rawat),
        }
        if row:
            codes |= {"kd_poli": row.kd_poli, "kd_dokter": row.kd_dokter, "kd_pj": row.kd_pj}
            codes |= {"no_rkm_medis": row.norm, "no_reg": row.no_reg}
        return next((name for name, code in codes.items() if is_odd(code)), "")

    @property
    def final(self) -> bool:
        """Whether Khanza says that the visit is over (a cancel is not an end of that kind)."""
        return self.stts in FINAL_STTS


def assemble(
    rows: Rows, policy: Policy, records: Mapping[str, Record] | None = None
) -> list[Visit]:
    """Return the visits that the rows tell of, each row in one visit at most.

    Mobile JKN bookings come first, newest first, then cancels whose booking is gone, then the
    desk's visits in the order of the rows. Rows without a day of service are left out
    (see service_days.broken_rows). `records` is what the ledger knows of what bookings look for
    (claims.looked_for).
    """
    return list(_Assembly(rows, policy).visits(records or {}))


class _Assembly:
    """The rows of one read, indexed by what they are found by, and a builder for each kind."""

    def __init__(self, rows: Rows, policy: Policy) -> None:
        self.rows = rows
        self.policy = policy
        self.payers = all_comparable(policy.kd_pj or rows.payers)
        self.registered = {comparable(row.no_rawat) for row in rows.registrations}
        self.berkas = {comparable(row.no_rawat): row for row in rows.berkas}
        self.seps = _by_no_rawat(rows.seps)
        self.exams = _by_no_rawat(rows.exams)
        self.reseps = _by_no_rawat(rows.reseps)
        self.tickets = _by_no_rawat(rows.tickets)
        self.slots: dict[tuple[str, str], list[Slot]] = {}
        for slot in rows.slots:
            session = (comparable(slot.kd_dokter), slot.hari_kerja)
            self.slots.setdefault(session, []).append(slot)
        self.clinics: dict[str, list[PoliMapping]] = {}
        for clinic in rows.maping_poli:
            self.clinics.setdefault(comparable(clinic.kd_poli_bpjs), []).append(clinic)
        self.doctors: dict[str, list[DoctorMapping]] = {}
        for doctor in rows.maping_dokter:
            if filled(doctor.nm_dokter):  # a code that nobody has is left over
                self.doctors.setdefault(kodedokter_of(doctor.kd_dokter_bpjs), []).append(doctor)

    def visits(self, records: Mapping[str, Record]) -> Iterator[Visit]:
        claims = claims_of(self.rows, records)
        left_by = {number: nobooking for nobooking, number in claims.left.items()}
        cancels = {comparable(row.nobooking): row for row in self.rows.cancels}
        for booking in newest_first(self.rows.bookings):
            nobooking = comparable(booking.nobooking)
            registration = claims.claimed.get(nobooking)
            if tanggal := day_of_booking(booking, registration):
                cancel = cancels.pop(nobooking, None)
                yield self.mobilejkn(booking, tanggal, registration, cancel)
        for cancel in cancels.values():
            if tanggal := day_of_cancel(cancel):
                yield self.cancelled(cancel, tanggal)
        for no_rawat, registration in claims.unclaimed.items():
            if tanggal := day_of_registration(registration):
                jkn = comparable(registration.kd_pj) in self.payers or no_rawat in self.seps
                build = self.onsite if jkn else self.nonjkn
                visit = build(registration, tanggal)
                yield replace(visit, left_by=left_by.get(no_rawat, "")) if left_by else visit

    # -- a builder a kind

    def mobilejkn(
        self,
        booking: Booking,
        tanggal: date,
        registration: Registration | None,
        cancel: Cancel | None,
    ) -> Visit:
        """Build the visit of a Mobile JKN booking, whose registration Khanza may have deleted."""
        if registration is not None:
            return self._registered(
                registration, booking.nobooking, Kind.MOBILEJKN, tanggal, booking, cancel
            )
        kodepoli = first_filled(booking.kodepoli, cancel and cancel.kodepoli)
        return Visit(
            kodebooking=booking.nobooking,
            kind=Kind.MOBILEJKN,
            tanggal=tanggal,
            booking=booking,
            cancel=cancel,
            named_clinic=next(iter(self._clinics(kodepoli)), None),
            named_doctor=next(iter(self._doctors(kodedokter_named(booking, None))), None),
            kd_poli_rs=self._khanzas_codes(kodepoli),
            names_another=self._is_registered((cancel and cancel.no_rawat) or booking.no_rawat),
            cancelled_alone=booking.status == BATAL and cancel is None,
        )

    def cancelled(self, cancel: Cancel, tanggal: date) -> Visit:
        """Build the visit of a cancelled booking that was not read: gone, or of another day."""
        return Visit(
            kodebooking=cancel.nobooking,
            kind=Kind.MOBILEJKN,
            tanggal=tanggal,
            cancel=cancel,
            kd_poli_rs=self._khanzas_codes(cancel.kodepoli or ""),
            names_another=self._is_registered(cancel.no_rawat),
        )

    def onsite(self, registration: Registration, tanggal: date) -> Visit:
        """Build a visit at the desk that BPJS pays."""
        kodebooking = self._kodebooking(registration)
        return self._registered(registration, kodebooking, Kind.ONSITE, tanggal)

    def nonjkn(self, registration: Registration, tanggal: date) -> Visit:
        """Build a visit at the desk that somebody else pays."""
        kodebooking = self._kodebooking(registration)
        return self._registered(registration, kodebooking, Kind.NONJKN, tanggal)

    # -- what they have in common

    def _kodebooking(self, registration: Registration) -> str:
        return kodebooking_of(registration, self.policy.kodebooking, self.rows.kode_ppk)

    def _is_registered(self, no_rawat: str | None) -> bool:
        return comparable(no_rawat) in self.registered

    def _khanzas_codes(self, kodepoli: str) -> frozenset[str]:
        return frozenset(clinic.kd_poli_rs for clinic in self._clinics(kodepoli))

    def _clinics(self, kodepoli: str) -> Sequence[PoliMapping]:
        """Return Khanza's clinics that a code of BPJS's means."""
        return self.clinics.get(comparable(kodepoli), ()) if filled(kodepoli) else ()

    def _doctors(self, kodedokter: str) -> Sequence[DoctorMapping]:
        """Return Khanza's doctors that a code of BPJS's means."""
        return self.doctors.get(kodedokter, ()) if kodedokter else ()

    def _registered(
        self,
        registration: Registration,
        kodebooking: str,
        kind: Kind,
        tanggal: date,
        booking: Booking | None = None,
        cancel: Cancel | None = None,
    ) -> Visit:
        """Build a visit that Khanza holds, with all of its rows."""
        no_rawat = comparable(registration.no_rawat)
        sep = sep_that_counts(self.seps.get(no_rawat, ()), registration.kd_poli_bpjs)
        doctor, slot = self._doctor(registration, tanggal, booking, sep)
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
            tickets=self._tickets(no_rawat, registration),
            sep=sep,
            slot=slot,
            named_clinic=self._named_clinic(registration, booking, sep),
            named_doctor=doctor,
        )

    def _tickets(self, no_rawat: str, row: Registration) -> tuple[Ticket, ...]:
        """Return the tickets of a visit: one stays behind when its number is handed on."""
        norm = comparable(row.norm)
        drawn = self.tickets.get(no_rawat, ())
        return tuple(one for one in drawn if not filled(one.norm) or comparable(one.norm) == norm)

    def _slot(self, row: Registration, tanggal: date, kd_dokter: str) -> Slot | None:
        """Return the session of one of Khanza's doctors that a visit belongs to."""
        jadwal = self.slots.get((comparable(kd_dokter), hari_kerja_of(tanggal)), ())
        return slot_of(jadwal, row.kd_poli, row.jam_reg)

    def _named_clinic(
        self, row: Registration, booking: Booking | None, sep: Sep | None
    ) -> PoliMapping | None:
        """Return the clinic that booking or SEP names, None where it is the registration's own."""
        kodepoli = kodepoli_named(booking, sep)
        if comparable(kodepoli) == comparable(filled(row.kd_poli_bpjs)):
            return None
        return next(iter(self._clinics(kodepoli)), None)

    def _doctor(
        self, row: Registration, tanggal: date, booking: Booking | None, sep: Sep | None
    ) -> tuple[DoctorMapping | None, Slot | None]:
        """Return the doctor that booking or SEP names, with the session of who serves the visit.

        None where that is the registration's own. A SEP's doctor, who may be in charge and away,
        needs a session; a booking has its own hours.
        """
        slot = self._slot(row, tanggal, row.kd_dokter)
        if booking is None and sep is None:
            return None, slot
        own, kodedokter = kodedokter_of(filled(row.kd_dokter_bpjs)), kodedokter_named(booking, sep)
        others = self._doctors(kodedokter) if kodedokter != own else ()
        if booking:
            return next(iter(others), None), slot
        for other in others:
            session = self._slot(row, tanggal, other.kd_dokter)
            if (session and jampraktek_of(session)) or whole(own) is None:
                return other, session
        return None, slot


def kodebooking_of(registration: Registration, template: str, kode_ppk: str) -> str:
    """Return the kode booking of an onsite or NON JKN visit (setting ANTREAN_KODEBOOKING)."""
    return template.format(
        no_rawat=registration.no_rawat,
        no_rawat_angka="".join(filter(str.isdigit, registration.no_rawat)),
        kode_ppk=kode_ppk,
        kd_poli=registration.kd_poli.strip(),
        no_reg=registration.no_reg.strip(),
    )


def kodepoli_named(booking: Booking | None, sep: Sep | None) -> str:
    """Return BPJS's code of the clinic that a booking, else a SEP names; empty if none does."""
    return first_filled(booking and booking.kodepoli, sep and sep.kodepoli)


def kodedokter_named(booking: Booking | None, sep: Sep | None) -> str:
    """Return BPJS's code of the doctor that a booking, else a SEP names; empty if none does.

    It is a number, in the form of `kodedokter_of`.
    """
    of_booking = _doctors_number(booking.kodedokter) if booking else ""
    return of_booking or (_doctors_number(sep.kodedokter) if sep else "")


@lru_cache(maxsize=1024)  # asked of each SEP of a pass
def _doctors_number(text: str | None) -> str:
    code = kodedokter_of(filled(text))
    return code if (whole(code) or 0) > 0 else ""


def takes_part(visit: Visit, policy: Policy) -> bool:
    """Return whether the visit's clinic takes part (ANTREAN_SKIP_POLI, ANTREAN_ONLY_POLI).

    Khanza's code of the clinic and BPJS's are good alike.
    """
    row = visit.registration
    codes: list[str | None] = [*visit.kd_poli_rs]
    if row:
        codes += [row.kd_poli, row.kd_poli_bpjs]
    codes += [source.kodepoli for source in (visit.booking, visit.cancel) if source]
    return clinic_takes_part(codes, policy)


def clinic_takes_part(codes: Iterable[str | None], policy: Policy) -> bool:
    """Return whether a clinic that has these codes, Khanza's and BPJS's, takes part."""
    known = all_comparable(codes)
    if known & _of_setting(policy.skip_poli):
        return False
    return not policy.only_poli or bool(known & _of_setting(policy.only_poli))


_of_setting = cache(all_comparable)  # asked of every visit of a pass


_OfVisit = TypeVar("_OfVisit", Exam, Resep, Sep, Ticket)


def _by_no_rawat(rows: Iterable[_OfVisit]) -> dict[str, tuple[_OfVisit, ...]]:
    groups: dict[str, list[_OfVisit]] = {}
    for row in rows:
        groups.setdefault(comparable(row.no_rawat), []).append(row)
    return {no_rawat: tuple(group) for no_rawat, group in groups.items()}
