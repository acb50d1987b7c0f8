"""BPJS's lists: how they are asked for, and what is made of any answer.

Bodies are typed by hand from what is known of BPJS's own; encrypted ones are made by the openssl
command and a packer of our own.
"""

from __future__ import annotations

import base64
import json
import resource
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from antrean_cli.bpjs.client import Client
from antrean_cli.errors import CredentialsError, RefusedError, TemporaryError
from antrean_cli.operator.lookups import listing
from antrean_cli.rules.answers import Reply
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.listings import Antrean, Dokter, Poli, Praktek, SidikJari, WaktuTunggu
from antrean_cli.simulator import faults, server
from antrean_cli.simulator.server import Simulator
from tests.bpjs.using import ACCESS, BODY, TASKS, client, listtask
from tests.support.canned import Answer, canned, metadata
from tests.support.encrypted import bomb, encrypted, sealed
from tests.support.site import CONS_ID, MONDAY, SECRET_KEY

# Each list: the words that it is asked for with, and the path that the catalogue gives it.
PATHS = {
    "ref_poli": ((), "/ref/poli"),
    "ref_dokter": ((), "/ref/dokter"),
    "jadwaldokter": (("INT", "2026-11-23"), "/jadwaldokter/kodepoli/INT/tanggal/2026-11-23"),
    "per_tanggal": (("2026-11-23",), "/antrean/pendaftaran/tanggal/2026-11-23"),
    "per_kodebooking": (("A1",), "/antrean/pendaftaran/kodebooking/A1"),
    "aktif": ((), "/antrean/pendaftaran/aktif"),
    "belum_dilayani": (
        ("INT", "12345", "1", "08:00-14:00"),
        "/antrean/pendaftaran/kodepoli/INT/kodedokter/12345/hari/1/jampraktek/08%3A00-14%3A00",
    ),
    "ref_poli_fp": ((), "/ref/poli/fp"),
    "ref_pasien_fp": (
        ("nik", "9901010101000001"),
        "/ref/pasien/fp/identitas/nik/noidentitas/9901010101000001",
    ),
    "waktu_tanggal": (
        ("2026-11-23", "rs"),
        "/dashboard/waktutunggu/tanggal/2026-11-23/waktu/rs",
    ),
    "waktu_bulan": (
        ("11", "2026", "server"),
        "/dashboard/waktutunggu/bulan/11/tahun/2026/waktu/server",
    ),
}


# Its success code, a row of it, and what is made of that.
POLI = {"nmpoli": "Anak", "nmsubspesialis": "Anak Alergi", "kdsubspesialis": "008", "kdpoli": "ANA"}


DOKTER = {"namadokter": "dr. Contoh, Sp.A", "kodedokter": 12345}


JADWAL = {
    "kodesubspesialis": "INT",
    "hari": 1,
    "kapasitaspasien": 30,
    "libur": 0,
    "namahari": "SENIN",
    "jadwal": "08:00-14:00",
    "namasubspesialis": "PENYAKIT DALAM",
    "namadokter": "dr. Contoh, Sp.PD",
    "kodepoli": "INT",
    "namapoli": "PENYAKIT DALAM",
    "kodedokter": 12346,
}


PENDAFTARAN = {
    "kodebooking": "2026/11/23/000001",
    "tanggal": "2026-11-23",
    "kodepoli": "INT",
    "kodedokter": 12346,
    "jampraktek": "08:00-14:00",
    "nik": "9901010101000001",
    "nokapst": "0009000000001",
    "nohp": "081200000001",
    "norekammedis": "000001",
    "jeniskunjungan": 1,
    "nomorreferensi": "0301U0011126P000001",
    "sumberdata": "Bridging Antrean",
    "ispeserta": 1,
    "noantrean": "INT-001",
    "estimasidilayani": 1795395900000,
    "createdtime": 1795390000000,
    "status": "Belum dilayani",
}


ANTREAN = Antrean(
    *(
        "2026/11/23/000001",
        "2026-11-23",
        "INT",
        "12346",
        "9901010101000001",
        "0009000000001",
        "000001",
    ),
    *("Belum dilayani", "08:00-14:00", "INT-001", "Bridging Antrean"),
)


# The clinics with finger print have keys of their own.
POLI_FP = {
    "kodesubspesialis": "027",
    "namasubspesialis": "Anak Alergi",
    "kodepoli": "ANA",
    "namapoli": "ANAK",
}


SIDIK_JARI = {
    "nomorkartu": "0009000000001",
    "nik": "9901010101000001",
    "tgllahir": "2000-04-02",
    "daftarfp": 1,
}


# As the catalogue prints one, with figures of its own: the sums of the tasks and their means.
WAKTU = {
    "kdppk": "0301R001",
    "waktu_task1": 0,
    "avg_waktu_task4": 300,
    "jumlah_antrean": 3,
    "avg_waktu_task3": 900.5,
    "namapoli": "PENYAKIT DALAM",
    "avg_waktu_task6": 0,
    "avg_waktu_task5": "0",
    "nmppk": "RS CONTOH",
    "avg_waktu_task2": 0,
    "avg_waktu_task1": 0,
    "kodepoli": "INT",
    "waktu_task5": 0,
    "waktu_task4": 600,
    "waktu_task3": "1801.0",
    "insertdate": 1795400000000,
    "tanggal": "2026-11-23",
    "waktu_task2": None,
    "waktu_task6": 0,
}


TUNGGU = WaktuTunggu(
    *("INT", "PENYAKIT DALAM", "2026-11-23", 3),
    seconds=(0, 0, 1801, 600, 0, 0),
    means=(0, 0, 900.5, 300, 0, 0),
    inserted=1795400000000,
)


ROWS: dict[str, tuple[int, dict[str, Any], object]] = {
    "ref_poli": (1, POLI, Poli("ANA", "Anak", "008", "Anak Alergi")),
    "ref_dokter": (1, DOKTER, Dokter("12345", "dr. Contoh, Sp.A")),
    "jadwaldokter": (
        200,
        JADWAL,
        Praktek("12346", "dr. Contoh, Sp.PD", "08:00-14:00", "30", libur=False),
    ),
    "per_tanggal": (200, PENDAFTARAN, ANTREAN),
    "per_kodebooking": (200, PENDAFTARAN, ANTREAN),
    "aktif": (200, PENDAFTARAN, ANTREAN),
    "belum_dilayani": (200, PENDAFTARAN, ANTREAN),
    "ref_poli_fp": (1, POLI_FP, Poli("ANA", "ANAK", "027", "Anak Alergi")),
    "ref_pasien_fp": (1, SIDIK_JARI, SidikJari(terdaftar=True)),
    "waktu_tanggal": (200, WAKTU, TUNGGU),
    "waktu_bulan": (200, WAKTU, TUNGGU),
}


def listed(code: object, plain: object) -> Answer:
    """Answer with this value as `response`, encrypted for the request that asks."""

    def answer(headers: Mapping[str, str]) -> bytes:
        return envelope(code, encrypted(json.dumps(plain), headers["x-timestamp"]))

    return answer


def envelope(code: object, response: object) -> bytes:
    return json.dumps({"metadata": {"code": code, "message": "Ok"}, "response": response}).encode()


def asked(name: str, answer: Answer | bytes | object, **options: Any) -> Reply | Fault:
    """Ask for a list and get this answer."""
    with canned(answer, **options) as door:
        return client(door.url).ask(name, *PATHS[name][0])


def found(name: str, plain: object) -> Sequence[Any]:
    """Return the rows that are read from this value."""
    reply = asked(name, listed(ROWS[name][0], plain))
    assert isinstance(reply, Reply), reply
    return reply.response


@pytest.mark.parametrize("name", PATHS)
def test_each_list_is_got_from_its_path_without_a_body(name: str) -> None:
    words, path = PATHS[name]
    with canned(metadata(204)) as door:
        client(door.url).ask(name, *words)
    assert door.asked == [f"GET /antreanrs{path}"]
    ((headers, given),) = door.heard
    assert (given, headers.get("content-length", "0")) == (b"", "0")


WRITES = {
    "add": "/antrean/add",
    "updatewaktu": "/antrean/updatewaktu",
    "batal": "/antrean/batal",
    "farmasi": "/antrean/farmasi/add",
    "getlisttask": "/antrean/getlisttask",
    "updatejadwaldokter": "/jadwaldokter/updatejadwaldokter",
}


@pytest.mark.parametrize("name", WRITES)
def test_each_body_is_posted_to_its_path(name: str) -> None:
    with canned(metadata(204)) as door:
        client(door.url).call(name, BODY)
    assert door.asked == [f"POST /antreanrs{WRITES[name]}"]


def test_the_path_of_an_update_is_a_setting() -> None:
    with canned(metadata(204)) as door:
        one = Client(replace(ACCESS, base_url=door.url, update_path="/antrean/update"))
        one.call("updatewaktu", BODY)
        one.call("add", BODY)
    assert door.asked == ["POST /antreanrs/antrean/update", "POST /antreanrs/antrean/add"]


@pytest.mark.parametrize(
    ("kodebooking", "path"),
    [
        ("2026/11/23/000001", "2026%2F11%2F23%2F000001"),
        ("Y03-20#1617068533", "Y03-20%231617068533"),
        ("A 12/b?c=1&d%20", "A%2012%2Fb%3Fc%3D1%26d%2520"),
        ("Ké;+", "K%C3%A9%3B%2B"),
    ],
)
def test_a_kode_booking_in_a_path_is_percent_encoded(kodebooking: str, path: str) -> None:
    """Both `/` and `#` occur: unencoded, one names another path and the other ends the address."""
    with canned(metadata(204)) as door:
        client(door.url).ask("per_kodebooking", kodebooking)
    assert door.asked == [f"GET /antreanrs/antrean/pendaftaran/kodebooking/{path}"]


def test_a_booking_of_any_name_is_found_by_it(simulator: Simulator) -> None:
    for kodebooking in ("2026/11/23/000001", "Y03-20#1617068533", "A 12/b?c=1&d%20"):
        simulator.bookings.mobile_jkn(kodebooking, MONDAY.isoformat())
        reply = client(simulator.url).ask("per_kodebooking", kodebooking)
        assert isinstance(reply, Reply)
        assert [row.kodebooking for row in reply.response] == [kodebooking]


def test_the_stand_in_lets_every_list_in(simulator: Simulator) -> None:
    """Each of them, signed and decrypted from end to end."""
    patient = {"nik": "9901010101000001", "kodepoli": "INT"}
    simulator.bookings.mobile_jkn("A1", "2026-11-23", **patient)  # type: ignore[arg-type]
    for name, (words, _) in PATHS.items():
        reply = client(simulator.url).ask(name, *words)
        assert isinstance(reply, Reply), name
        assert {type(row) for row in reply.response} == {type(ROWS[name][2])}, name


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("form", ["bare", "list", "single"])
def test_rows_come_bare_within_list_or_as_a_single_object(name: str, form: str) -> None:
    _, row, wanted = ROWS[name]
    plain = {"bare": [row, row], "list": {"list": [row, row]}, "single": row}[form]
    assert found(name, plain) == [wanted] * (1 if form == "single" else 2)


@pytest.mark.parametrize("name", ROWS)
def test_a_list_that_is_not_encrypted_is_read_too(name: str) -> None:
    code, row, wanted = ROWS[name]
    reply = asked(name, envelope(code, [row]))
    assert isinstance(reply, Reply)
    assert reply.response == [wanted]


@pytest.mark.parametrize("name", ["ref_poli", "ref_dokter"])
@pytest.mark.parametrize("code", [1, "1", 200, "200"])
def test_a_reference_comes_with_the_catalogues_1_or_the_200_of_all_other_calls(
    name: str, code: object
) -> None:
    """An unread list would look like an empty one."""
    _, row, wanted = ROWS[name]
    with canned(listed(code, [row])) as door:
        assert listing(client(door.url), name) == [wanted]


# What names a row of a list.
KEYS = {
    "ref_poli": "kdpoli",
    "ref_poli_fp": "kodepoli",
    "ref_dokter": "kodedokter",
    "jadwaldokter": "kodedokter",
    **dict.fromkeys(("per_tanggal", "per_kodebooking", "aktif", "belum_dilayani"), "kodebooking"),
}


@pytest.mark.parametrize("name", KEYS)
def test_what_a_row_lacks_is_empty_and_what_else_it_holds_is_left(name: str) -> None:
    """Only its key is needed; BPJS may add fields."""
    key, (_, row, wanted) = KEYS[name], ROWS[name]
    (bare,) = found(name, [{key: row[key], "baru": [1]}])
    assert bare[0] == wanted[0]  # type: ignore[index]
    assert set(bare[1:]) <= {"", False}


@pytest.mark.parametrize(
    ("libur", "closed"), [(1, True), ("1", True), (0, False), ("0", False), (None, False)]
)
def test_a_session_on_a_holiday_says_so(libur: object, closed: bool) -> None:
    (row,) = found("jadwaldokter", [{**JADWAL, "libur": libur}])
    assert row.libur is closed


@pytest.mark.parametrize(
    ("status", "cancelled"), [("Batal", True), ("batal ", True), ("Belum dilayani", False)]
)
def test_a_booking_that_bpjs_holds_as_cancelled_says_so(status: str, cancelled: bool) -> None:
    (row,) = found("per_tanggal", [{**PENDAFTARAN, "status": status}])
    assert row.cancelled is cancelled


@pytest.mark.parametrize("name", ["ref_poli", "ref_dokter", "jadwaldokter", "per_tanggal"])
def test_names_and_words_lose_control_characters_and_do_not_go_on_for_ever(name: str) -> None:
    """They are shown on a terminal and written to tables."""
    _, row, _ = ROWS[name]
    wild = "dr.\x1b[31m\nSiti\u2028\x07" + "x" * 5_000
    (made,) = found(name, [dict.fromkeys(row, wild)])
    for cell in [cell for cell in made if isinstance(cell, str)]:
        assert cell.isprintable()
        assert cell.startswith("dr. [31m Siti")
        assert len(cell) <= 300


def test_a_number_of_a_patient_in_a_name_is_hidden() -> None:
    (row,) = found("ref_dokter", [{"kodedokter": 1, "namadokter": "dr. Contoh 9901010101000001"}])
    assert row.nama == "dr. Contoh …"


@pytest.mark.parametrize(
    ("daftarfp", "terdaftar"), [(1, True), ("1", True), (True, True), (0, False), (None, False)]
)
def test_of_a_patient_it_is_only_read_whether_the_finger_print_is_there(
    daftarfp: object, terdaftar: bool
) -> None:
    (row,) = found("ref_pasien_fp", {**SIDIK_JARI, "daftarfp": daftarfp})
    assert row == (terdaftar,)


def test_the_number_that_a_patient_was_looked_up_by_is_hidden_in_any_answer() -> None:
    """Also a short one, which nothing else would hide."""
    with canned(metadata(201, "Nomor 12AB9 tidak valid")) as door:
        reply = client(door.url).ask("ref_pasien_fp", "noka", "12AB9")
    assert isinstance(reply, Reply)
    assert "12AB9" not in reply.message


def test_a_dashboards_row_without_figures_has_none() -> None:
    (row,) = found("waktu_bulan", [{"kodepoli": "INT"}])
    assert row == WaktuTunggu("INT", "", "", 0, (0,) * 6, (0,) * 6, None)


@pytest.mark.parametrize("value", ["NaN", "1e99", "banyak", "", True, [3], -1e15, {}])
def test_a_figure_that_is_no_number_makes_the_list_unreadable(value: object) -> None:
    for key in ("jumlah_antrean", "waktu_task3", "avg_waktu_task6", "insertdate"):
        reply = asked("waktu_tanggal", envelope(200, [{**WAKTU, key: value}]))
        assert reply == Fault(cause=Cause.UNREADABLE), key


@pytest.mark.parametrize(("code", "message"), [(204, "No Content"), (201, "Data tidak ditemukan")])
def test_a_dashboard_of_nothing_is_an_empty_list(code: int, message: str) -> None:
    for name in ("waktu_tanggal", "waktu_bulan"):
        with canned(metadata(code, message)) as door:
            assert listing(client(door.url), name, *PATHS[name][0]) == []


@pytest.mark.parametrize("name", ["per_tanggal", "per_kodebooking"])
def test_a_day_without_bookings_is_an_empty_list(name: str) -> None:
    """204, with `response` null or none at all."""
    for answer in (envelope(204, None), b'{"metadata": {"code": "204", "message": "No Content"}}'):
        with canned(answer) as door:
            assert listing(client(door.url), name, *PATHS[name][0]) == []


def test_a_clinic_without_sessions_is_an_empty_list() -> None:
    """ "200, empty 201", whatever it says."""
    with canned(metadata(201, "Jadwal dokter tidak ditemukan")) as door:
        assert listing(client(door.url), "jadwaldokter", "INT", "2026-11-23") == []


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("plain", [[], {"list": []}])
def test_an_empty_list_is_empty(name: str, plain: object) -> None:
    assert found(name, plain) == []


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize(
    "plain",
    [
        *("teks", "", 5, 0, True, False, None, [5], ["x"], [None], [[]], [{}], {}),
        *({"pesan": "x"}, {"list": 3}, {"list": None}, {"list": ""}, {"list": {}}),
    ],
)
def test_a_list_in_no_agreed_form_is_a_fault_and_never_an_empty_one(
    name: str, plain: object
) -> None:
    reply = asked(name, listed(ROWS[name][0], plain))
    assert reply == Fault(cause=Cause.UNREADABLE)


@pytest.mark.parametrize("empty", [None, "", "  ", "\x1b"])
def test_a_row_without_its_key_is_a_fault(empty: object) -> None:
    for name in ("ref_poli", "ref_dokter", "jadwaldokter", "per_tanggal"):
        _, row, wanted = ROWS[name]
        key = wanted[0]  # type: ignore[index]
        keyless = {name: empty if str(value) == key else value for name, value in row.items()}
        assert isinstance(asked(name, listed(ROWS[name][0], [row, keyless])), Fault), name


@pytest.mark.parametrize(
    "response", ["", "ini bukan base64!", base64.b64encode(b"abc").decode(), 5, True, None]
)
def test_a_response_that_cannot_be_read_is_a_fault(response: object) -> None:
    reply = asked("ref_poli", envelope(1, response))
    assert isinstance(reply, Fault)
    assert reply.answered


def test_a_list_of_another_moment_is_a_fault() -> None:
    """It is encrypted with the timestamp of its own request."""

    def stale(headers: Mapping[str, str]) -> bytes:
        return listed(1, [POLI])({**headers, "x-timestamp": str(int(headers["x-timestamp"]) - 1)})

    assert isinstance(asked("ref_poli", stale), Fault)


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        (401, "Unauthorized", CredentialsError),
        (201, "Signature tidak sesuai", CredentialsError),
        (201, "Parameter salah", RefusedError),
        (208, "sudah ada", RefusedError),
        (404, "Gagal dicoba kembali (BPJS Kesehatan)", TemporaryError),
        (777, "?", TemporaryError),
    ],
)
def test_an_answer_that_is_no_list_is_never_an_empty_one(
    code: int, message: str, error: type[Exception]
) -> None:
    for name in ("ref_poli", "ref_dokter", "per_tanggal", "per_kodebooking"):
        with canned(metadata(code, message)) as door, pytest.raises(error):
            listing(client(door.url), name, *PATHS[name][0])


@pytest.mark.parametrize(
    "name", ["reset_after", "cut", "empty", "html", "http_500", "redirect", "no_code"]
)
def test_a_list_that_does_not_come_is_a_passing_trouble(simulator: Simulator, name: Any) -> None:
    simulator.faults.add(faults.Fault(name))
    with pytest.raises(TemporaryError):
        listing(client(simulator.url), "ref_poli")


def test_a_bomb_in_an_answer_is_a_fault() -> None:
    def answer(headers: Mapping[str, str]) -> bytes:
        return envelope(1, sealed(bomb(100_000).encode(), headers["x-timestamp"]))

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reply = asked("ref_poli", answer)
    assert isinstance(reply, Fault)
    assert reply.answered
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000, "kilobytes"


def test_an_answer_far_too_long_is_a_fault() -> None:
    assert isinstance(asked("ref_poli", envelope(1, [POLI] * 60_000)), Fault)


def test_a_long_day_of_a_large_hospital_is_read() -> None:
    """Five thousand bookings: the limit is beyond every list that there is."""
    rows = [
        {**PENDAFTARAN, "kodebooking": f"{number:06}", "nik": f"{number:016}"}
        for number in range(5_000)
    ]

    def answer(headers: Mapping[str, str]) -> bytes:
        return envelope(
            200, server.encrypted(f"{CONS_ID}{SECRET_KEY}{headers['x-timestamp']}", rows)
        )

    reply = asked("per_tanggal", answer)
    assert isinstance(reply, Reply)
    assert [row.kodebooking for row in reply.response] == [
        f"{number:06}" for number in range(5_000)
    ]


@pytest.mark.parametrize("plain", [TASKS, {"list": TASKS}, [{**TASKS[0], "taskid": "1"}]])
def test_a_list_of_tasks_comes_bare_or_within_list(plain: object) -> None:
    with canned(listtask(plain)) as server:
        found = client(server.url).call("getlisttask", BODY)
    assert isinstance(found, Reply)
    assert isinstance(found.response, list)
    ((taskid, wakturs, waktu, taskname),) = [
        (row.taskid, row.wakturs, row.waktu, row.taskname) for row in found.response
    ]
    assert (taskid, wakturs, waktu) == (1, "16-03-2021 11:32:49 WIB", "24-03-2021 12:55:23 WIB")
    assert taskname == "mulai waktu tunggu admisi"


@pytest.mark.parametrize("plain", [[], {"list": []}])
def test_an_empty_list_is_a_list(plain: object) -> None:
    with canned(listtask(plain)) as server:
        found = client(server.url).call("getlisttask", BODY)
    assert isinstance(found, Reply)
    assert found.response == []


@pytest.mark.parametrize(
    "plain",
    [
        "teks",
        5,
        True,
        [5],
        ["x"],
        [None],
        [{"taskid": None}],
        [{"taskid": "tiga"}],
        [{"taskid": True}],
        [{"taskid": 3.7}],
        [{}],
        {"pesan": "x"},
    ],
)
def test_a_list_in_no_agreed_form_is_a_fault_and_never_an_empty_list(plain: object) -> None:
    with canned(listtask(plain)) as server:
        found = client(server.url).call("getlisttask", BODY)
    assert found == Fault(cause=Cause.UNREADABLE)


def test_a_list_is_read_with_the_timestamp_of_its_own_request() -> None:
    """One that was encrypted for another moment is a fault."""

    def stale(headers: Mapping[str, str]) -> bytes:
        return listtask(TASKS)({**headers, "x-timestamp": str(int(headers["x-timestamp"]) - 1)})

    with canned(stale) as server:
        assert isinstance(client(server.url).call("getlisttask", BODY), Fault)
