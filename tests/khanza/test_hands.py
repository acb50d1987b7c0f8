"""Khanza's hands: what each operation writes into a real MariaDB, step by step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pymysql
import pytest

from antrean_cli.simulator.bookings import Bookings
from antrean_cli.simulator.hospital import ZERO_DATETIME, Hospital
from tests.support.hands import Operation, cashier, clinic, desk, done, mobile_jkn, pharmacy, sep
from tests.support.hands.watching import changes
from tests.support.mariadb import MariaDB
from tests.support.site import MONDAY, WIB

VISIT, OTHER = "2026/11/23/000001", "2026/11/23/000002"
NOBOOKING = "20261123000001"
NORM, NO_SEP, NO_RESEP = "000001", "0301R0011126V000001", "202611230001"


def at(hhmm: str, *, day: int = 0) -> datetime:
    return datetime.combine(MONDAY + timedelta(days=day), time.fromisoformat(hhmm), WIB)


def registered(khanza: Hospital, number: int = 1, **options: Any) -> str:
    """Register a patient at 08:05, and so many others after that one."""
    return [
        done(desk.register(khanza, khanza.patient(), at=at("08:05"), **options))
        for _ in range(number)
    ][-1]


def booked(khanza: Hospital) -> str:
    nobooking = done(mobile_jkn.book(khanza, khanza.patient(), now=at("06:00"), tanggal=MONDAY))
    assert nobooking
    return nobooking


def prescribed(khanza: Hospital) -> str:
    return done(pharmacy.prescribe(khanza, registered(khanza), at=at("09:00")))


Begin = Callable[[Hospital], Operation[Any]]
Made = Callable[..., Operation[Any]]


def folder(**times: str) -> list[str]:
    return [f"mutasi_berkas.{column} {MONDAY} {hhmm}:00" for column, hhmm in times.items()]


def from_visit(
    operation: Callable[..., Operation[Any]], **options: Any
) -> Callable[[Hospital], Operation[Any]]:
    """Return an operation on a visit that was registered just before."""
    return lambda khanza: operation(khanza, registered(khanza), **options)


def from_folder(
    operation: Callable[..., Operation[Any]], **options: Any
) -> Callable[[Hospital], Operation[Any]]:
    """Return an operation on a visit whose folder was received at 08:30."""

    def begin(khanza: Hospital) -> Operation[Any]:
        no_rawat = registered(khanza)
        done(clinic.receive_folder(khanza, no_rawat, now=at("08:30")))
        return operation(khanza, no_rawat, **options)

    return begin


def from_booking(
    operation: Callable[..., Operation[Any]], **options: Any
) -> Callable[[Hospital], Operation[Any]]:
    return lambda khanza: operation(khanza, booked(khanza), **options)


def from_resep(
    operation: Callable[..., Operation[Any]], **options: Any
) -> Callable[[Hospital], Operation[Any]]:
    return lambda khanza: operation(khanza, prescribed(khanza), **options)


BOOKING, CANCEL = "referensi_mobilejkn_bpjs", "referensi_mobilejkn_bpjs_batal"
CHECKED_IN = [f"{BOOKING}.status Checkin", f"{BOOKING}.validasi {MONDAY} 07:40:00"]
CANCELLED = [f"{BOOKING}.status Batal", f"{BOOKING}.validasi {MONDAY} 07:40:00"]
LATER, EARLIER = at("09:40"), at("07:40")

CASES: dict[str, tuple[Begin, list[list[str]]]] = {
    # -- registration
    "register at the desk": (
        lambda khanza: desk.register(khanza, khanza.patient(), at=at("08:05")),
        [[f"+reg_periksa {VISIT}"]],
    ),
    "register with the SEP in one form": (
        lambda khanza: desk.register_with_sep(khanza, khanza.patient(), at=at("08:05")),
        [[f"+reg_periksa {VISIT}"], [], [f"+bridging_sep {NO_SEP}"]],
    ),
    "the SEP is refused": (
        lambda khanza: desk.register_with_sep(
            khanza, khanza.patient(), at=at("08:05"), issued=False
        ),
        [[f"+reg_periksa {VISIT}"], [], [f"-reg_periksa {VISIT}"]],
    ),
    "the form's add is refused, of a new patient": (
        lambda khanza: desk.register_with_sep(
            khanza, khanza.patient(), at=at("08:05"), add=lambda _: False, stts_daftar="Baru"
        ),
        [[f"+reg_periksa {VISIT}"], [], [f"-reg_periksa {VISIT}"], [f"-pasien {NORM}"]],
    ),
    "edit payer, clinic and doctor": (
        from_visit(desk.edit, kd_pj="UMU", kd_poli="ANA", kd_dokter="D02"),
        [["reg_periksa.kd_dokter D02", "reg_periksa.kd_pj UMU", "reg_periksa.kd_poli ANA"]],
    ),
    "a baby": (
        lambda khanza: desk.register_baby(khanza, registered(khanza), khanza.patient()),
        [[f"+reg_periksa {OTHER}"]],
    ),
    # -- Mobile JKN
    "a new patient": (
        lambda khanza: mobile_jkn.new_patient(khanza, now=at("06:00")),
        [[f"+pasien {NORM}"]],
    ),
    "book": (
        lambda khanza: mobile_jkn.book(khanza, khanza.patient(), now=at("06:00"), tanggal=MONDAY),
        [[f"+{BOOKING} {NOBOOKING}"], [f"+reg_periksa {VISIT}"]],
    ),
    "book, and no number is found": (
        lambda khanza: mobile_jkn.book(
            khanza, khanza.patient(), now=at("06:00"), tanggal=MONDAY, fails=True
        ),
        [
            [f"+{BOOKING} {NOBOOKING}"],
            [f"{BOOKING}.status Gagal", f"{BOOKING}.validasi {MONDAY} 06:00:00"],
        ],
    ),
    "check in": (
        from_booking(mobile_jkn.check_in, now=EARLIER),
        [CHECKED_IN, ["reg_periksa.jam_reg 7:40:00"]],
    ),
    "check in too early": (from_booking(mobile_jkn.check_in, now=at("06:59")), []),
    "cancel": (
        from_booking(mobile_jkn.cancel, now=EARLIER),
        [CANCELLED, [f"-reg_periksa {VISIT}"], [f"+{CANCEL} {NOBOOKING}"]],
    ),
    "the admin cancels": (
        from_booking(mobile_jkn.admin_cancels, now=EARLIER),
        [CANCELLED, [f"+{CANCEL} {NOBOOKING}"]],
    ),
    "the admin checks in": (
        from_booking(mobile_jkn.admin_checks_in, now=EARLIER),
        [CHECKED_IN, []],
    ),
    # -- exams and actions
    "examine": (
        from_visit(clinic.examine, at=at("08:30")),
        [[f"+pemeriksaan_ralan {VISIT} {MONDAY} 8:30:00"]],
    ),
    "a template of the doctor's": (
        from_visit(clinic.use_template, at=at("08:30")),
        [
            [
                f"+pemeriksaan_ralan {VISIT} {MONDAY} 8:30:00",
                f"+permintaan_lab PK{NO_RESEP}",
                f"+resep_dokter {NO_RESEP} B0001 10.0",
                f"+resep_obat {NO_RESEP}",
            ]
        ],
    ),
    "act": (
        from_visit(clinic.act, at=at("08:30")),
        [[f"+rawat_jl_dr {VISIT} J001 D01 {MONDAY} 8:30:00"]],
    ),
    "act in the window perawatan": (
        from_visit(clinic.act, at=at("08:30"), window=True),
        [["reg_periksa.stts Sudah"], [f"+rawat_jl_dr {VISIT} J001 D01 {MONDAY} 8:30:00"]],
    ),
    "act in the window perawatan, rolled back": (
        from_visit(clinic.act, at=at("08:30"), window=True, kept=False),
        [["reg_periksa.stts Sudah"]],
    ),
    # -- the folder and the state
    "send a folder": (
        from_visit(clinic.move_folder, column="dikirim", now=LATER),
        [[f"+mutasi_berkas {VISIT}"]],
    ),
    "send a folder again": (
        from_folder(clinic.move_folder, column="dikirim", now=LATER),
        [[*folder(dikirim="09:40"), "mutasi_berkas.status Sudah Dikirim"]],
    ),
    "a folder comes back": (
        from_folder(clinic.move_folder, column="kembali", now=LATER),
        [[*folder(kembali="09:40"), "mutasi_berkas.status Sudah Kembali"]],
    ),
    "ask for a folder": (from_folder(clinic.ask_for_folder), [[f"-mutasi_berkas {VISIT}"]]),
    "receive a folder": (
        from_visit(clinic.receive_folder, now=LATER),
        [[f"+mutasi_berkas {VISIT}"], ["reg_periksa.stts Berkas Diterima"]],
    ),
    "receive a folder again": (
        from_folder(clinic.receive_folder, now=LATER),
        [folder(diterima="09:40"), []],
    ),
    "call": (
        from_visit(clinic.call, now=LATER),
        [[], [f"+antripoli D01 INT 1 {VISIT}"], [f"+mutasi_berkas {VISIT}"]],
    ),
    "call again": (
        from_folder(clinic.call, now=LATER),
        [[], [f"+antripoli D01 INT 1 {VISIT}"], folder(diterima="09:40")],
    ),
    "Sudah": (
        from_visit(clinic.finish, now=LATER),
        [["reg_periksa.stts Sudah"], [f"+mutasi_berkas {VISIT}"]],
    ),
    "Sudah, of a folder that was received": (
        from_folder(clinic.finish, now=LATER),
        [
            ["reg_periksa.stts Sudah"],
            [*folder(kembali="09:40"), "mutasi_berkas.status Sudah Kembali"],
        ],
    ),
    "Sudah in the registration's list": (
        from_visit(clinic.set_stts, stts="Sudah"),
        [["reg_periksa.stts Sudah"]],
    ),
    "Belum again": (
        from_folder(clinic.set_stts, stts="Belum"),
        [["reg_periksa.stts Belum"]],
    ),
    "Dirujuk": (from_visit(clinic.set_stts, stts="Dirujuk"), [["reg_periksa.stts Dirujuk"]]),
    "Batal": (
        from_visit(clinic.cancel),
        [["reg_periksa.biaya_reg 0.0", "reg_periksa.stts Batal"]],
    ),
    "a folder goes to the ward": (
        from_visit(clinic.folder_to_ward, now=LATER),
        [[f"+mutasi_berkas {VISIT}"], ["reg_periksa.stts Dirawat"]],
    ),
    # -- the pharmacy
    "prescribe": (
        from_visit(pharmacy.prescribe, at=at("09:00")),
        [[f"+resep_dokter {NO_RESEP} B0001 10.0", f"+resep_obat {NO_RESEP}"]],
    ),
    "change a prescription": (
        from_resep(pharmacy.change),
        [[f"+resep_dokter {NO_RESEP} B0002 20.0", f"-resep_dokter {NO_RESEP} B0001 10.0"]],
    ),
    "prescribe at the pharmacy": (
        from_visit(pharmacy.prescribe_at_pharmacy, at=at("09:00")),
        [[f"+resep_obat {NO_RESEP}"]],
    ),
    "validate": (
        from_resep(pharmacy.validate, at=at("09:20")),
        [
            [
                f"+detail_pemberian_obat {MONDAY} 9:20:00 {VISIT} B0001",
                "resep_obat.jam 9:20:00",
                f"resep_obat.tgl_perawatan {MONDAY}",
            ]
        ],
    ),
    "hand over": (
        from_resep(pharmacy.hand_over, now=LATER),
        [
            [],
            [f"+antriapotek3 {NO_RESEP} 1 {VISIT}"],
            [],
            [f"+bukti_penyerahan_resep_obat {NO_RESEP}"],
            ["resep_obat.jam_penyerahan 9:40:00", f"resep_obat.tgl_penyerahan {MONDAY}"],
        ],
    ),
    "delete a prescription": (
        from_resep(pharmacy.remove),
        [[f"-resep_dokter {NO_RESEP} B0001 10.0", f"-resep_obat {NO_RESEP}"]],
    ),
    # -- the cashier and the ward
    "pay": (
        from_visit(cashier.pay, at=LATER),
        [[f"+billing 0 {VISIT}", f"+nota_jalan {VISIT}", "reg_periksa.status_bayar Sudah Bayar"]],
    ),
    "admit": (
        from_visit(cashier.admit, at=LATER),
        [[f"+kamar_inap {VISIT} {MONDAY} 9:40:00"], ["reg_periksa.status_lanjut Ranap"]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_operation_writes_what_khanza_writes(khanza: Hospital, name: str) -> None:
    begin, expected = CASES[name]
    assert changes(khanza, begin(khanza)) == [sorted(step) for step in expected]


# -- registration


def test_a_new_row_is_as_khanza_writes_it(khanza: Hospital) -> None:
    no_rawat = done(desk.register(khanza, khanza.patient(), at=at("08:05"), kd_pj="UMU"))
    row = [khanza.value("reg_periksa", column, no_rawat=no_rawat) for column in (
        "tgl_registrasi", "jam_reg", "no_reg", "stts", "status_lanjut", "status_bayar", "kd_pj"
    )]  # fmt: skip
    assert row == [str(MONDAY), "8:05:00", "001", "Belum", "Ralan", "Belum Bayar", "UMU"]


def test_the_highest_number_of_a_day_is_handed_out_again(khanza: Hospital) -> None:
    first, second = registered(khanza), registered(khanza)
    assert done(desk.delete_visit(khanza, second))
    assert registered(khanza) == second == OTHER
    assert done(desk.delete_visit(khanza, first))
    assert registered(khanza) == "2026/11/23/000003"


def test_a_number_can_be_of_the_day_before_the_form_s(khanza: Hospital) -> None:
    late = at("00:05", day=1)
    no_rawat = done(desk.register(khanza, khanza.patient(), at=late, numbered=MONDAY))
    assert no_rawat == VISIT
    assert khanza.value("reg_periksa", "tgl_registrasi", no_rawat=no_rawat) == str(late.date())


def test_an_appointment_is_kept_at_the_kiosk(khanza: Hospital) -> None:
    norm = khanza.patient()
    khanza.insert("booking_registrasi", no_rkm_medis=norm, tanggal_periksa=MONDAY, status="Belum")
    kept = changes(khanza, desk.register_at_kiosk(khanza, norm, now=at("08:05")))
    assert kept == [[f"+reg_periksa {VISIT}"], ["booking_registrasi.status Terdaftar"]]


def test_a_new_number_reaches_all_but_the_booking(khanza: Hospital) -> None:
    nobooking = booked(khanza)
    done(clinic.examine(khanza, VISIT, at=at("08:30")))
    done(pharmacy.prescribe(khanza, VISIT, at=at("08:40")))
    done(desk.edit(khanza, VISIT, no_rawat=OTHER))
    for table in ("reg_periksa", "pemeriksaan_ralan", "resep_obat"):
        assert khanza.value(table, "no_rawat", no_rawat=OTHER) == OTHER
    assert khanza.value(BOOKING, "no_rawat", nobooking=nobooking) == VISIT


def test_what_belongs_to_a_deleted_visit_goes_with_it(khanza: Hospital) -> None:
    no_rawat = registered(khanza)
    done(sep.issue(khanza, no_rawat))
    done(clinic.receive_folder(khanza, no_rawat, now=at("08:10")))
    done(clinic.examine(khanza, no_rawat, at=at("08:30")))
    note = {"no_rawat": no_rawat, "taskid": "3", "waktu": f"{MONDAY} 08:05:00"}
    khanza.insert("referensi_mobilejkn_bpjs_taskid", **note)
    assert changes(khanza, desk.delete_visit(khanza, no_rawat)) == [
        [
            f"-bridging_sep {NO_SEP}",
            f"-mutasi_berkas {VISIT}",
            f"-pemeriksaan_ralan {VISIT} {MONDAY} 8:30:00",
            f"-referensi_mobilejkn_bpjs_taskid {VISIT} 3",
            f"-reg_periksa {VISIT}",
        ]
    ]


@pytest.mark.parametrize("keeps", ["resep_obat", "rawat_jl_dr"])
def test_a_prescription_or_an_action_keeps_a_visit(khanza: Hospital, keeps: str) -> None:
    no_rawat = registered(khanza)
    if keeps == "resep_obat":
        done(pharmacy.prescribe(khanza, no_rawat, at=at("08:40")))
    else:
        done(clinic.act(khanza, no_rawat, at=at("08:40")))
    assert changes(khanza, desk.delete_visit(khanza, no_rawat)) == [[]]
    first, *_, last = changes(khanza, desk.delete_all(khanza, no_rawat))
    assert any(one.startswith(f"-{keeps} ") for one in first)
    assert last == [f"-reg_periksa {VISIT}"]


def test_a_merged_visit_gives_its_rows_away_and_what_clashes_is_lost(khanza: Hospital) -> None:
    nobooking = booked(khanza)
    into = registered(khanza)
    for no_rawat in (VISIT, into):
        done(clinic.receive_folder(khanza, no_rawat, now=at("08:10")))
    done(clinic.examine(khanza, VISIT, at=at("08:30")))
    done(pharmacy.prescribe(khanza, VISIT, at=at("08:40")))
    merged = changes(khanza, desk.merge_visits(khanza, VISIT, into))
    exam = f"pemeriksaan_ralan {{}} {MONDAY} 8:30:00"
    assert merged == [
        [],  # the folder clashes
        [f"+{exam}".format(into), f"-{exam}".format(VISIT)],
        [f"resep_obat.no_rawat {into}"],
        [f"-mutasi_berkas {VISIT}", f"-reg_periksa {VISIT}"],
    ]
    assert khanza.value(BOOKING, "no_rawat", nobooking=nobooking) == VISIT


def test_merged_patients_lose_the_bookings_of_the_old_one(khanza: Hospital) -> None:
    nobooking, into = booked(khanza), khanza.patient()
    done(sep.issue(khanza, VISIT))
    assert changes(khanza, desk.merge_patients(khanza, NORM, into)) == [
        [f"reg_periksa.no_rkm_medis {into}"],
        [],
        [f"-pasien {NORM}", f"-{BOOKING} {nobooking}"],
    ]
    assert khanza.value("bridging_sep", "nomr", no_rawat=VISIT) == NORM


def test_a_cancel_follows_its_patient_and_goes_with_the_booking(khanza: Hospital) -> None:
    nobooking, into = booked(khanza), khanza.patient()
    done(mobile_jkn.cancel(khanza, nobooking, now=EARLIER))
    assert changes(khanza, desk.merge_patients(khanza, NORM, into)) == [
        [],
        [f"{CANCEL}.no_rkm_medis {into}"],
        [f"-pasien {NORM}", f"-{BOOKING} {nobooking}", f"-{CANCEL} {nobooking}"],
    ]


# -- Mobile JKN


def test_a_new_patient_of_that_day_is_a_new_patient(khanza: Hospital) -> None:
    norm = done(mobile_jkn.new_patient(khanza, now=at("06:00")))
    nobooking = done(mobile_jkn.book(khanza, norm, now=at("06:01"), tanggal=MONDAY))
    assert khanza.value(BOOKING, "pasienbaru", nobooking=nobooking) == "1"
    assert khanza.value(BOOKING, "pasienbaru", nobooking=booked(khanza)) == "0"


def test_a_number_that_was_taken_meanwhile_leaves_the_booking_with_a_stranger(
    khanza: Hospital,
) -> None:
    booking = mobile_jkn.book(khanza, khanza.patient(), now=at("06:00"), tanggal=MONDAY)
    next(booking)
    stranger = registered(khanza)
    done(booking)
    assert khanza.value(BOOKING, "no_rawat", nobooking=NOBOOKING) == stranger == VISIT
    norm = khanza.value(BOOKING, "norm", nobooking=NOBOOKING)
    assert khanza.value("reg_periksa", "no_rawat", no_rkm_medis=norm) == OTHER


def test_where_a_visit_has_one_booking_a_number_of_a_cancelled_one_is_not_booked(
    khanza: Hospital, mariadb: MariaDB
) -> None:
    with mariadb.installed("a visit has one booking"):
        done(mobile_jkn.cancel(khanza, booked(khanza), now=EARLIER))
        again = mobile_jkn.book(khanza, khanza.patient(), now=EARLIER, tanggal=MONDAY)
        assert changes(khanza, again) == [[]]
        registered(khanza)  # a visit at the desk takes that number
        assert booked(khanza) == "20261123000002"


def test_a_check_in_moves_the_hour_of_whatever_visit_the_booking_names(khanza: Hospital) -> None:
    nobooking = booked(khanza)
    done(desk.delete_visit(khanza, VISIT))
    stranger = registered(khanza)
    done(mobile_jkn.check_in(khanza, nobooking, now=EARLIER))
    assert khanza.value("reg_periksa", "jam_reg", no_rawat=stranger) == "7:40:00"


def test_a_cancel_that_something_blocks_leaves_the_visit_alive(khanza: Hospital) -> None:
    nobooking = booked(khanza)
    done(pharmacy.prescribe(khanza, VISIT, at=at("07:00")))
    assert changes(khanza, mobile_jkn.cancel(khanza, nobooking, now=EARLIER)) == [CANCELLED, []]
    again = changes(khanza, mobile_jkn.cancel(khanza, nobooking, now=EARLIER))
    assert again == [], "only from Belum"


def test_the_admin_takes_a_check_in_and_a_cancel_back(khanza: Hospital) -> None:
    nobooking = booked(khanza)
    done(mobile_jkn.admin_checks_in(khanza, nobooking, now=LATER))
    back = [f"{BOOKING}.status Belum", f"{BOOKING}.validasi {ZERO_DATETIME}"]
    assert changes(khanza, mobile_jkn.admin_resets(khanza, nobooking)) == [back, []]
    done(mobile_jkn.admin_cancels(khanza, nobooking, now=LATER))
    assert changes(khanza, mobile_jkn.admin_resets(khanza, nobooking)) == [
        back,
        [f"-{CANCEL} {nobooking}"],
    ]


def test_a_cancel_is_deleted_by_its_reference_with_that_of_a_sister(khanza: Hospital) -> None:
    bookings = [booked(khanza), booked(khanza)]
    for nobooking in bookings:
        khanza.update(BOOKING, {"nobooking": nobooking}, nomorreferensi="0301U0011126Y000077")
        done(mobile_jkn.admin_cancels(khanza, nobooking, now=LATER))
    deleted = changes(khanza, mobile_jkn.admin_deletes_cancel(khanza, bookings[0]))
    assert deleted == [[f"-{CANCEL} {nobooking}" for nobooking in bookings]]


# -- the SEP


def test_the_sep_of_a_second_clinic_is_an_internal_one(khanza: Hospital) -> None:
    first, second = registered(khanza), registered(khanza, kd_poli="ANA")
    no_sep = done(sep.issue(khanza, first))
    (step,) = changes(khanza, sep.issue(khanza, second, no_sep=no_sep))
    assert [one.split()[0] for one in step] == ["+bridging_sep_internal"]
    (step,) = changes(khanza, sep.remove_internal(khanza, second))
    assert [one.split()[0] for one in step] == ["-bridging_sep_internal"]


def test_a_sep_is_edited_where_it_can_be(khanza: Hospital) -> None:
    no_sep = done(sep.issue(khanza, registered(khanza)))
    edited = changes(khanza, sep.edit(khanza, no_sep, no_rawat=registered(khanza), notelep="-"))
    assert edited == [[f"bridging_sep.no_rawat {OTHER}", "bridging_sep.notelep -"]]


def test_a_sep_that_is_typed_in_lacks_clinic_and_doctor(khanza: Hospital) -> None:
    done(sep.type_in(khanza, registered(khanza), NO_SEP))
    row = [
        khanza.value("bridging_sep", column, no_sep=NO_SEP) for column in ("kdpolitujuan", "kddpjp")
    ]
    assert row == ["", "null"]


def test_a_deleted_sep_takes_its_letters_and_its_internal_seps_with_it(khanza: Hospital) -> None:
    first, second = registered(khanza), registered(khanza)
    no_sep = done(sep.issue(khanza, first))
    done(sep.issue(khanza, second, no_sep=no_sep))
    no_surat = done(sep.plan_control(khanza, no_sep, MONDAY + timedelta(days=7)))
    (step,) = changes(khanza, sep.remove(khanza, no_sep))
    assert [one.split()[:2] for one in step] == [
        ["-bridging_sep", no_sep],
        ["-bridging_sep_internal", no_sep],
        ["-bridging_surat_kontrol_bpjs", no_surat],
    ]


def test_a_letter_is_changed_in_place_and_deleted(khanza: Hospital) -> None:
    no_sep = done(sep.issue(khanza, registered(khanza)))
    no_surat = done(sep.plan_control(khanza, no_sep, MONDAY))
    moved = changes(khanza, sep.change_control(khanza, no_surat, kd_poli_bpjs="ANA"))
    assert moved == [["bridging_surat_kontrol_bpjs.kd_poli_bpjs ANA"]]
    (gone,) = changes(khanza, sep.remove_control(khanza, no_surat))
    assert gone == [f"-bridging_surat_kontrol_bpjs {no_surat}"]


def test_a_referral_within_the_house_makes_no_visit(khanza: Hospital) -> None:
    referred = changes(khanza, sep.refer_internally(khanza, registered(khanza), "ANA", "D02"))
    assert referred == [[f"+rujukan_internal_poli {VISIT} D02 ANA"]]


def test_what_the_form_tells_bpjs_is_taken(khanza: Hospital) -> None:
    bookings = Bookings(lambda: at("08:06"))

    def add(no_rawat: str) -> bool:
        body = sep.form_adds(khanza, no_rawat, "0301U0011126P000001")
        return bookings.add(body).code == 200

    assert done(desk.register_with_sep(khanza, khanza.patient(), at=at("08:05"), add=add)) == VISIT
    assert [row["kodebooking"] for row in bookings.snapshot()] == [VISIT]


# -- the clinic


@pytest.mark.parametrize(
    ("operation", "times"),
    [
        (clinic.finish, ("dikirim", "kembali")),
        (clinic.folder_to_ward, ("dikirim", "ranap")),
        (clinic.receive_folder, ("dikirim", "diterima")),
        (clinic.call, ("dikirim", "diterima")),
    ],
)
def test_a_folder_that_nobody_sent_is_sent_with_what_is_noted_first(
    khanza: Hospital, operation: Callable[..., Operation[None]], times: tuple[str, ...]
) -> None:
    done(operation(khanza, registered(khanza), now=LATER))
    for column in clinic.FOLDER_STATES:
        noted = khanza.value("mutasi_berkas", column, no_rawat=VISIT)
        assert noted == (f"{MONDAY} 09:40:00" if column in times else ZERO_DATETIME)


def test_an_exam_is_moved_given_to_another_visit_and_deleted(khanza: Hospital) -> None:
    no_rawat, other = registered(khanza), registered(khanza)
    done(clinic.examine(khanza, no_rawat, at=at("08:30")))
    edit = clinic.edit_exam(khanza, no_rawat, at("08:30"), of=other, to=at("08:40"), nip="D01")
    assert changes(khanza, edit) == [
        [
            f"+pemeriksaan_ralan {other} {MONDAY} 8:40:00",
            f"-pemeriksaan_ralan {no_rawat} {MONDAY} 8:30:00",
        ]
    ]
    assert changes(khanza, clinic.delete_exam(khanza, other, at("08:40"))) == [
        [f"-pemeriksaan_ralan {other} {MONDAY} 8:40:00"]
    ]


def test_a_billed_visit_and_one_with_a_room_are_not_cancelled(khanza: Hospital) -> None:
    billed, admitted = registered(khanza), registered(khanza)
    done(cashier.pay(khanza, billed, at=LATER))
    done(cashier.admit(khanza, admitted, at=LATER))
    for no_rawat in (billed, admitted):
        assert changes(khanza, clinic.cancel(khanza, no_rawat)) == []


# -- pharmacy, cashier, ward


def test_drugs_that_are_taken_back_leave_the_prescription_validated(khanza: Hospital) -> None:
    no_resep = prescribed(khanza)
    done(pharmacy.validate(khanza, no_resep, at=at("09:20")))
    (step,) = changes(khanza, pharmacy.take_drugs_back(khanza, VISIT))
    assert [one.split()[0] for one in step] == ["-detail_pemberian_obat"]
    assert khanza.value("resep_obat", "jam", no_resep=no_resep) == "9:20:00"


def test_a_repeated_hand_over_moves_the_time(khanza: Hospital) -> None:
    no_resep = prescribed(khanza)
    for now in (at("09:30"), LATER):
        done(pharmacy.hand_over(khanza, no_resep, now=now))
    assert khanza.value("resep_obat", "jam_penyerahan", no_resep=no_resep) == "9:40:00"
    assert khanza.value("antriapotek3", "COUNT(*)", no_resep=no_resep) == "1"


def test_a_bill_is_taken_back(khanza: Hospital) -> None:
    no_rawat = registered(khanza)
    done(cashier.pay(khanza, no_rawat, at=LATER))
    taken_back = changes(khanza, cashier.undo_payment(khanza, no_rawat))
    assert taken_back == [[f"-nota_jalan {no_rawat}"]]


def test_with_the_last_room_deleted_the_visit_is_an_outpatients_and_over(khanza: Hospital) -> None:
    no_rawat = registered(khanza)
    for when in (LATER, at("10:00")):
        done(cashier.admit(khanza, no_rawat, at=when))
    assert changes(khanza, cashier.delete_room(khanza, no_rawat, LATER)) == [
        [f"-kamar_inap {no_rawat} {MONDAY} 9:40:00"]
    ]
    assert changes(khanza, cashier.delete_room(khanza, no_rawat, at("10:00"))) == [
        [f"-kamar_inap {no_rawat} {MONDAY} 10:00:00"],
        ["reg_periksa.status_lanjut Ralan"],
        ["reg_periksa.stts Sudah"],
    ]


def test_what_one_transaction_writes_is_seen_as_a_whole(khanza: Hospital, mariadb: MariaDB) -> None:
    """A transaction that fails leaves nothing behind."""
    no_resep = prescribed(khanza)
    done(pharmacy.validate(khanza, no_resep, at=at("09:20")))
    with pytest.raises(pymysql.err.IntegrityError):
        done(pharmacy.validate(khanza, no_resep, at=at("09:20")))
    with mariadb.admin() as other:
        there = Hospital(other, paramstyle=pymysql.paramstyle)
        assert there.value("detail_pemberian_obat", "COUNT(*)", no_rawat=VISIT) == "1"
