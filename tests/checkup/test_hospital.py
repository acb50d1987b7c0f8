"""Khanza: reached, read, its zone, what cannot be added, and its own sender."""

from __future__ import annotations

from datetime import timedelta

import pytest

from antrean_cli.checkup.hospital import judge_zone
from antrean_cli.khanza.tables import TABLES
from tests.support.checkup import TODAY, account, check, patient, run_sql
from tests.support.mariadb import MariaDB
from tests.support.rows import at
from tests.support.site import (
    Site,
)


@pytest.mark.parametrize(
    "env", [{"KHANZA_SOCKET": "/tidak/ada"}, {"KHANZA_SOCKET": "", "KHANZA_PORT": "1"}]
)
def test_a_khanza_out_of_reach_is_exit_5_and_bpjs_is_looked_at(
    here: Site, env: dict[str, str]
) -> None:
    checked = check(here, **env)
    assert (checked.code, checked.bad) == (5, {"khanza": "fault"})
    (typed,) = checked.one("khanza")["advice"]
    assert typed.startswith("mysqladmin ")
    assert checked.levels["credentials"] == "ok"


def test_what_the_schema_lacks_is_named(here: Site, mariadb: MariaDB) -> None:
    with mariadb.without_column("jadwal", "kuota"):
        checked = check(here, "--offline")
    assert checked.code == 8
    assert "tabel jadwal tidak punya kolom kuota" in checked.one("schema")["text"]
    (typed,) = checked.one("schema")["advice"]
    assert typed.endswith("-p sik -e 'SHOW COLUMNS FROM jadwal'")


def test_what_the_account_may_not_read_is_told_with_the_grant_to_type(
    here: Site, mariadb: MariaDB
) -> None:
    grants = [f"GRANT SELECT ON sik.{table} TO {{u}}" for table in TABLES if table != "jadwal"]
    with account(mariadb, *grants) as login:
        found = check(here, "--offline", **login)
        assert found.code == 8
        assert found.one("schema")["text"] == (
            "akun antrean tidak boleh membaca tabel jadwal; beri akun itu GRANT SELECT"
        )
        typed = found.one("schema")["advice"]
        assert typed == ["GRANT SELECT ON `sik`.`jadwal` TO `coba`@`localhost`;"]
        run_sql(mariadb, *typed)
        assert check(here, "--offline", **login).code == 0


def test_a_table_of_some_installs_that_the_account_would_not_see_is_told(
    here: Site, mariadb: MariaDB
) -> None:
    """A second clinic's SEP would never be read, and nobody would know."""
    grants = [f"GRANT SELECT ON sik.{table} TO {{u}}" for table in TABLES]
    with account(mariadb, *grants) as login:
        found = check(here, "--offline", **login)
        assert (found.code, found.bad) == (0, {"optional": "warning"})
        text, typed = found.one("optional")["text"], found.one("optional")["advice"]
        assert "bridging_sep_internal, referensi_mobilejkn_bpjs_taskid" in text
        run_sql(mariadb, *typed)
        assert check(here, "--offline", **login).bad == {}
    with mariadb.installed("no internal SEPs"):
        assert check(here, "--offline").bad == {}


def test_a_clinic_of_the_settings_that_khanza_has_not_is_told_with_those_like_it(
    here: Site,
) -> None:
    """A pilot of nobody, and `check` said that all is well."""
    found = check(here, "--offline", ANTREAN_ONLY_POLI="INX,mat", ANTREAN_SKIP_POLI="mata,XYZ")
    texts = [row["text"] for row in found.of("clinic")]
    assert found.code == 0
    assert texts == [
        "Pengaturan: poli INX di ANTREAN_ONLY_POLI tidak ada di Khanza; "
        "mirip: INT Poliklinik Penyakit Dalam",
        "Pengaturan: poli XYZ di ANTREAN_SKIP_POLI tidak ada di Khanza",
        "Pengaturan: poli mata di ANTREAN_SKIP_POLI tidak ada di Khanza; "
        "mirip: MAT Poliklinik Mata",
    ]


def test_a_clinic_is_there_by_either_code(here: Site) -> None:
    here.khanza.insert("poliklinik", kd_poli="U01", nm_poli="Poliklinik Uji")
    here.khanza.insert("maping_poli_bpjs", kd_poli_rs="U01", kd_poli_bpjs="UJI", nm_poli_bpjs="U")
    found = check(here, "--offline", ANTREAN_ONLY_POLI="u01,UJI,igdk")
    assert found.of("clinic") == []


@pytest.mark.parametrize(
    ("env", "typed"),
    [
        ({"KHANZA_PASSWORD": "salah"}, "-e 'SHOW GRANTS'"),
        ({"KHANZA_DATABASE": "bukan_sik"}, "-e 'SHOW GRANTS'"),
        ({"KHANZA_SOCKET": "", "KHANZA_HOST": "khanza.invalid"}, "getent hosts khanza.invalid"),
    ],
)
def test_each_trouble_of_khanzas_has_its_own_line_to_type(
    here: Site, env: dict[str, str], typed: str
) -> None:
    (line,) = check(here, "--offline", **env).one("khanza")["advice"]
    assert line.endswith(typed)


@pytest.mark.parametrize(
    ("offset", "typed"),
    [
        ("+07:00", []),
        ("+08:00", ["ANTREAN_TZ=Asia/Makassar"]),
        ("+09:00", ["ANTREAN_TZ=Asia/Jayapura"]),
        ("+00:00", ["SET GLOBAL time_zone = '+07:00';"]),
    ],
)
def test_a_server_in_another_zone_is_told_with_what_to_set(
    here: Site, mariadb: MariaDB, offset: str, typed: list[str]
) -> None:
    run_sql(mariadb, f"SET GLOBAL time_zone = '{offset}'")
    found = check(here, "--offline").one("zone")
    assert found["advice"] == typed
    for line in typed:
        if line.startswith("SET"):
            run_sql(mariadb, line)
            assert check(here, "--offline").bad == {}
        else:
            name, _, value = line.partition("=")
            assert check(here, "--offline", **{name: value}).bad == {}


@pytest.mark.parametrize(
    ("khanza", "level", "text"),
    [
        ("2026-11-23 14:00:59", "ok", "14:00 WIB"),
        ("2026-11-23 14:07:00", "warning", "selisih 7 menit"),
        ("2026-11-23 13:20:00", "warning", "selisih 40 menit"),
        ("2026-11-23 15:04:00", "warning", "ANTREAN_TZ"),
        ("2026-11-25 14:00:00", "warning", "selisih 2 hari"),
        ("", "warning", "tidak terbaca"),
    ],
)
def test_a_server_some_minutes_off_has_a_wrong_clock_and_not_another_zone(
    khanza: str, level: str, text: str
) -> None:
    found = judge_zone(khanza, at("14:00"))
    assert found.level == level
    assert text in " ".join((found.text, *found.advice))


def test_without_a_payer_that_means_bpjs_it_is_told_what_to_set(here: Site) -> None:
    here.khanza.delete("password_asuransi", kd_pj="BPJ")
    checked = check(here, "--offline")
    assert (checked.code, checked.bad) == (8, {"visits": "fault"})
    assert checked.one("visits")["text"] == (
        "penjamin BPJS tidak diketahui: tabel password_asuransi di Khanza kosong; isi ANTREAN_KD_PJ"
    )
    assert checked.one("visits")["advice"] == []
    assert check(here, "--offline", ANTREAN_KD_PJ="BPJ").bad == {}


def test_unmapped_clinics_and_doctors_are_counted_with_what_bpjs_calls_them(here: Site) -> None:
    for _ in range(3):
        patient(here, "MAT", TODAY - timedelta(days=2))
    here.khanza.update("dokter", {"kd_dokter": "D03"}, nm_dokter="dr. Sari, Sp.PD")
    patient(here, kd_dokter="D03")
    clinic, doctor = check(here).of("unadded")
    assert clinic["text"].startswith(
        "3 kunjungan 7 hari terakhir: poli MAT belum dipetakan di maping_poli_bpjs"
    )
    assert clinic["text"].endswith("mirip di BPJS: MAT Mata")
    assert clinic["advice"] == ["antrean ref poli"]
    assert doctor["text"].startswith("1 kunjungan 7 hari terakhir: dokter D03 belum dipetakan")
    assert doctor["text"].endswith("mirip di BPJS: 12346 Dr. Sari")


def test_many_doctors_without_a_mapping_are_one_warning_with_the_first_few(here: Site) -> None:
    """41 of them were a screen of one thing; whoever wants them all asks for JSON."""
    for number in range(41):
        code = f"X{number:02}"
        here.khanza.insert("dokter", kd_dokter=code, nm_dokter=f"dr. Contoh {number}")
        for _ in range(2 if number == 40 else 1):
            patient(here, kd_dokter=code)
    found = check(here).one("unadded")
    assert found["text"].startswith(
        "42 kunjungan 7 hari terakhir: 41 kali dokter … belum dipetakan di "
        "maping_dokter_dpjpvclaim: X40 (dr. Contoh 40), 2 kunjungan; X00 (dr. Contoh 0)"
    )
    assert found["text"].endswith("; … dan 36 lagi")
    assert found["advice"] == ["antrean ref dokter", "antrean check --json"]
    assert len(found["items"]) == 41
    assert {item.split()[0] for item in found["items"]} == {f"X{one:02}" for one in range(41)}
    said = here.run("check").stdout
    assert said.count("belum dipetakan") == 1


def test_five_of_a_kind_are_all_named(here: Site) -> None:
    here.khanza.delete("jadwal", kd_dokter="D01")
    days = [TODAY - timedelta(days=days) for days in range(5)]
    for day in days:
        patient(here, tanggal=day)
    found = check(here, "--offline").one("unadded")
    assert found["text"].startswith(
        "5 kunjungan 7 hari terakhir: 5 kali jadwal dokter … poli … hari … belum diisi di tabel "
        "jadwal: D01 INT "
    )
    assert "lagi" not in found["text"]
    assert (len(found["items"]), found["advice"]) == (5, [])


def test_rows_that_cannot_be_used_are_one_warning(here: Site) -> None:
    for number in range(7):
        nobooking = f"X1-{number:04}"
        here.khanza.booking(None, TODAY, nobooking=nobooking, status="Batal")
        here.khanza.update(
            "referensi_mobilejkn_bpjs", {"nobooking": nobooking}, tanggalperiksa=None
        )
        here.khanza.batal(nobooking, tanggalbatal=f"{TODAY} 07:15:00")
    found = check(here, "--offline").one("rows")
    assert found["text"].startswith("Khanza: 7 baris tidak dapat dipakai: Baris X1-0000 di tabel")
    assert found["text"].endswith("; … dan 2 lagi")
    assert len(found["items"]) == 7


def test_a_missing_schedule_is_counted_by_doctor_and_weekday(here: Site) -> None:
    here.khanza.delete("jadwal", kd_dokter="D01")
    patient(here)
    patient(here)
    found = check(here).one("unadded")
    assert found["text"].startswith("2 kunjungan 7 hari terakhir: jadwal dokter D01 poli INT hari ")


def test_a_row_that_tells_no_day_is_named_by_its_table_and_key(here: Site) -> None:
    here.khanza.booking(None, TODAY, nobooking="X1-0001", status="Batal")
    here.khanza.update("referensi_mobilejkn_bpjs", {"nobooking": "X1-0001"}, tanggalperiksa=None)
    here.khanza.batal("X1-0001", tanggalbatal=f"{TODAY} 07:15:00")
    found = check(here, "--offline").one("rows")
    assert found["text"] == (
        "Khanza: Baris X1-0001 di tabel referensi_mobilejkn_bpjs_batal tidak dapat dipakai: "
        "nobooking bukan tanggal. Betulkan di Khanza."
    )


def test_what_is_not_to_be_added_lacks_nothing(here: Site) -> None:
    patient(here, "MAT", stts="Batal")
    patient(here, "MAT", status_lanjut="Ranap")
    patient(here, "IGDK")
    here.khanza.booking(patient(here, "MAT"), TODAY, kodedokter="34567", kodepoli="MAT")
    patient(here, "MAT", TODAY - timedelta(days=8))
    assert check(here, "--offline").bad == {}
    patient(here, "MAT")
    assert check(here, "--offline", ANTREAN_ADD="onsite").bad == {}
    assert check(here, "--offline", ANTREAN_ONLY_POLI="INT").bad == {}


def test_when_bpjs_does_not_answer_no_names_are_looked_for(here: Site) -> None:
    patient(here, "MAT")
    here.bpjs.down = True
    checked = check(here)
    assert "mirip" not in checked.one("unadded")["text"]
    assert len(here.bpjs.arrived) == 1


def test_khanzas_own_sender_is_named_with_the_time_of_its_last_task(here: Site) -> None:
    yesterday = TODAY - timedelta(days=1)
    before, visit = here.khanza.visit(yesterday), here.khanza.visit(TODAY)
    for taskid in (3, 4):
        here.khanza.insert(
            "referensi_mobilejkn_bpjs_taskid",
            no_rawat=before,
            taskid=taskid,
            waktu=f"{yesterday} 09:00:00",
        )
    assert check(here, "--offline").levels["sender"] == "ok"
    for taskid in (3, 4):
        here.khanza.insert(
            "referensi_mobilejkn_bpjs_taskid",
            no_rawat=visit,
            taskid=taskid,
            waktu=f"{TODAY} 08:0{taskid}:00",
        )
    found = check(here, "--offline").one("sender")
    assert found["level"] == "warning"
    assert "2 task, terakhir pukul 08:04:00" in found["text"]
    assert "KhanzaHMSServiceMobileJKNERM" in found["text"]


def test_an_install_without_the_senders_table_is_no_fault(here: Site, mariadb: MariaDB) -> None:
    run_sql(mariadb, "RENAME TABLE referensi_mobilejkn_bpjs_taskid TO lain")
    try:
        assert check(here, "--offline").bad == {}
    finally:
        run_sql(mariadb, "RENAME TABLE lain TO referensi_mobilejkn_bpjs_taskid")
