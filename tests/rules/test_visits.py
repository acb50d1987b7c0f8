"""Khanza's rows → visits: kinds, matching, sessions, and which clinics take part."""

from __future__ import annotations

from datetime import date

import pytest

from antrean_cli.rules.codes import Kind
from antrean_cli.rules.rows import Cancel, PoliMapping
from antrean_cli.rules.service_days import BrokenRow, broken_rows
from antrean_cli.rules.visits import (
    FINAL_STTS,
    Visit,
    assemble,
    kodebooking_of,
    kodedokter_named,
    takes_part,
)
from tests.support.rows import (
    MONDAY,
    NO_RAWAT,
    NOBOOKING,
    SUNDAY,
    berkas,
    booking,
    cancel,
    exam,
    mobilejkn,
    on,
    onsite,
    policy,
    registration,
    resep,
    rows,
    sep,
    slot,
    ticket,
)

OTHER = "2026/11/23/000002"


def only(visits: list[Visit]) -> Visit:
    """Return the one visit that there is."""
    assert len(visits) == 1
    return visits[0]


# Sessions


@pytest.mark.parametrize(
    ("tanggal", "hari"),
    [
        ("2026-11-22", "AKHAD"),
        ("2026-11-23", "SENIN"),
        ("2026-11-24", "SELASA"),
        ("2026-11-25", "RABU"),
        ("2026-11-26", "KAMIS"),
        ("2026-11-27", "JUMAT"),
        ("2026-11-28", "SABTU"),
    ],
)
def test_the_weekday_is_that_of_the_visit_and_sunday_is_akhad(tanggal: str, hari: str) -> None:
    week = [
        slot(hari_kerja=name, jam_mulai=f"{hour:02}:00:00", jam_selesai="23:00:00")
        for hour, name in enumerate(
            ("AKHAD", "SENIN", "SELASA", "RABU", "KAMIS", "JUMAT", "SABTU", "MINGGU"), 1
        )
    ]
    visit = only(
        assemble(rows(registrations=[registration(tgl_registrasi=tanggal)], slots=week), policy())
    )
    assert visit.slot is not None
    assert visit.slot.hari_kerja == hari


def test_the_session_is_the_visits_own_doctors() -> None:
    others = slot(kd_dokter="D02")
    assert (
        only(assemble(rows(registrations=[registration()], slots=[others]), policy())).slot is None
    )


# Kinds


@pytest.mark.parametrize(
    ("kd_pj", "with_sep", "setting", "expected"),
    [
        ("BPJ", True, (), "onsite"),
        ("BPJ", False, (), "onsite"),
        ("UMU", False, (), "nonjkn"),
        ("UMU", True, (), "onsite"),  # a visit with a SEP is never NON JKN, whatever its payer
        ("A02", False, (), "nonjkn"),
        ("A02", False, ("A02", "63"), "onsite"),
        ("63", False, ("A02", "63"), "onsite"),
        ("BPJ", False, ("A02",), "nonjkn"),  # the setting stands instead of password_asuransi
    ],
)
def test_kind_of_a_visit_at_the_desk(
    kd_pj: str, with_sep: bool, setting: tuple[str, ...], expected: str
) -> None:
    found = rows(registrations=[registration(kd_pj=kd_pj)], seps=[sep()] if with_sep else [])
    visit = only(assemble(found, policy(kd_pj=frozenset(setting))))
    assert (visit.kind, visit.kodebooking, visit.tanggal) == (expected, NO_RAWAT, MONDAY)


@pytest.mark.parametrize("kd_pj", ["BPJ", "UMU"])
def test_a_visit_with_a_mobile_jkn_booking_is_that_booking_whatever_its_payer(kd_pj: str) -> None:
    found = rows(registrations=[registration(kd_pj=kd_pj)], bookings=[booking()])
    visit = only(assemble(found, policy()))
    assert (visit.kind, visit.kodebooking, visit.no_rawat) == ("mobilejkn", NOBOOKING, NO_RAWAT)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{no_rawat}", "2026/11/23/000001"),
        ("{no_rawat_angka}", "20261123000001"),
        ("{kode_ppk}-{no_rawat_angka}", "0301R001-20261123000001"),
        ("{kd_poli}{no_reg}#{no_rawat_angka}", "INT001#20261123000001"),
    ],
)
def test_kode_booking_of_a_visit_at_the_desk_follows_the_setting(
    template: str, expected: str
) -> None:
    found = rows(registrations=[registration()])
    assert only(assemble(found, policy(kodebooking=template))).kodebooking == expected


def test_the_setting_leaves_a_mobile_jkn_booking_its_own_number() -> None:
    found = rows(registrations=[registration()], bookings=[booking()])
    assert only(assemble(found, policy(kodebooking="X{no_rawat_angka}"))).kodebooking == NOBOOKING


# Matching


def test_two_visits_of_one_patient_on_one_day_keep_their_own_rows() -> None:
    first = registration()
    second = registration(
        no_rawat=OTHER, kd_poli="ANA", kd_dokter="D02", jam_reg="10:00:00", kd_poli_bpjs="ANA"
    )
    found = rows(
        registrations=[first, second],
        bookings=[booking(nobooking="20261123000009", no_rawat=OTHER)],
        exams=[exam(on("08:30")), exam(on("10:30"), no_rawat=OTHER)],
        reseps=[resep(1, dibuat=on("09:00"))],
        seps=[sep()],
        slots=[slot(), slot(kd_dokter="D02", kd_poli="ANA")],
    )
    visits = {visit.no_rawat: visit for visit in assemble(found, policy())}
    one, two = visits[NO_RAWAT], visits[OTHER]
    assert (one.kind, one.kodebooking) == ("onsite", NO_RAWAT)
    assert (two.kind, two.kodebooking) == ("mobilejkn", "20261123000009")
    assert [row.waktu for row in one.exams] == ["2026-11-23 08:30:00"]
    assert [row.waktu for row in two.exams] == ["2026-11-23 10:30:00"]
    assert (len(one.reseps), len(two.reseps)) == (1, 0)
    assert one.sep is not None
    assert two.sep is None


def test_a_booking_that_names_nobody_has_the_one_visit_of_its_patient_day_and_clinic() -> None:
    found = rows(registrations=[registration()], bookings=[booking(no_rawat=OTHER)])
    visit = only(assemble(found, policy()))
    assert (visit.kodebooking, visit.no_rawat) == (NOBOOKING, NO_RAWAT)


def test_a_booking_that_names_a_strangers_visit_leaves_it_to_the_stranger() -> None:
    stranger = registration(norm="000009", nik=None, nomorkartu=None)
    found = rows(registrations=[stranger], bookings=[booking()])
    visits = {visit.kodebooking: visit for visit in assemble(found, policy())}
    assert visits[NO_RAWAT].kind == "onsite"
    lost = visits[NOBOOKING]
    assert (lost.registration, lost.no_rawat, lost.unclear) == (None, None, True)


@pytest.mark.parametrize("named_by", ["booking", "cancel"])
def test_a_cancelled_booking_does_not_go_by_the_number_of_another_visit(named_by: str) -> None:
    """It was handed out again: whoever asks for the number means its visit."""
    stranger = registration(norm="000009", nik=None, nomorkartu=None)
    cancelled = [booking(status="Batal")] if named_by == "booking" else []
    found = rows(registrations=[stranger], bookings=cancelled, cancels=[cancel()])
    visits = {visit.kodebooking: visit for visit in assemble(found, policy())}
    assert (visits[NOBOOKING].no_rawat, visits[NOBOOKING].cancel) == (None, cancel())
    assert visits[NO_RAWAT].registration == stranger


@pytest.mark.parametrize(
    ("visit", "unclear"),
    [
        (mobilejkn(), False),
        (mobilejkn(registration=None), True),
        (mobilejkn(registration=None, book={"status": "Checkin"}), True),
        (mobilejkn(registration=None, book={"status": "Batal"}), False),
        (mobilejkn(registration=None, book={"status": "Gagal"}), False),
        (mobilejkn(registration=None, cancel=cancel()), False),
        (onsite(), False),
    ],
)
def test_a_booking_that_goes_on_without_a_visit_is_unclear(visit: Visit, unclear: bool) -> None:
    assert visit.unclear is unclear


@pytest.mark.parametrize(
    ("status", "cancels"),
    [("Batal", []), ("Batal", [cancel()]), ("Gagal", []), ("Belum", [cancel()])],
)
@pytest.mark.parametrize(("kd_pj", "kind"), [("BPJ", "onsite"), ("UMU", "nonjkn")])
def test_the_registration_that_a_booking_has_no_more_is_a_visit_of_its_own(
    status: str, cancels: list[Cancel], kd_pj: str, kind: str
) -> None:
    found = rows(
        registrations=[registration(kd_pj=kd_pj)],
        bookings=[booking(status=status)],
        cancels=cancels,
    )
    visits = {visit.kodebooking: visit for visit in assemble(found, policy())}
    assert (visits[NO_RAWAT].kind, visits[NO_RAWAT].booking) == (kind, None)
    assert visits[NOBOOKING].registration is None


@pytest.mark.parametrize("no_rawat", [None, "", OTHER])
def test_a_booking_without_a_visit_stays_visible(no_rawat: str | None) -> None:
    visit = only(assemble(rows(bookings=[booking(no_rawat=no_rawat)]), policy()))
    assert (visit.kind, visit.kodebooking, visit.tanggal) == ("mobilejkn", NOBOOKING, MONDAY)
    assert visit.registration is None
    assert visit.stts is None


def test_a_cancel_that_deleted_the_visit_is_found_by_its_booking() -> None:
    found = rows(bookings=[booking(status="Batal")], cancels=[cancel()])
    visit = only(assemble(found, policy()))
    assert visit.registration is None
    assert visit.cancel == cancel()
    assert visit.no_rawat == NO_RAWAT


def test_a_cancel_whose_booking_is_gone_too_is_still_seen() -> None:
    """The day is then the one in nobooking."""
    visit = only(assemble(rows(cancels=[cancel(tanggalperiksa=None, no_rawat=None)]), policy()))
    assert (visit.kind, visit.kodebooking, visit.tanggal, visit.no_rawat) == (
        "mobilejkn",
        NOBOOKING,
        MONDAY,
        None,
    )


def test_a_cancel_without_its_booking_is_of_the_day_that_it_names() -> None:
    """The number tells the day on which it was drawn, no more."""
    visit = only(assemble(rows(cancels=[cancel(tanggalperiksa="2026-11-24")]), policy()))
    assert visit.tanggal == date(2026, 11, 24)


def test_a_cancelled_booking_does_not_take_the_visit_from_the_one_made_after_it() -> None:
    again = booking(nobooking="20261123000002")
    found = rows(
        registrations=[registration()],
        bookings=[booking(status="Batal"), again],
        cancels=[cancel()],
    )
    visits = {visit.kodebooking: visit for visit in assemble(found, policy())}
    assert set(visits) == {NOBOOKING, "20261123000002"}
    assert visits["20261123000002"].registration == registration()
    assert visits[NOBOOKING].registration is None
    assert visits[NOBOOKING].cancel == cancel()


def test_every_booking_of_one_visit_is_told_once() -> None:
    """no_rawat is not unique in older installs; the visit itself must not be told twice."""
    found = rows(
        registrations=[registration()], bookings=[booking(), booking(nobooking="20261123000002")]
    )
    visits = assemble(found, policy())
    assert sorted(visit.kodebooking for visit in visits) == [NOBOOKING, "20261123000002"]
    assert sum(visit.registration is not None for visit in visits) == 1


def test_of_two_bookings_that_name_one_visit_the_newer_has_it() -> None:
    newer = booking(nobooking="20261123000002")
    for bookings in ([booking(), newer], [newer, booking()]):
        visits = assemble(rows(registrations=[registration()], bookings=bookings), policy())
        assert [visit.kodebooking for visit in visits if visit.registration] == [newer.nobooking]


NO_DAYS = [None, "", "0000-00-00", "1926-11-23", "2026-02-30", "20261123", "besok"]


@pytest.mark.parametrize("tanggal", NO_DAYS)
def test_a_booking_without_a_day_is_of_the_one_in_its_number(tanggal: str | None) -> None:
    found = rows(registrations=[registration()], bookings=[booking(tanggalperiksa=tanggal)])
    visit = only(assemble(found, policy()))
    assert (visit.kind, visit.kodebooking, visit.tanggal) == ("mobilejkn", NOBOOKING, MONDAY)
    assert list(broken_rows(found)) == []


@pytest.mark.parametrize("tanggal", NO_DAYS)
def test_a_booking_whose_number_tells_no_day_is_of_its_registrations(tanggal: str | None) -> None:
    odd = booking(nobooking="20261323000001", tanggalperiksa=tanggal)
    found = rows(registrations=[registration()], bookings=[odd])
    visit = only(assemble(found, policy()))
    assert (visit.kind, visit.kodebooking, visit.tanggal) == ("mobilejkn", odd.nobooking, MONDAY)
    assert list(broken_rows(found)) == []


@pytest.mark.parametrize("tanggal", NO_DAYS)
@pytest.mark.parametrize("no_rawat", [None, "", OTHER])
def test_a_booking_that_nothing_tells_the_day_of_is_told_and_costs_nobody_anything(
    no_rawat: str | None, tanggal: str | None
) -> None:
    odd = booking(nobooking="20261323000001", no_rawat=no_rawat, tanggalperiksa=tanggal)
    elsewhere = booking(no_rawat=None, kodepoli="ANA")
    found = rows(registrations=[registration()], bookings=[odd, elsewhere])
    assert {visit.kodebooking for visit in assemble(found, policy())} == {NO_RAWAT, NOBOOKING}
    assert list(broken_rows(found)) == [
        BrokenRow("referensi_mobilejkn_bpjs", "20261323000001", "tanggalperiksa")
    ]


@pytest.mark.parametrize("tanggal", [day for day in NO_DAYS if day is not None])
def test_a_registration_without_a_day_is_of_the_one_in_its_number(tanggal: str) -> None:
    found = rows(registrations=[registration(tgl_registrasi=tanggal)])
    assert only(assemble(found, policy())).tanggal == MONDAY
    assert list(broken_rows(found)) == []


def test_a_registration_that_tells_no_day_at_all_is_told() -> None:
    odd = registration(no_rawat="2026/13/23/000001", tgl_registrasi="")
    found = rows(registrations=[odd, registration()])
    assert only(assemble(found, policy())).no_rawat == NO_RAWAT
    assert list(broken_rows(found)) == [
        BrokenRow("reg_periksa", "2026/13/23/000001", "tgl_registrasi")
    ]


def test_a_cancel_that_tells_no_day_is_told_unless_its_booking_does() -> None:
    odd = cancel(nobooking="X1", tanggalperiksa=None, no_rawat=None)
    assert assemble(rows(cancels=[odd]), policy()) == []
    assert list(broken_rows(rows(cancels=[odd]))) == [
        BrokenRow("referensi_mobilejkn_bpjs_batal", "X1", "nobooking")
    ]
    known = rows(cancels=[odd], bookings=[booking(nobooking="X1")])
    assert list(broken_rows(known)) == []


# Codes


def test_rows_belong_together_as_khanzas_database_compares_their_codes() -> None:
    """Without case, and without trailing blanks."""
    found = rows(
        registrations=[registration(kd_pj="bpj", kd_dokter="d01", kd_poli="int", stts="Belum")],
        bookings=[],
        berkas=[berkas()._replace(no_rawat=f"{NO_RAWAT} ")],
        exams=[exam(on("08:30"), no_rawat=f"{NO_RAWAT} ")],
        reseps=[resep(dibuat=on("09:00"))._replace(no_rawat=f"{NO_RAWAT} ")],
        seps=[sep(no_rawat=f"{NO_RAWAT} ")],
        slots=[slot(kd_dokter="D01 ", kd_poli="INT  ")],
        payers=frozenset({"BPJ "}),
    )
    visit = only(assemble(found, policy()))
    assert (visit.kind, visit.slot) == ("onsite", found.slots[0])
    assert (visit.berkas, visit.sep) == (found.berkas[0], found.seps[0])
    assert (len(visit.exams), len(visit.reseps)) == (1, 1)


@pytest.mark.parametrize(
    ("kd_pj", "payer"), [("bpj", "BPJ"), ("BPJ", "bpj"), ("BPJ ", "BPJ"), ("BPJ", "Bpj  ")]
)
@pytest.mark.parametrize("by_setting", [True, False])
def test_a_payer_is_bpjs_however_it_is_written(kd_pj: str, payer: str, by_setting: bool) -> None:
    payers = frozenset({payer})
    chosen = policy(kd_pj=payers) if by_setting else policy()
    found = rows(registrations=[registration(kd_pj=kd_pj)], payers=payers)
    assert only(assemble(found, chosen)).kind == "onsite"


def test_a_booking_has_its_visit_and_its_cancel_however_their_numbers_are_written() -> None:
    booked = booking(no_rawat=f"{NO_RAWAT} ")
    found = rows(registrations=[registration()], bookings=[booked])
    assert only(assemble(found, policy())).registration == registration()
    row = cancel(nobooking=f"{NOBOOKING} ")
    visits = assemble(found._replace(cancels=[row]), policy())
    assert [(visit.kodebooking, visit.cancel) for visit in visits] == [
        (NOBOOKING, row),
        (NO_RAWAT, None),
    ]


def test_the_clinic_of_a_visit_that_was_deleted_is_found_however_it_is_written() -> None:
    found = rows(
        bookings=[booking(no_rawat=None, kodepoli="ipd ")],
        maping_poli=[PoliMapping(kd_poli_rs="INT", kd_poli_bpjs="IPD")],
    )
    assert only(assemble(found, policy())).kd_poli_rs == {"INT"}


def test_the_newest_sep_of_a_visit_counts() -> None:
    newer = sep(no_sep="0301R0011126V000002", no_rujukan="baru")
    assert (
        only(assemble(rows(registrations=[registration()], seps=[sep(), newer]), policy())).sep
        == newer
    )


# Clinics that take part


@pytest.mark.parametrize(
    ("skip", "only_these", "expected"),
    [
        ((), (), True),
        (("INT",), (), False),
        (("IPD",), (), False),  # BPJS's code does as well
        (("ANA",), (), True),
        ((), ("INT",), True),
        ((), ("IPD",), True),
        ((), ("ANA",), False),
        (("INT",), ("INT",), False),
        (("int ",), (), False),
        ((), ("ipd",), True),
    ],
)
def test_clinics_are_left_out_by_khanzas_code_or_bpjss(
    skip: tuple[str, ...], only_these: tuple[str, ...], expected: bool
) -> None:
    chosen = policy(skip_poli=frozenset(skip), only_poli=frozenset(only_these))
    assert takes_part(onsite(reg={"kd_poli_bpjs": "IPD"}), chosen) is expected


@pytest.mark.parametrize("kd_poli", ["IGDK", "IGD", "HDL"])
def test_emergency_and_dialysis_are_left_out_by_default(kd_poli: str) -> None:
    assert not takes_part(onsite(reg={"kd_poli": kd_poli, "kd_poli_bpjs": None}), policy())


def test_a_booking_without_its_visit_is_judged_by_the_clinic_it_was_made_for() -> None:
    gone = mobilejkn(registration=None)
    assert takes_part(gone, policy(only_poli=frozenset({"INT"})))
    assert not takes_part(gone, policy(only_poli=frozenset({"ANA"})))
    alone = Visit(
        kodebooking=NOBOOKING, kind=Kind.MOBILEJKN, tanggal=SUNDAY, cancel=cancel(kodepoli="HDL")
    )
    assert not takes_part(alone, policy())


@pytest.mark.parametrize(
    ("stts", "final"),
    [
        ("Belum", False),
        ("Berkas Diterima", False),
        ("Batal", False),
        ("Sudah", True),
        ("Dirujuk", True),
        ("Dirawat", True),
        ("Meninggal", True),
        ("Pulang Paksa", True),
    ],
)
def test_final_states(stts: str, final: bool) -> None:
    assert onsite(reg={"stts": stts}).final is final
    assert len(FINAL_STTS) == 5


# What a visit says of itself


@pytest.mark.parametrize(
    ("visit", "no_rawat"),
    [
        (onsite(), NO_RAWAT),
        (mobilejkn(), NO_RAWAT),
        (mobilejkn(booking=booking(no_rawat=OTHER)), NO_RAWAT),
        (mobilejkn(registration=None), NO_RAWAT),
        (mobilejkn(registration=None, cancel=cancel(no_rawat=OTHER)), OTHER),
        (mobilejkn(registration=None, cancel=cancel(no_rawat="")), NO_RAWAT),
        (mobilejkn(registration=None, booking=None, cancel=cancel(no_rawat="")), None),
        (mobilejkn(registration=None, booking=booking(no_rawat=None)), None),
        (mobilejkn(registration=None, names_another=True), None),
    ],
)
def test_the_number_of_a_visit(visit: Visit, no_rawat: str | None) -> None:
    assert visit.no_rawat == no_rawat


def test_the_name_to_hide_is_the_patients() -> None:
    assert onsite().patient_name == "PASIEN CONTOH"
    assert onsite(reg={"nama": None}).patient_name == ""
    assert mobilejkn(registration=None).patient_name == ""


@pytest.mark.parametrize(
    ("visit", "live"),
    [
        (onsite(), True),
        (onsite(reg={"stts": "Sudah"}), True),
        (onsite(reg={"stts": "Batal"}), False),
        (mobilejkn(cancel=cancel()), False),
        (mobilejkn(registration=None), False),
    ],
)
def test_which_visit_goes_on(visit: Visit, live: bool) -> None:
    assert visit.live is live


def test_a_booking_that_is_cancelled_alone_and_the_visit_that_it_left_know_each_other() -> None:
    found = rows(
        registrations=[registration(), registration(no_rawat=OTHER)],
        bookings=[booking(status="Batal"), booking(nobooking="20261123000002", no_rawat=None)],
    )
    visits = {visit.kodebooking: visit for visit in assemble(found, policy())}
    assert visits[NOBOOKING].cancelled_alone
    assert visits[NO_RAWAT].left_by == NOBOOKING
    other = visits["20261123000002"]
    assert (other.cancelled_alone, other.left_by) == (False, "")
    lost = rows(
        registrations=[registration(), registration(no_rawat=OTHER, norm="000002")],
        bookings=[booking(status="Batal")],
    )
    alone = {visit.kodebooking: visit for visit in assemble(lost, policy())}
    assert alone[OTHER].left_by == ""


def test_a_booking_or_cancel_whose_number_is_another_visits_by_now() -> None:
    stranger = registration(norm="000009", nik="3200000000000009", nomorkartu="0009000000009")
    for found in (
        rows(registrations=[stranger], bookings=[booking(norm="000001")]),
        rows(registrations=[stranger], cancels=[cancel()]),
        rows(
            registrations=[stranger],
            bookings=[booking(no_rawat=OTHER)],
            cancels=[cancel(no_rawat=NO_RAWAT)],
        ),
    ):
        visits = {visit.kodebooking: visit for visit in assemble(found, policy())}
        assert visits[NOBOOKING].names_another
        assert not visits[NO_RAWAT].names_another
    gone = only(assemble(rows(bookings=[booking(no_rawat=OTHER)]), policy()))
    assert not gone.names_another


def test_of_a_visit_that_was_deleted_the_clinic_is_khanzas_too() -> None:
    clinics = [
        PoliMapping("U01", "INT", "PENYAKIT DALAM"),
        PoliMapping("U02", "int", "PENYAKIT DALAM"),
        PoliMapping("U03", "BED", "BEDAH"),
        PoliMapping("U04", "", ""),  # begun, and never filled in
    ]
    for found in (
        rows(bookings=[booking()], maping_poli=clinics),
        rows(bookings=[booking(kodepoli=None)], cancels=[cancel()], maping_poli=clinics),
        rows(cancels=[cancel()], maping_poli=clinics),
    ):
        assert only(assemble(found, policy())).kd_poli_rs == {"U01", "U02"}
    for kodepoli in ("-", "", None):
        unknown = rows(bookings=[booking(kodepoli=kodepoli)], maping_poli=clinics)
        visit = only(assemble(unknown, policy()))
        assert (visit.kd_poli_rs, visit.named_clinic) == (frozenset(), None)


def test_the_rows_of_a_visit_are_its_own() -> None:
    found = rows(
        registrations=[registration()],
        tickets=[ticket(on("07:50"), on("07:55")), ticket(on("07:50"), no_rawat=OTHER)],
        exams=[exam(on("08:20")), exam(on("08:30"), no_rawat=OTHER)],
        berkas=[berkas(on("08:00"))],
        reseps=[resep(1)],
    )
    visit = only(assemble(found, policy()))
    assert [len(part) for part in (visit.tickets, visit.exams, visit.reseps)] == [1, 1, 1]
    assert visit.berkas == berkas(on("08:00"))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{no_rawat}", NO_RAWAT),
        ("{no_rawat_angka}", "20261123000001"),
        ("{kode_ppk}-{kd_poli}-{no_reg}", "0301R001-INT-001"),
    ],
)
def test_the_setting_spells_the_kode_booking(template: str, expected: str) -> None:
    row = registration(kd_poli=" INT ", no_reg=" 001 ")
    assert kodebooking_of(row, template, "0301R001") == expected


@pytest.mark.parametrize(
    ("of_booking", "of_sep", "kodedokter"),
    [
        ("12345", "54321", "12345"),
        (None, "54321", "54321"),
        ("x", "54321", "54321"),
        ("0", "54321", "54321"),
        ("1", "54321", "1"),
        ("-5", "54321", "54321"),
        (" 00012 ", None, "12"),
        (None, None, ""),
    ],
)
def test_whom_a_booking_or_a_sep_names(
    of_booking: str | None, of_sep: str | None, kodedokter: str
) -> None:
    named = booking(kodedokter=of_booking), sep(kodedokter=of_sep)
    assert kodedokter_named(*named) == kodedokter
    assert kodedokter_named(None, named[1]) == kodedokter_named(booking(kodedokter=""), named[1])
    assert kodedokter_named(None, None) == ""
