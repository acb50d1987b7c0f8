"""Rows of Khanza, visits and ledger records for the tests: small factories with plain defaults.

Everybody in here is invented. Monday, 23 November 2026, is the day that nearly all of them play on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from antrean_cli.render.reasons import sentence
from antrean_cli.rules.codes import State, Step
from antrean_cli.rules.listings import Antrean
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import Push, Record, StatusObservation
from antrean_cli.rules.reasons import Reason, ReasonCode, because
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
    Ticket,
)
from antrean_cli.rules.sources import VisitContext
from antrean_cli.rules.visits import Visit

WIB = timezone(timedelta(hours=7), "WIB")
WITA = timezone(timedelta(hours=8), "WITA")
WIT = timezone(timedelta(hours=9), "WIT")
MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
SUNDAY = date(2026, 11, 22)
NO_RAWAT = "2026/11/23/000001"
NOBOOKING = "20261123000001"
ZERO = "0000-00-00 00:00:00"
KEY = b"a ledger's own key, 32 bytes long"

# The two flows of khanza/README.md, Times of the tasks: typed from the page.
ERM: Mapping[int, tuple[str, ...]] = {
    3: ("checkin", "buka_poli", "daftar"),
    4: ("periksa_awal", "berkas_diterima"),
    5: ("berkas_kembali", "stts_selesai", "periksa_akhir"),
    6: ("resep_divalidasi",),
    7: ("resep_diserahkan",),
}
BERKAS: Mapping[int, tuple[str, ...]] = {
    3: ("berkas_dikirim", "buka_poli", "daftar"),
    4: ("berkas_diterima", "periksa_awal"),
    5: ("periksa_akhir", "berkas_kembali"),
    6: ("resep_divalidasi",),
    7: ("resep_diserahkan",),
}


def at(clock: str, day: date = MONDAY, zone: timezone = WIB) -> datetime:
    """Return a moment of Monday, from "08:05" or "08:05:30"."""
    return datetime.combine(day, time.fromisoformat(clock), zone)


def on(clock: str, day: date = MONDAY) -> str:
    """Return a moment of Monday as Khanza writes it."""
    return f"{day} {time.fromisoformat(clock):%H:%M:%S}"


def policy(**changed: Any) -> Policy:
    """Return the default settings with changes; `sources` may name single tasks."""
    sources = {**ERM, **changed.pop("sources", {})}
    default: dict[str, Any] = {
        "zone": WIB,
        "days": 7,
        "add": frozenset({"onsite", "nonjkn"}),
        "kd_pj": frozenset(),
        "kodebooking": "{no_rawat}",
        "skip_poli": frozenset({"IGDK", "IGD", "HDL"}),
        "only_poli": frozenset(),
        "delay_nonjkn": timedelta(minutes=15),
        "delay_batal": timedelta(minutes=10),
        "sources": sources,
        "tie": timedelta(seconds=60),
        "minutes_per_patient": 5,
        "farmasi": False,
        "admisi": timedelta(0),
        "adopt": False,
    }
    return Policy(**{**default, **changed})


def registration(**changed: Any) -> Registration:
    """Return a known patient's registration at the desk, Monday 08:05, for the internist D01."""
    default = Registration(
        no_rawat=NO_RAWAT,
        no_reg="001",
        tgl_registrasi="2026-11-23",
        jam_reg="08:05:00",
        kd_dokter="D01",
        norm="000001",
        kd_poli="INT",
        stts="Belum",
        stts_daftar="Lama",
        status_lanjut="Ralan",
        kd_pj="BPJ",
        status_bayar="Belum Bayar",
        nik="3200000000000001",
        nohp="080000000001",
        nomorkartu="0009000000001",
        nama="PASIEN CONTOH",
        nm_poli="Poli Penyakit Dalam",
        nm_dokter="dr. Contoh Satu",
        kd_poli_bpjs="INT",
        nm_poli_bpjs="PENYAKIT DALAM",
        kd_dokter_bpjs="12345",
        nm_dokter_bpjs="CONTOH SATU, SpPD",
    )
    return default._replace(**changed)


def booking(**changed: Any) -> Booking:
    """Return a booking made in Mobile JKN for Monday's session, not checked in."""
    default = Booking(
        nobooking=NOBOOKING,
        no_rawat=NO_RAWAT,
        nomorkartu="0009000000007",
        nik="3200000000000007",
        nohp="080000000007",
        kodepoli="INT",
        pasienbaru="0",
        norm="000001",
        tanggalperiksa="2026-11-23",
        kodedokter="12345",
        jampraktek="08:00-14:00",
        jeniskunjungan="1 (Rujukan FKTP)",
        nomorreferensi="0301R0011126P000007",
        nomorantrean="INT-001",
        angkaantrean="1",
        estimasidilayani="1795395900000",
        sisakuotajkn="29",
        kuotajkn="30",
        sisakuotanonjkn="28",
        kuotanonjkn="31",
        status="Belum",
        validasi=ZERO,
    )
    return default._replace(**changed)


def cancel(**changed: Any) -> Cancel:
    """Return the _batal row of that booking, not yet sent."""
    default = Cancel(
        nobooking=NOBOOKING,
        no_rawat=NO_RAWAT,
        keterangan="Berhalangan",
        statuskirim="Belum",
        tanggalperiksa="2026-11-23",
        kodepoli="INT",
    )
    return default._replace(**changed)


def sep(**changed: Any) -> Sep:
    """Return an outpatient SEP of a plain referral from a Faskes 1."""
    default = Sep(
        no_rawat=NO_RAWAT,
        no_sep="0301R0011126V000001",
        no_rujukan="0301R0021126P000001",
        noskdp="",
        asal_rujukan="1. Faskes 1",
        tujuankunjungan="0",
        flagprosedur="",
        penunjang="",
        asesmenpelayanan="",
        nomorkartu="0009000000001",
        nohp="080000000099",
        kodepoli="INT",
        kodedokter="12345",
    )
    return default._replace(**changed)


def antrean(kodebooking: str = "KIOS-1", **changed: Any) -> Antrean:
    """Return a row of BPJS's antrean per tanggal: that patient's, of Monday, at the internist's."""
    default = Antrean(
        kodebooking=kodebooking,
        tanggal=str(MONDAY),
        kodepoli="INT",
        kodedokter="12345",
        nik="3200000000000001",
        nomorkartu="0009000000001",
        norm="000001",
        status="Belum dilayani",
    )
    return default._replace(**changed)


def slot(**changed: Any) -> Slot:
    """Return the internist's session on Mondays, 08:00 to 14:00, quota 30."""
    default = Slot(
        kd_dokter="D01",
        hari_kerja="SENIN",
        jam_mulai="08:00:00",
        jam_selesai="14:00:00",
        kd_poli="INT",
        kuota="30",
    )
    return default._replace(**changed)


def berkas(
    dikirim: str | None = ZERO, diterima: str | None = ZERO, kembali: str | None = ZERO
) -> Berkas:
    """Return the way of the patient's folder; its times are full texts of Khanza."""
    return Berkas(no_rawat=NO_RAWAT, dikirim=dikirim, diterima=diterima, kembali=kembali)


def exam(waktu: str, nip: str = "P01", no_rawat: str = NO_RAWAT) -> Exam:
    """Return one exam row, by the nurse P01."""
    return Exam(no_rawat=no_rawat, waktu=waktu, nip=nip)


def resep(
    no: int = 1,
    dibuat: str | None = ZERO,
    divalidasi: str | None = ZERO,
    diserahkan: str | None = ZERO,
) -> Resep:
    """Return one outpatient prescription."""
    return Resep(
        no_rawat=NO_RAWAT,
        no_resep=f"20261123{no:04}",
        dibuat=dibuat,
        divalidasi=divalidasi,
        diserahkan=diserahkan,
    )


def ticket(
    dicetak: str | None, dipanggil: str | None = ZERO, nomor: str = "A001", **changed: Any
) -> Ticket:
    """Return a ticket of the desk's; its times are full texts of Khanza."""
    default = Ticket(no_rawat=NO_RAWAT, nomor=nomor, dicetak=dicetak, dipanggil=dipanggil)
    return default._replace(**changed)


def surat(**changed: Any) -> SuratKontrol:
    """Return a control visit planned for that patient, Monday, at the internist's."""
    default = SuratKontrol(
        norm="000001", tanggal="2026-11-23", kd_poli_bpjs="INT", no_surat="0301R0011126K000001"
    )
    return default._replace(**changed)


def rows(**changed: Any) -> Rows:
    """Return what a read of Khanza brought: only BPJS's payer code, unless told otherwise."""
    return Rows(**{"payers": frozenset({"BPJ"}), "kode_ppk": "0301R001", **changed})


def onsite(*, reg: Mapping[str, Any] | None = None, **changed: Any) -> Visit:
    """Return a JKN visit at the desk with its SEP; `reg` changes its registration."""
    row = registration(**(reg or {}))
    default: dict[str, Any] = {
        "kodebooking": row.no_rawat,
        "kind": "onsite",
        "tanggal": MONDAY,
        "registration": row,
        "sep": sep(),
        "slot": slot(),
    }
    return Visit(**{**default, **changed})


def nonjkn(*, reg: Mapping[str, Any] | None = None, **changed: Any) -> Visit:
    """Return the visit of a patient who pays."""
    return onsite(reg={"kd_pj": "UMU", **(reg or {})}, **{"kind": "nonjkn", "sep": None, **changed})


def mobilejkn(
    *, reg: Mapping[str, Any] | None = None, book: Mapping[str, Any] | None = None, **changed: Any
) -> Visit:
    """Return a booking made in Mobile JKN, with jam_reg at the opening, as Khanza books it."""
    base = {
        "kodebooking": NOBOOKING,
        "kind": "mobilejkn",
        "sep": None,
        "booking": booking(**(book or {})),
    }
    return onsite(reg={"jam_reg": "08:00:00", **(reg or {})}, **{**base, **changed})


def context(
    visit: Visit, now: datetime, seen: StatusObservation | None = None, **policy_changes: Any
) -> VisitContext:
    """Return a visit with what is needed to tell its times."""
    return VisitContext(visit=visit, policy=policy(**policy_changes), seen=seen, now=now)


def seen(
    stts: str, since: datetime, *, first: bool = False, exact: bool = True
) -> StatusObservation:
    """Return what the passes saw of stts."""
    return StatusObservation(stts=stts, since=since, first=first, exact=exact)


def push(
    step: str, state: str = "due", recorded: str | datetime | None = None, **changed: Any
) -> Push:
    """Return a push; `recorded` (and with it `waktu`) may be a time of Monday such as "08:05"."""
    when = at(recorded) if isinstance(recorded, str) else recorded
    return Push(
        **{"step": Step(step), "state": State(state), "recorded": when, "waktu": when, **changed}
    )


def reason(code: str, **params: Any) -> Reason:
    """Return a reason by its code, or by its family: the first of that family."""
    found = next(one for one in ReasonCode if code in (one, one.family))
    return because(found, **params)


def words(reason: Reason | None) -> str:
    """Return a reason or a note in words, empty if there is none."""
    return sentence(reason) if reason else ""


def record(*pushes: Push, **changed: Any) -> Record:
    """Return the ledger's record of an onsite visit with these pushes."""
    default: dict[str, Any] = {
        "kodebooking": NO_RAWAT,
        "kind": "onsite",
        "tanggal": MONDAY,
        "no_rawat": NO_RAWAT,
        "kd_poli": "INT",
        "kd_dokter": "D01",
        "kd_pj": "BPJ",
        "pushes": {one.step: one for one in pushes},
    }
    return Record(**{**default, **changed})


def states(value: Record) -> dict[str, str]:
    """Return the state of each push, by step."""
    return {step: one.state for step, one in value.pushes.items()}
