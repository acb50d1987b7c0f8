"""The stand-in BPJS, asked by a small client of its own; every expected answer is typed from the
catalogue.

The client here signs and decrypts by itself, so that it shares no mistake with the simulator or
with antrean.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

import lzstring
import pytest
from Crypto.Cipher import AES
from Crypto.Util.Padding import unpad

from antrean_cli.simulator.faults import Fault
from antrean_cli.simulator.server import Simulator, signature
from tests.support.catalogue import EXAMPLE_ADD
from tests.support.certificates import self_signed

CONS_ID, SECRET, USER_KEY = "1234", "rahasia", "kunci"
WIB = timezone(timedelta(hours=7))
SEED_ADD: dict[str, object] = EXAMPLE_ADD
DAY = "2021-03-16"
KB = "2021/03/16/000001"


class Clock:
    """The hand that tests turn: 16 March 2021, noon in WIB, until told otherwise."""

    def __init__(self) -> None:
        self.at = datetime(2021, 3, 16, 12, 0, 0, tzinfo=WIB)

    def __call__(self) -> datetime:
        return self.at


def ms(text: str) -> int:
    """Epoch milliseconds of a time in WIB; a bare time is on the day of service."""
    full = text if len(text) > 8 else f"{DAY} {text}"
    return int(datetime.strptime(full, "%Y-%m-%d %H:%M:%S").replace(tzinfo=WIB).timestamp()) * 1000


class Client:
    """An independent client: signs with hmac, decrypts with AES and lzstring, on one connection."""

    made: ClassVar[list[Client]] = []

    def __init__(
        self, simulator: Simulator, timeout: float = 5, tls: ssl.SSLContext | None = None
    ) -> None:
        self.made.append(self)
        self.simulator, self.base = simulator, urlsplit(simulator.url).path
        self.wire = (
            http.client.HTTPSConnection(
                simulator.host, simulator.port, timeout=timeout, context=tls
            )
            if tls
            else http.client.HTTPConnection(simulator.host, simulator.port, timeout=timeout)
        )

    def headers(self, **changed: str) -> dict[str, str]:
        timestamp = changed.get("timestamp", str(int(self.simulator.now().timestamp())))
        digest = hmac.new(
            SECRET.encode(), f"{CONS_ID}&{timestamp}".encode(), hashlib.sha256
        ).digest()
        return {
            "x-cons-id": changed.get("cons_id", CONS_ID),
            "x-timestamp": timestamp,
            "x-signature": changed.get("signature", base64.b64encode(digest).decode()),
            "user_key": changed.get("user_key", USER_KEY),
            "Content-Type": "application/json",
        }

    def raw(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        data = (
            body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        )
        self.wire.request(method, path, data, headers or {})
        return self.wire.getresponse()

    def call(self, path: str, body: object = None, **changed: str) -> dict[str, Any]:
        method = "GET" if body is None else "POST"
        envelope: dict[str, Any] = json.loads(
            self.raw(method, self.base + path, body, self.headers(**changed)).read()
        )
        return envelope

    def meta(self, path: str, body: object = None, **changed: str) -> tuple[object, object]:
        metadata = self.call(path, body, **changed)["metadata"]
        return metadata["code"], metadata["message"]

    def opened(self, path: str, body: object = None) -> Any:
        timestamp = str(int(self.simulator.now().timestamp()))
        cipher = base64.b64decode(self.call(path, body, timestamp=timestamp)["response"])
        key = hashlib.sha256((CONS_ID + SECRET + timestamp).encode()).digest()
        text = unpad(AES.new(key, AES.MODE_CBC, key[:16]).decrypt(cipher), 16).decode()
        units = lzstring.LZString().decompressFromEncodedURIComponent(text)
        return json.loads(units.encode("utf-16", "surrogatepass").decode("utf-16"))

    def add(self, **changed: object) -> tuple[object, object]:
        return self.meta(
            "/antrean/add", SEED_ADD | {"kodebooking": KB, "tanggalperiksa": DAY} | changed
        )

    def task(self, taskid: object, waktu: object, kodebooking: str = KB) -> tuple[object, object]:
        body = {"kodebooking": kodebooking, "taskid": taskid, "waktu": waktu}
        return self.meta("/antrean/updatewaktu", body)

    def control(self, method: str, name: str, body: object = None) -> tuple[int, Any]:
        response = self.raw(method, f"/_simulator/{name}", body)
        return response.status, json.loads(response.read())


def make(**options: Any) -> Simulator:
    given: dict[str, Any] = {
        "cons_id": CONS_ID,
        "secret_key": SECRET,
        "user_key": USER_KEY,
        "now": Clock(),
    }
    return Simulator(**(given | options))


@pytest.fixture(autouse=True)
def _close_clients() -> Iterator[None]:
    yield
    while Client.made:
        Client.made.pop().wire.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    with make(now=clock) as running:
        yield running


@pytest.fixture
def bpjs(simulator: Simulator) -> Client:
    return Client(simulator)


# Who is let in.


def test_signature_gives_the_known_answer_of_bpjs() -> None:
    golden = "20BKS3PWnD3XU4JbSSZvVlGi2WWnDa8Sv9uHJ+wsELA="
    assert signature("bbb", "aaa") == golden
    assert base64.b64encode(hmac.new(b"bbb", b"aaa", hashlib.sha256).digest()).decode() == golden


@pytest.mark.parametrize(
    ("changed", "code", "word"),
    [
        ({"cons_id": "9999"}, 401, "Consumer ID"),
        ({"signature": "c2FsYWg="}, 401, "Signature"),
        ({"signature": "\xe9"}, 401, "Signature"),
        ({"user_key": SECRET}, 403, "Unauthorized"),
        ({"timestamp": "kemarin"}, 401, "Unauthorized"),
        ({"timestamp": "1615870499"}, 401, "Unauthorized"),  # 301 seconds before noon
        ({"timestamp": "1615871101"}, 401, "Unauthorized"),  # 301 seconds after
    ],
)
def test_who_does_not_prove_himself_is_refused_in_the_envelope_and_not_recorded(
    simulator: Simulator, bpjs: Client, changed: dict[str, str], code: int, word: str
) -> None:
    got, message = bpjs.meta("/antrean/add", SEED_ADD, **changed)
    assert got == code
    assert word in str(message)
    assert simulator.received == []
    assert simulator.bookings.snapshot() == []


def test_clock_may_be_off_by_the_tolerance(bpjs: Client) -> None:
    assert bpjs.meta("/ref/poli", timestamp="1615870500") == (1, "Ok")
    assert bpjs.meta("/ref/poli", timestamp="1615871100") == (1, "Ok")


def test_missing_headers_are_refused_like_wrong_ones(bpjs: Client) -> None:
    response = bpjs.raw("POST", "/antreanrs/antrean/add", SEED_ADD)
    assert response.status == 200
    assert json.loads(response.read())["metadata"]["code"] == 401


@pytest.mark.parametrize("path", ["/antrean/hapus", "/antrean/update", "/antrean/add/", "/antrean"])
def test_an_unknown_address_gets_the_gateways_404_whoever_asks(bpjs: Client, path: str) -> None:
    for headers in (bpjs.headers(), {}):
        response = bpjs.raw("POST", "/antreanrs" + path, {}, headers)
        assert (response.status, response.read()) == (404, b"No Mapping Rule matched")


def test_base_path_and_update_path_can_be_a_gateways_own() -> None:
    with make(base_path="/gw/antrean_dev", update_path="/antrean/update") as simulator:
        client = Client(simulator)
        assert client.meta("/antrean/add", SEED_ADD) == (200, "Ok")
        body = {"kodebooking": "x", "taskid": "3", "waktu": ms("08:00:00")}
        assert client.meta("/antrean/update", body) == (201, "Kode Booking tidak ditemukan")
        other = client.raw("POST", client.base + "/antrean/updatewaktu", body, client.headers())
        assert other.status == 404


# Tambah antrean.


def test_the_catalogues_own_example_is_accepted_as_it_stands(bpjs: Client) -> None:
    assert bpjs.call("/antrean/add", SEED_ADD) == {
        "metadata": {"code": 200, "message": "Ok"},
        "response": None,
    }


def test_a_kode_booking_is_taken_once_even_after_a_cancel(bpjs: Client) -> None:
    bpjs.add()
    assert bpjs.add() == (208, "Terdapat duplikasi Kode Booking")
    bpjs.meta("/antrean/batal", {"kodebooking": KB, "keterangan": "Pasien pindah"})
    assert bpjs.add() == (208, "Terdapat duplikasi Kode Booking")


@pytest.mark.parametrize("name", list(SEED_ADD))
def test_each_of_the_23_fields_is_needed_and_has_its_type(bpjs: Client, name: str) -> None:
    text = f"data {name}  belum sesuai."
    without = {key: value for key, value in SEED_ADD.items() if key != name}
    other_type = {name: 1 if isinstance(SEED_ADD[name], str) else str(SEED_ADD[name])}
    assert bpjs.meta("/antrean/add", without) == (201, text)
    assert bpjs.meta("/antrean/add", SEED_ADD | other_type) == (201, text)
    assert bpjs.meta("/antrean/add", SEED_ADD | {name: None}) == (201, text)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"nik": "321234567898765"}, "data nik  belum sesuai."),
        ({"nik": "32123456789876540"}, "data nik  belum sesuai."),
        ({"nik": "-"}, "data nik  belum sesuai."),
        ({"nohp": "0856-3522"}, "data nohp  belum sesuai."),
        ({"nohp": ""}, "data nohp  belum sesuai."),
        ({"nomorkartu": ""}, "data nomorkartu  belum sesuai."),
        ({"nomorkartu": "0001"}, "data nomorkartu  belum sesuai."),
        ({"nomorreferensi": ""}, "data nomorreferensi  belum sesuai."),
        ({"nomorreferensi": "-"}, "data nomorreferensi  belum sesuai."),
        ({"jenispasien": "NON JKN"}, "data nomorkartu  belum sesuai."),
        ({"jenispasien": "NON JKN", "nomorkartu": ""}, "data nomorreferensi  belum sesuai."),
        ({"jenispasien": "UMUM"}, "data jenispasien  belum sesuai."),
        ({"tanggalperiksa": "28-01-2021"}, "data tanggalperiksa  belum sesuai."),
        ({"tanggalperiksa": "2021-02-30"}, "data tanggalperiksa  belum sesuai."),
        ({"jampraktek": "08:00 - 16:00"}, "data jampraktek  belum sesuai."),
        ({"jeniskunjungan": 5}, "data jeniskunjungan  belum sesuai."),
        ({"pasienbaru": True}, "data pasienbaru  belum sesuai."),
        ({"estimasidilayani": 1615869169}, "data estimasidilayani  belum sesuai."),
        ({"sisakuotajkn": -1}, "data sisakuotajkn  belum sesuai."),
    ],
)
def test_a_field_in_the_wrong_form_is_named(
    bpjs: Client, changed: dict[str, object], text: str
) -> None:
    assert bpjs.meta("/antrean/add", SEED_ADD | changed) == (201, text)


def test_doctor_sep_and_referral_are_refused_until_forgiven(
    simulator: Simulator, bpjs: Client
) -> None:
    simulator.bookings.refuse("dokter_tidak_ada", kodedokter=12345)
    assert bpjs.add() == (201, "Data dokter tidak ditemukan.")
    simulator.bookings.forgive("dokter_tidak_ada")
    simulator.bookings.refuse("sep", norm="123345")
    assert "sudah terbit SEP" in str(bpjs.add()[1])
    simulator.bookings.forgive("sep")
    simulator.bookings.refuse("sep", kodebooking=KB)
    assert "sudah terbit SEP" in str(bpjs.add()[1])
    simulator.bookings.forgive("sep")
    simulator.bookings.refuse("kartu_tidak_terdaftar", nomorkartu="00012345678")
    assert bpjs.add() == (201, "Nomor kartu tidak terdaftar.")
    simulator.bookings.forgive("kartu_tidak_terdaftar")
    assert bpjs.add() == (200, "Ok")


def test_of_two_numbers_of_reference_vclaim_can_know_one_alone(
    simulator: Simulator, bpjs: Client
) -> None:
    simulator.bookings.refuse("rujukan_tidak_valid", nomorreferensi="0301R0021126P000001")
    assert bpjs.add(nomorreferensi="0301R0021126P000001") == (201, "Rujukan tidak valid")
    assert bpjs.add(nomorreferensi="0301R0011126K000001") == (200, "Ok")
    simulator.bookings.forgive("rujukan_tidak_valid")
    other = bpjs.add(kodebooking="B", nomorreferensi="0301R0021126P000001")
    assert other == (200, "Ok")


# Update waktu.


def test_a_known_patient_goes_3_4_5_6_7(bpjs: Client) -> None:
    bpjs.add()
    for taskid in (3, 4, 5, 6, 7):
        assert bpjs.task(str(taskid), ms(f"08:0{taskid}:00")) == (200, "Ok")


def test_a_new_patient_goes_1_to_5(bpjs: Client) -> None:
    bpjs.add(pasienbaru=1)
    for taskid in (1, 2, 3, 4, 5):
        assert bpjs.task(taskid, ms(f"08:0{taskid}:00")) == (200, "Ok")


def test_taskid_and_waktu_are_taken_as_number_and_as_text(bpjs: Client) -> None:
    bpjs.add()
    assert bpjs.task(3, str(ms("08:00:00"))) == (200, "Ok")
    assert bpjs.task("4", ms("08:01:00")) == (200, "Ok")


@pytest.mark.parametrize(
    ("held", "taskid", "code", "text"),
    [
        ([3], 3, 208, "TaskId=3 sudah ada"),
        ([3, 4, 5], 4, 208, "TaskId=4 sudah ada"),
        ([], 4, 201, "TaskId=3 belum ada"),
        ([3], 5, 201, "TaskId=4 belum ada"),
        ([], 2, 201, "TaskId=1 belum ada"),
        ([1], 3, 201, "Task=1 ada. TaskId=2 belum ada"),
        ([3], 1, 201, "TaskId terakhir 3"),
        ([3, 4, 5], 2, 201, "TaskId terakhir 5"),
        ([99], 3, 201, "TaskId terakhir 99"),
        ([3, 99], 3, 201, "TaskId terakhir 99"),
        ([99], 99, 208, "TaskId=99 sudah ada"),
        ([3], 8, 201, "data taskid  belum sesuai."),
    ],
)
def test_order_of_tasks_is_judged_in_bpjss_own_words(
    bpjs: Client, held: list[int], taskid: int, code: int, text: str
) -> None:
    bpjs.add()
    for minute, earlier in enumerate(held):
        assert bpjs.task(earlier, ms(f"08:0{minute}:00")) == (200, "Ok")
    assert bpjs.task(taskid, ms("08:30:00")) == (code, text)


@pytest.mark.parametrize(
    ("waktu", "text"),
    [
        (
            ms("08:00:00"),
            "Waktu (2021-03-16 08:00:00 WIB) tidak boleh kurang atau sama dengan waktu sebelumnya",
        ),
        (
            ms("08:00:00") + 999,
            "Waktu (2021-03-16 08:00:00 WIB) tidak boleh kurang atau sama dengan waktu sebelumnya",
        ),
        (
            ms("07:59:59"),
            "Waktu (2021-03-16 07:59:59 WIB) tidak boleh kurang atau sama dengan waktu sebelumnya",
        ),
        (
            ms("2021-03-17 00:00:00"),
            "Waktu tidak valid (2021-03-17 00:00:00 WIB). "
            "Tanggal pelayanan untuk Kode Booking tersebut adalah (2021-03-16)",
        ),
        (
            1615857600,  # seconds sent as milliseconds
            "Waktu tidak valid (1970-01-19 23:50:57 WIB). "
            "Tanggal pelayanan untuk Kode Booking tersebut adalah (2021-03-16)",
        ),
        ("pukul 8", "data waktu  belum sesuai."),
    ],
)
def test_a_time_is_refused_with_the_time_named(bpjs: Client, waktu: object, text: str) -> None:
    bpjs.add()
    bpjs.task(3, ms("08:00:00"))
    assert bpjs.task(4, waktu) == (201, text)


def test_the_day_of_service_begins_and_ends_in_wib(bpjs: Client) -> None:
    bpjs.add()
    assert bpjs.task(3, ms("00:00:00")) == (200, "Ok")
    assert bpjs.task(4, ms("23:59:59")) == (200, "Ok")


def test_a_task_is_taken_on_h7_and_refused_on_h8(bpjs: Client, clock: Clock) -> None:
    bpjs.add()
    clock.at = datetime(2021, 3, 23, 23, 59, 59, tzinfo=WIB)
    assert bpjs.task(3, ms("08:00:00")) == (200, "Ok")
    clock.at = datetime(2021, 3, 24, 0, 0, 0, tzinfo=WIB)
    late = (201, "Gagal. Tanggal kirim TaskId maksimal H+7 dari tanggal pelayanan.")
    assert bpjs.task(4, ms("08:01:00")) == late
    assert bpjs.task(3, ms("08:00:00")) == (208, "TaskId=3 sudah ada")


def test_a_time_to_come_is_taken_unless_the_simulator_is_told_to_refuse_it(bpjs: Client) -> None:
    bpjs.add()
    assert bpjs.task(3, ms("12:00:01")) == (200, "Ok")
    with make(refuse_future=True) as strict:
        client = Client(strict)
        client.add()
        assert client.task(3, ms("12:00:01"))[0] == 201
        assert client.task(3, ms("12:00:00")) == (200, "Ok")


def test_the_second_wording_of_bpjs_can_be_had() -> None:
    with make(second_wording=True) as simulator:
        client = Client(simulator)
        client.add()
        assert client.task(4, ms("08:00:00")) == (
            201,
            "TaskId=4 tidak valid / TaskId sebelumnya belum terkirim",
        )
        client.task(3, ms("08:00:00"))
        text = "TaskId=3 (2021-03-16 08:00:00 WIB) lebih besar dari pada TaskId=4"
        assert client.task(4, ms("07:00:00")) == (201, text)
        client.task(4, ms("08:01:00"))
        client.task(5, ms("08:02:00"))
        names = [
            row["taskname"] for row in client.opened("/antrean/getlisttask", {"kodebooking": KB})
        ]
        assert names == [
            "akhir waktu layan admisi/mulai waktu tunggu poli",
            "akhir waktu tunggu poli/mulai waktu layan poli",
            "akhir waktu layan poli",
        ]
        (row,) = client.opened(f"/antrean/pendaftaran/tanggal/{DAY}")
        assert row["ispeserta"] == 1
        assert row["ispeserta"] is not True


def test_the_task_that_was_stored_last_can_decide() -> None:
    with make(last_decides=True) as simulator:
        client = Client(simulator)
        client.add()
        for taskid, waktu in ((3, "08:00:00"), (1, "07:50:00"), (2, "07:55:00")):
            assert client.task(taskid, ms(waktu)) == (200, "Ok")
        assert client.task(4, ms("08:05:00")) == (201, "TaskId=3 belum ada")
        assert client.task(3, ms("08:00:00")) == (200, "Ok")
        assert client.task(4, ms("08:05:00")) == (200, "Ok")
        rows = client.opened("/antrean/getlisttask", {"kodebooking": KB})
        assert [row["taskid"] for row in rows] == [3, 1, 2, 3, 4]


def test_numbers_as_text_are_taken_by_a_lenient_stand_in() -> None:
    with make(lenient=True) as simulator:
        assert Client(simulator).add(kodedokter="12345", sisakuotajkn="-2") == (200, "Ok")


def test_a_task_of_an_unknown_booking_is_not_found(bpjs: Client) -> None:
    assert bpjs.task(3, ms("08:00:00")) == (201, "Kode Booking tidak ditemukan")


def test_a_refused_task_leaves_no_trace(simulator: Simulator, bpjs: Client) -> None:
    bpjs.add()
    bpjs.task(4, ms("08:00:00"))
    assert simulator.bookings.snapshot()[0]["tasks"] == []


# Batal, list task, farmasi.


def test_a_cancel_counts_once_and_ends_the_booking(bpjs: Client) -> None:
    body = {"kodebooking": KB, "keterangan": "Terjadi perubahan jadwal dokter"}
    assert bpjs.meta("/antrean/batal", body) == (201, "Kode Booking tidak ditemukan")
    bpjs.add()
    assert bpjs.meta("/antrean/batal", body | {"keterangan": " "}) == (
        201,
        "data keterangan  belum sesuai.",
    )
    assert bpjs.meta("/antrean/batal", body) == (200, "Ok")
    assert bpjs.meta("/antrean/batal", body)[0] == 208
    assert bpjs.task(3, ms("08:00:00")) == (201, "TaskId terakhir 99")


def test_task_99_may_come_first_and_makes_batal_a_208(bpjs: Client) -> None:
    bpjs.add()
    assert bpjs.task(99, ms("07:00:00")) == (200, "Ok")
    assert bpjs.meta("/antrean/batal", {"kodebooking": KB, "keterangan": "Batal"})[0] == 208


def test_listtask_prints_both_times_as_bpjs_does_and_encrypted(bpjs: Client) -> None:
    bpjs.add(kodebooking="Y03-20#1617068533")
    bpjs.task("3", 1615869169000, "Y03-20#1617068533")
    assert bpjs.opened("/antrean/getlisttask", {"kodebooking": "Y03-20#1617068533"}) == [
        {
            "wakturs": "16-03-2021 11:32:49 WIB",
            "waktu": "16-03-2021 12:00:00 WIB",
            "taskname": "akhir waktu layan admisi / mulai waktu tunggu poli",
            "taskid": 3,
            "kodebooking": "Y03-20#1617068533",
        }
    ]


def test_listtask_of_nothing_is_204_without_response(bpjs: Client) -> None:
    bpjs.add()
    empty = {"metadata": {"code": 204, "message": "No Content"}, "response": None}
    assert bpjs.call("/antrean/getlisttask", {"kodebooking": KB}) == empty
    assert bpjs.call("/antrean/getlisttask", {"kodebooking": "tidak ada"}) == empty


def test_the_same_taskid_can_be_held_twice(simulator: Simulator, bpjs: Client) -> None:
    twice = [{"taskid": 3, "waktu": ms("08:00:00")}, {"taskid": 3, "waktu": ms("08:05:00")}]
    simulator.bookings.mobile_jkn("20210316000001", DAY, twice)
    rows = bpjs.opened("/antrean/getlisttask", {"kodebooking": "20210316000001"})
    assert [row["wakturs"] for row in rows] == [
        "16-03-2021 08:00:00 WIB",
        "16-03-2021 08:05:00 WIB",
    ]


def test_farmasi_wants_a_known_booking_a_kind_and_a_number_and_is_taken_once(bpjs: Client) -> None:
    body = {"kodebooking": KB, "jenisresep": "Racikan", "nomorantrean": 7, "keterangan": ""}
    assert bpjs.meta("/antrean/farmasi/add", body) == (201, "Kode Booking tidak ditemukan")
    bpjs.add()
    wrong = bpjs.meta("/antrean/farmasi/add", body | {"nomorantrean": "7"})
    assert wrong == (201, "data nomorantrean  belum sesuai.")
    wrong = bpjs.meta("/antrean/farmasi/add", body | {"jenisresep": "Campur"})
    assert wrong == (201, "data jenisresep  belum sesuai.")
    assert bpjs.meta("/antrean/farmasi/add", body) == (200, "Ok")
    again = bpjs.meta("/antrean/farmasi/add", body)
    assert again == (201, "Nomor antrean farmasi sudah ada")


@pytest.mark.parametrize("raw", [b"{", b"[]", b'"teks"', b"\xff"])
def test_a_body_that_is_no_object_is_refused_in_the_envelope(bpjs: Client, raw: bytes) -> None:
    assert bpjs.meta("/antrean/add", raw) == (201, "Format data tidak sesuai.")


# Antrean, referensi, jadwal, dashboard.


def test_bookings_are_listed_by_day_by_code_and_while_they_wait(
    simulator: Simulator, bpjs: Client
) -> None:
    simulator.bookings.mobile_jkn("20210316000001", DAY)
    bpjs.add()
    rows = bpjs.opened(f"/antrean/pendaftaran/tanggal/{DAY}")
    assert [(row["kodebooking"], row["sumberdata"], row["status"]) for row in rows] == [
        ("20210316000001", "Mobile JKN", "Belum dilayani"),
        (KB, "Bridging Antrean", "Belum dilayani"),
    ]
    assert bpjs.opened("/antrean/pendaftaran/kodebooking/2021%2F03%2F16%2F000001") == [
        {
            "kodebooking": "2021/03/16/000001",
            "tanggal": "2021-03-16",
            "kodepoli": "ANA",
            "kodedokter": 12345,
            "jampraktek": "08:00-16:00",
            "nik": "3212345678987654",
            "nokapst": "00012345678",
            "nohp": "085635228888",
            "norekammedis": "123345",
            "jeniskunjungan": 1,
            "nomorreferensi": "0001R0040116A000001",
            "sumberdata": "Bridging Antrean",
            "ispeserta": True,
            "noantrean": "A-12",
            "estimasidilayani": 1615869169000,
            "createdtime": 1615870800000,
            "status": "Belum dilayani",
        }
    ]
    assert bpjs.meta("/antrean/pendaftaran/tanggal/2021-03-15") == (204, "No Content")
    bpjs.meta("/antrean/batal", {"kodebooking": KB, "keterangan": "Batal"})
    assert [row["kodebooking"] for row in bpjs.opened("/antrean/pendaftaran/aktif")] == [
        "20210316000001"
    ]


def test_who_waits_in_a_session_is_listed_by_clinic_doctor_weekday_and_hours(bpjs: Client) -> None:
    bpjs.add()
    session = "/antrean/pendaftaran/kodepoli/ANA/kodedokter/12345/hari/2/jampraktek/08:00-16:00"
    assert [row["kodebooking"] for row in bpjs.opened(session)] == [KB]
    for other in (
        session.replace("ANA", "INT"),
        session.replace("12345", "12346"),
        session.replace("hari/2", "hari/3"),
        session.replace("16:00", "14:00"),
    ):
        assert bpjs.meta(other) == (204, "No Content")
    bpjs.task(3, ms("08:00:00"))
    bpjs.task(4, ms("08:10:00"))
    assert bpjs.meta(session) == (204, "No Content")


def test_the_status_follows_the_tasks(bpjs: Client) -> None:
    bpjs.add()
    seen = []
    for taskid in (3, 4, 5, 99):
        bpjs.task(taskid, ms(f"08:{taskid % 60:02}:00"))
        seen.append(
            bpjs.opened("/antrean/pendaftaran/kodebooking/" + quote(KB, safe=""))[0]["status"]
        )
    assert seen == ["Belum dilayani", "Sedang dilayani", "Selesai dilayani", "Batal"]


def test_a_name_of_any_script_survives_the_encryption(bpjs: Client) -> None:
    bpjs.add(kodepoli="GIG", namapoli='Gigi "Ünal" 🦷')
    assert {
        "kdpoli": "GIG",
        "nmpoli": 'Gigi "Ünal" 🦷',
        "kdsubspesialis": "GIG",
        "nmsubspesialis": 'Gigi "Ünal" 🦷',
    } in bpjs.opened("/ref/poli")


def test_a_doctor_has_one_name_in_all_lists(bpjs: Client) -> None:
    bpjs.add(kodedokter=12345, namadokter="dr. Andi Contoh")
    assert {"kodedokter": 12345, "namadokter": "dr. Andi Contoh"} in bpjs.opened("/ref/dokter")
    (row, *_) = bpjs.opened(f"/jadwaldokter/kodepoli/ANA/tanggal/{DAY}")
    assert (row["kodedokter"], row["namadokter"]) == (12345, "dr. Andi Contoh")


def test_references_answer_code_1(bpjs: Client) -> None:
    bpjs.add(kodedokter=777, namadokter="Dr. Baru")
    assert bpjs.meta("/ref/dokter") == (1, "Ok")
    assert {"kodedokter": 777, "namadokter": "Dr. Baru"} in bpjs.opened("/ref/dokter")
    assert {row["kodepoli"] for row in bpjs.opened("/ref/poli/fp")} == {"IRM", "MAT"}
    fp = "/ref/pasien/fp/identitas/nik/noidentitas/"
    assert bpjs.opened(fp + "3212345678987654")["daftarfp"] == 1
    assert (
        bpjs.opened("/ref/pasien/fp/identitas/noka/noidentitas/00012345678")["nik"]
        == "3212345678987654"
    )
    assert bpjs.meta(fp + "0000000000000000") == (204, "No Content")


def test_a_changed_schedule_is_what_is_read_back(bpjs: Client) -> None:
    path = f"/jadwaldokter/kodepoli/ANA/tanggal/{DAY}"  # a Tuesday
    assert [row["jadwal"] for row in bpjs.opened(path)] == ["08:00-14:00"]
    body = {"kodepoli": "ANA", "kodesubspesialis": "ANA", "kodedokter": 12345}
    slots = [
        {"hari": "2", "buka": "10:00", "tutup": "12:00"},
        {"hari": "7", "buka": "09:00", "tutup": "10:00"},
    ]
    change = "/jadwaldokter/updatejadwaldokter"
    assert bpjs.meta(change, body | {"jadwal": slots}) == (200, "Ok")
    assert [(row["jadwal"], row["namahari"]) for row in bpjs.opened(path)] == [
        ("10:00-12:00", "SELASA")
    ]
    assert bpjs.opened("/jadwaldokter/kodepoli/ANA/tanggal/2021-03-21")[0]["namahari"] == "MINGGU"
    assert bpjs.meta("/jadwaldokter/kodepoli/ANA/tanggal/2021-03-20")[0] == 201


SLOT = {"hari": "1", "buka": "08:00", "tutup": "09:00"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kodepoli": ""}, "kodepoli"),
        ({"kodesubspesialis": None}, "kodesubspesialis"),
        ({"kodedokter": "12345"}, "kodedokter"),
        ({"jadwal": "pagi"}, "jadwal"),
        ({"jadwal": []}, "jadwal"),
        ({"jadwal": [SLOT | {"hari": "0"}]}, "jadwal"),
        ({"jadwal": [SLOT | {"hari": "9"}]}, "jadwal"),
        ({"jadwal": [SLOT | {"buka": "8:00"}]}, "jadwal"),
        ({"jadwal": [SLOT | {"buka": "09:00"}]}, "jadwal"),
        ({"jadwal": [SLOT, {"hari": "2"}]}, "jadwal"),
        ({"jadwal": [SLOT | {"libur": 1}]}, "jadwal"),
    ],
)
def test_a_schedule_that_hfis_cannot_take_names_the_field(
    bpjs: Client, wrong: dict[str, object], field: str
) -> None:
    body = {"kodepoli": "ANA", "kodesubspesialis": "ANA", "kodedokter": 12345, "jadwal": [SLOT]}
    change = "/jadwaldokter/updatejadwaldokter"
    assert bpjs.meta(change, body | wrong) == (201, f"data {field}  belum sesuai.")
    assert bpjs.meta(change, body) == (200, "Ok")
    assert bpjs.meta(change, body | {"kodedokter": 0}) == (201, "Data dokter tidak ditemukan.")


def test_a_session_says_how_many_it_takes_and_whether_the_doctor_is_off(
    simulator: Simulator, bpjs: Client
) -> None:
    slots = [
        {"hari": 2, "buka": "08:00", "tutup": "10:00"},
        {"hari": 2, "buka": "10:00", "tutup": "12:00", "kapasitas": 12, "libur": 1},
    ]
    simulator.bookings.hold_sessions({"kodepoli": "ANA", "kodedokter": 12345, "jadwal": slots})
    rows = bpjs.opened(f"/jadwaldokter/kodepoli/ANA/tanggal/{DAY}")
    assert [(row["kapasitaspasien"], row["libur"]) for row in rows] == [(30, 0), (12, 1)]


def test_the_dashboard_is_plain_and_sums_by_clinic(bpjs: Client) -> None:
    for number, wait in ((1, 10), (2, 20)):
        kodebooking = f"2021/03/16/00000{number}"
        bpjs.add(kodebooking=kodebooking)
        bpjs.task(3, ms("08:00:00"), kodebooking)
        bpjs.task(4, ms(f"08:{wait}:00"), kodebooking)
    envelope = bpjs.call(f"/dashboard/waktutunggu/tanggal/{DAY}/waktu/rs")
    (row,) = envelope["response"]["list"]
    assert envelope["metadata"] == {"code": 200, "message": "Ok"}
    assert (row["kodepoli"], row["jumlah_antrean"]) == ("ANA", 2)
    assert {"kdppk", "nmppk", "namapoli", "tanggal", "insertdate"} <= row.keys()
    assert (row["waktu_task3"], row["avg_waktu_task3"], row["avg_waktu_task4"]) == (1800, 900, 0)
    bpjs.add(kodebooking="next", tanggalperiksa="2021-03-17")
    month = bpjs.call("/dashboard/waktutunggu/bulan/03/tahun/2021/waktu/server")["response"]["list"]
    assert [(row["tanggal"], row["jumlah_antrean"]) for row in month] == [
        (DAY, 2),
        ("2021-03-17", 1),
    ]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (f"tanggal/{DAY}/waktu/rumah", (201, "data waktu  belum sesuai.")),
        ("tanggal/2021-02-30/waktu/rs", (201, "data tanggal  belum sesuai.")),
        ("tanggal/20210316/waktu/rs", (201, "data tanggal  belum sesuai.")),
        ("bulan/13/tahun/2021/waktu/rs", (201, "data tanggal  belum sesuai.")),
        ("bulan/3/tahun/2021/waktu/rs", (201, "data tanggal  belum sesuai.")),
        ("bulan/02/tahun/2021/waktu/rs", (204, "No Content")),
        ("tanggal/2021-03-15/waktu/server", (204, "No Content")),
    ],
)
def test_a_dashboard_of_no_day_or_of_nothing_is_no_list(
    bpjs: Client, path: str, answer: tuple[int, str]
) -> None:
    bpjs.add()
    assert bpjs.meta(f"/dashboard/waktutunggu/{path}") == answer


# What is recorded.


def test_the_journal_has_the_line_before_the_answer_goes_out(tmp_path: Path) -> None:
    journal = tmp_path / "jurnal.jsonl"
    with make(journal=journal) as simulator:
        client = Client(simulator)
        client.add()
        simulator.faults.add(Fault("reset_after"))
        with pytest.raises(ConnectionResetError):
            client.task("3", ms("08:00:00"))
        lines = [json.loads(line) for line in journal.read_text().splitlines()]
    assert [(line["no"], line["path"], line["code"], line["message"]) for line in lines] == [
        (1, "/antrean/add", 200, "Ok"),
        (2, "/antrean/updatewaktu", 200, "Ok"),
    ]
    assert lines[1]["body"] == {"kodebooking": KB, "taskid": "3", "waktu": ms("08:00:00")}
    assert journal.stat().st_mode & 0o077 == 0
    with make(journal=journal) as again:
        Client(again).add()
    assert json.loads(journal.read_text().splitlines()[-1])["no"] == 3


def test_an_answer_that_is_a_refusal_is_recorded_too(simulator: Simulator, bpjs: Client) -> None:
    bpjs.task(3, ms("08:00:00"))
    assert [(entry.no, entry.code) for entry in simulator.received] == [(1, 201)]


def test_half_a_request_is_never_acted_upon(simulator: Simulator, bpjs: Client) -> None:
    body = json.dumps(SEED_ADD).encode()
    lines = [f"{name}: {value}" for name, value in bpjs.headers().items()]
    head = "\r\n".join(
        ["POST /antreanrs/antrean/add HTTP/1.1", *lines, f"Content-Length: {len(body) + 1}"]
    )
    with socket.create_connection((simulator.host, simulator.port), timeout=5) as wire:
        wire.sendall(head.encode() + b"\r\n\r\n" + body)
        wire.shutdown(socket.SHUT_WR)
        assert wire.recv(1) == b""
    assert simulator.received == []


# Faults.


def broken(client: Client) -> Exception | None:
    """Send an add; return what broke, or None if a whole HTTP answer came."""
    try:
        client.raw("POST", client.base + "/antrean/add", SEED_ADD, client.headers()).read()
    except (OSError, http.client.HTTPException) as error:
        return error
    return None


@pytest.mark.parametrize(
    ("fault", "error", "stored"),
    [
        (Fault("refuse_connection"), http.client.RemoteDisconnected, 0),
        (Fault("reset_before"), ConnectionResetError, 0),
        (Fault("reset_after"), ConnectionResetError, 1),
        (Fault("timeout_before"), TimeoutError, 0),
        (Fault("timeout_after"), TimeoutError, 1),
        (Fault("timeout_after", seconds=0.1), http.client.RemoteDisconnected, 1),
        (Fault("cut"), http.client.IncompleteRead, 1),
        (Fault("cut", handled=False), http.client.IncompleteRead, 0),
    ],
)
def test_a_fault_on_the_wire_breaks_the_exchange_and_says_what_was_done(
    simulator: Simulator, fault: Fault, error: type[Exception], stored: int
) -> None:
    simulator.faults.add(fault)
    assert isinstance(broken(Client(simulator, timeout=1)), error)
    assert (len(simulator.received), len(simulator.bookings.snapshot())) == (stored, stored)
    assert broken(Client(simulator)) is None


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        (Fault("empty"), 200, ""),
        (Fault("html"), 502, "<html>"),
        (Fault("http_500"), 500, "<html>"),
        (Fault("http_429", retry_after="120"), 429, '"code": 429'),
        (Fault("nginx_429"), 429, "<html>"),
        (Fault("http_503"), 503, "<html>"),
        (Fault("request_rejected"), 200, "<html><head><title>Request Rejected</title>"),
        (Fault("forbidden"), 403, "<html><head><title>403 Forbidden</title>"),
        (Fault("no_route"), 404, "No Mapping Rule matched"),
        (Fault("no_route", status=301, page=True), 301, "<h1>No Mapping Rule matched</h1>"),
        (Fault("no_route", status=405), 405, "No Mapping Rule matched"),
        (Fault("no_route", status=501, page=True), 501, "<html>"),
        (Fault("contradiction", taskid=4), 200, '"code": 201, "message": "TaskId=3 belum ada"'),
        (Fault("http_401"), 401, "Unauthorized"),
        (Fault("redirect"), 302, ""),
        (Fault("unknown_code"), 200, '"code": 777'),
        (Fault("no_code"), 200, '{"metadata": {"message": "Ok"}'),
        (
            Fault("gagal_dicoba"),
            200,
            '"code": 404, "message": "Gagal dicoba kembali (BPJS Kesehatan)"',
        ),
        (Fault("undefined_error"), 200, '"code": 201, "message": "Undefined Error."'),
        (Fault("not_found_yet"), 200, '"code": 201, "message": "Kode Booking tidak ditemukan"'),
    ],
)
def test_a_false_answer_is_whole_http_and_nothing_is_stored(
    simulator: Simulator, bpjs: Client, fault: Fault, status: int, text: str
) -> None:
    simulator.faults.add(fault)
    sent = SEED_ADD | ({"taskid": fault.taskid} if fault.taskid else {})
    response = bpjs.raw("POST", "/antreanrs/antrean/add", sent, bpjs.headers())
    body = response.read().decode()
    assert response.status == status
    assert text in body
    assert bool(body) == bool(text)
    retry_after = fault.retry_after if fault.name in ("http_429", "http_503") else None
    assert response.getheader("Retry-After") == retry_after
    assert response.getheader("Location") == ("/pindah" if status in (301, 302) else None)
    assert simulator.received == []
    assert bpjs.add() == (200, "Ok")


def test_one_booking_can_be_rejected_for_ever_and_no_other(
    simulator: Simulator, bpjs: Client
) -> None:
    simulator.faults.add(Fault("request_rejected", times=None, kodebooking="B"))
    for _ in range(3):
        body = SEED_ADD | {"kodebooking": "B"}
        response = bpjs.raw("POST", "/antreanrs/antrean/add", body, bpjs.headers())
        assert (response.status, response.getheader("Content-Type")) == (200, "text/html")
        assert b"Request Rejected" in response.read()
        assert bpjs.add()[0] in (200, 208)


def test_bpjs_can_have_a_task_and_ask_for_it_all_the_same(
    simulator: Simulator, bpjs: Client
) -> None:
    simulator.faults.add(Fault("contradiction", taskid=4, times=None))
    bpjs.add()
    assert bpjs.task(3, ms("08:00:00")) == (200, "Ok")
    for _ in range(2):
        assert bpjs.task(4, ms("08:05:00")) == (201, "TaskId=3 belum ada")
        assert bpjs.task(3, ms("08:00:00")) == (208, "TaskId=3 sudah ada")


def test_a_false_answer_can_hide_that_the_request_was_acted_upon(
    simulator: Simulator, bpjs: Client
) -> None:
    simulator.faults.add(Fault("http_500", handled=True))
    assert (
        bpjs.raw("POST", "/antreanrs/antrean/add", SEED_ADD, bpjs.headers())
        .read()
        .startswith(b"<html>")
    )
    assert bpjs.meta("/antrean/add", SEED_ADD) == (208, "Terdapat duplikasi Kode Booking")


def test_a_cut_without_a_length_looks_whole_and_is_half(simulator: Simulator, bpjs: Client) -> None:
    simulator.faults.add(Fault("cut_unannounced"))
    response = bpjs.raw("POST", "/antreanrs/antrean/add", SEED_ADD, bpjs.headers())
    assert response.status == 200
    assert response.read() == b'{"metadata": {"code": 200, "mes'


@pytest.mark.parametrize("name", ["drip", "drip_headers"])
def test_a_dripping_answer_is_whole_in_the_end_but_slow(
    simulator: Simulator, bpjs: Client, name: Any
) -> None:
    simulator.faults.add(Fault(name, interval=0.003))
    begin = time.monotonic()
    assert bpjs.meta("/antrean/add", SEED_ADD) == (200, "Ok")
    assert time.monotonic() - begin > 0.15


def test_the_other_spellings_carry_the_proper_answer(simulator: Simulator, bpjs: Client) -> None:
    simulator.faults.add(Fault("code_as_text"))
    assert bpjs.call("/antrean/add", SEED_ADD)["metadata"] == {"code": "200", "message": "Ok"}
    simulator.faults.add(Fault("metaData"))
    assert bpjs.call("/antrean/add", SEED_ADD) == {
        "metaData": {"code": 208, "message": "Terdapat duplikasi Kode Booking"},
        "response": None,
    }
    simulator.faults.add(Fault("wrapped_list"))
    wrapped = bpjs.opened("/antrean/pendaftaran/tanggal/2021-01-28")
    assert [row["kodebooking"] for row in wrapped["list"]] == ["16032021A001"]


def test_a_fault_hits_only_what_it_names_and_only_so_often(
    simulator: Simulator, bpjs: Client
) -> None:
    simulator.faults.add(
        Fault("undefined_error", times=2, path="/antrean/add", kodebooking="B"),
        Fault("gagal_dicoba", taskid=4),
    )
    assert bpjs.add(kodebooking="A") == (200, "Ok")
    assert [bpjs.add(kodebooking="B")[1] for _ in range(3)] == [
        "Undefined Error.",
        "Undefined Error.",
        "Ok",
    ]
    assert bpjs.task("3", ms("08:00:00"), "B") == (200, "Ok")
    assert bpjs.task("4", ms("08:01:00"), "B")[0] == 404
    assert bpjs.task("4", ms("08:01:00"), "B") == (200, "Ok")
    assert [entry.fault for entry in simulator.arrived].count("undefined_error") == 2


def test_a_fault_without_end_lasts_until_cleared(simulator: Simulator, bpjs: Client) -> None:
    simulator.faults.add(Fault("unknown_code", times=None))
    assert {bpjs.add()[0] for _ in range(5)} == {777}
    simulator.faults.clear()
    assert bpjs.add() == (200, "Ok")


def test_a_share_is_chance_that_can_be_repeated() -> None:
    runs = []
    for seed in (1, 1, 2):
        with make(seed=seed) as simulator:
            simulator.faults.add(Fault("unknown_code", times=None, share=0.3))
            client = Client(simulator)
            runs.append([client.meta("/ref/poli")[0] for _ in range(100)])
    assert runs[0] == runs[1] != runs[2]
    assert 15 < runs[0].count(777) < 45


def test_a_server_that_is_down_shows_the_gateways_page(simulator: Simulator, bpjs: Client) -> None:
    simulator.down = True
    response = bpjs.raw("POST", "/antreanrs/antrean/add", SEED_ADD, bpjs.headers())
    assert (response.status, response.read()[:6]) == (502, b"<html>")
    simulator.down = False
    assert bpjs.add() == (200, "Ok")


def test_a_stopped_server_refuses_connections_and_goes_on_where_it_was(
    simulator: Simulator,
) -> None:
    client, url = Client(simulator), simulator.url
    client.add()
    simulator.stop()
    with pytest.raises((OSError, http.client.HTTPException)):
        client.add()  # the connection kept alive is broken too
    with pytest.raises(ConnectionRefusedError):
        Client(simulator).add()
    simulator.start()
    assert simulator.url == url
    assert Client(simulator).add() == (208, "Terdapat duplikasi Kode Booking")


def test_stopping_does_not_wait_for_the_silent(simulator: Simulator) -> None:
    simulator.faults.add(Fault("timeout_before", seconds=60))
    waiting = threading.Thread(target=broken, args=(Client(simulator, timeout=30),))
    waiting.start()
    while not simulator.arrived:
        time.sleep(0.005)
    begin = time.monotonic()
    simulator.stop()
    waiting.join(5)
    assert not waiting.is_alive()
    assert time.monotonic() - begin < 3


# Steering from another process.


def test_everything_can_be_steered_without_a_signature(simulator: Simulator, bpjs: Client) -> None:
    ok = (200, {"pesan": "Ok"})
    assert bpjs.control("POST", "mobile_jkn", {"kodebooking": "M1", "tanggalperiksa": DAY}) == ok
    assert bpjs.task(3, ms("08:00:00"), "M1") == (200, "Ok")
    assert bpjs.control("POST", "sep", {"kodebooking": KB}) == ok
    assert "sudah terbit SEP" in str(bpjs.add()[1])
    assert bpjs.control("DELETE", "sep") == ok
    assert bpjs.control("POST", "dokter_tidak_ada", [{"kodedokter": 12345}]) == ok
    assert bpjs.add() == (201, "Data dokter tidak ditemukan.")
    assert bpjs.control("DELETE", "dokter_tidak_ada") == ok
    assert bpjs.control("POST", "kartu_tidak_terdaftar", {"nomorkartu": "00012345678"}) == ok
    assert bpjs.add() == (201, "Nomor kartu tidak terdaftar.")
    assert bpjs.control("DELETE", "kartu_tidak_terdaftar") == ok
    assert (
        bpjs.control("POST", "faults", [{"name": "html", "times": None}, {"name": "empty"}]) == ok
    )
    assert [fault["name"] for fault in bpjs.control("GET", "faults")[1]] == ["html", "empty"]
    assert bpjs.control("DELETE", "faults") == ok
    assert bpjs.control("POST", "down", {"down": True}) == ok
    assert (
        bpjs.raw("POST", "/antreanrs/antrean/add", SEED_ADD, bpjs.headers()).read()[:6] == b"<html>"
    )
    assert bpjs.control("POST", "down", {"down": False}) == ok
    assert bpjs.control("POST", "latency", {"latency": 0.05}) == ok
    assert simulator.latency == 0.05
    assert bpjs.add() == (200, "Ok")
    simulator.down = True
    assert bpjs.control("DELETE", "faults") == ok
    assert (simulator.down, simulator.latency) == (False, 0), "and all is well again"
    held = bpjs.control("GET", "bookings")[1]
    assert [(row["kodebooking"], row["sumberdata"]) for row in held] == [
        ("M1", "Mobile JKN"),
        (KB, "Bridging Antrean"),
    ]
    assert held[0]["tasks"] == [{"taskid": 3, "wakturs": ms("08:00:00"), "waktu": ms("12:00:00")}]
    assert [entry["code"] for entry in bpjs.control("GET", "received")[1]] == [
        200,
        201,
        201,
        201,
        200,
    ]
    assert len(bpjs.control("GET", "arrived")[1]) == 6


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("faults", {"name": "gempa"}),
        ("faults", {"name": "html", "times": 0}),
        ("faults", {"name": "html", "share": 2}),
        ("faults", {"nama": "html"}),
        ("faults", {"name": "no_route", "status": 200}),
        ("faults", {"name": "contradiction"}),
        ("faults", {"name": "contradiction", "taskid": "4"}),
        ("faults", ["html"]),
        ("mobile_jkn", {"kodebooking": "M1", "tanggalperiksa": "besok"}),
        ("mobile_jkn", {"tanggalperiksa": DAY}),
        (
            "mobile_jkn",
            {"kodebooking": "M1", "tanggalperiksa": DAY, "tasks": [{"taskid": 8, "waktu": 0}]},
        ),
        ("sep", {}),
        ("sep", {"no_rawat": KB}),
        ("down", []),
        ("latency", {"latency": "cepat"}),
        ("latency", {"latency": -1}),
        ("latency", b"{"),
        ("mobile_jkn", [None]),
        (
            "mobile_jkn",
            {"kodebooking": "M1", "tanggalperiksa": DAY, "tasks": [{"taskid": 3, "waktu": 10**30}]},
        ),
    ],
)
def test_what_cannot_be_steered_is_a_400_and_changes_nothing(
    simulator: Simulator, bpjs: Client, name: str, body: object
) -> None:
    status, told = bpjs.control("POST", name, body)
    assert status == 400
    assert told["pesan"].startswith(("Isi permintaan tidak dapat dipakai: ", "Bukan JSON"))
    assert simulator.latency == 0
    assert (simulator.faults.waiting, simulator.bookings.snapshot(), simulator.down) == (
        (),
        [],
        False,
    )


def test_the_page_shows_what_is_held_and_no_patient(bpjs: Client) -> None:
    bpjs.add()
    bpjs.task(3, ms("08:00:00"))
    response = bpjs.raw("GET", "/_simulator/")
    page = response.read().decode()
    assert response.getheader("Content-Type") == "text/plain; charset=utf-8"
    assert "2021/03/16/000001      2021-03-16 Bridging Antrean  Belum dilayani   3=08:00:00" in page
    assert "3212345678987654" not in page
    assert bpjs.control("GET", "lain")[0] == 404


@pytest.mark.parametrize("name", ["bookings", "received"])
def test_what_is_shown_holds_no_number_of_a_patient_whole(bpjs: Client, name: str) -> None:
    bpjs.add()
    bpjs.task(3, ms("08:00:00"))
    status, shown = bpjs.control("GET", name)
    assert status == 200
    body = shown[0] if name == "bookings" else shown[0]["body"]
    assert body["nik"] == "*" * 13 + "654"
    assert body["kodebooking"] == KB
    numbers = ("3212345678987654", "00012345678", "085635228888", "123345")
    assert [number for number in numbers if number in json.dumps(shown)] == []


def test_an_identity_in_an_address_is_not_shown(simulator: Simulator, bpjs: Client) -> None:
    bpjs.call("/ref/pasien/fp/identitas/nik/noidentitas/3212345678987654")
    for name in ("arrived", "received"):
        _, shown = bpjs.control("GET", name)
        assert "3212345678987654" not in json.dumps(shown)
    assert "3212345678987654" in simulator.arrived[0].path


HERE = {"Host": "localhost:8686"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        (HERE, 200),
        ({"Host": "127.0.0.1:1"}, 200),
        ({"Host": "[::1]:8686"}, 200),
        ({**HERE, "Origin": "http://localhost:3000"}, 200),
        ({"Host": "jahat.example"}, 403),  # a name that leads here, of whoever owns it
        ({"Host": "127.0.0.1.jahat.example:8686"}, 403),
        ({"Host": "localhost@jahat.example"}, 403),
        ({"Host": ""}, 403),
        ({**HERE, "Origin": "https://jahat.example"}, 403),
        ({**HERE, "Origin": "null"}, 403),
    ],
)
def test_only_who_calls_it_by_this_machines_name_and_from_here_is_answered(
    bpjs: Client, headers: dict[str, str], status: int
) -> None:
    shown = bpjs.raw("GET", "/_simulator/bookings", headers=headers)
    shown.read()
    assert shown.status == status
    called = bpjs.raw("GET", f"{bpjs.base}/ref/poli", headers={**bpjs.headers(), **headers})
    called.read()
    assert called.status == status


# The server as a server.


def test_https_is_spoken_with_a_certificate_and_survives_who_refuses_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    certificate = self_signed(tmp_path)
    with make(certificate=certificate) as simulator:
        assert simulator.url.startswith("https://127.0.0.1:")
        with pytest.raises(ssl.SSLCertVerificationError):
            Client(simulator, tls=ssl.create_default_context()).add()
        trusting = Client(simulator, tls=ssl.create_default_context(cafile=str(certificate)))
        assert trusting.add() == (200, "Ok")
        assert trusting.task(3, ms("08:00:00")) == (200, "Ok")
        simulator.faults.add(Fault("reset_after"))
        with pytest.raises(ConnectionResetError):
            trusting.task(4, ms("08:01:00"))
        assert [entry.code for entry in simulator.received] == [200, 200, 200]
    assert capfd.readouterr().err == ""


def test_one_connection_serves_many_requests(bpjs: Client) -> None:
    bpjs.add()
    first = bpjs.wire.sock
    bpjs.add()
    assert bpjs.wire.sock is first


def test_latency_is_added_to_every_answer_after_it_was_acted_upon() -> None:
    with make(latency=0.2) as simulator:
        begin = time.monotonic()
        assert isinstance(broken(Client(simulator, timeout=0.1)), TimeoutError)
        assert len(simulator.received) == 1
        assert Client(simulator).meta("/ref/dokter") == (1, "Ok")
        assert time.monotonic() - begin >= 0.3


def test_many_clients_at_once_each_get_their_answer_and_one_number(simulator: Simulator) -> None:
    def work(number: int) -> None:
        client = Client(simulator, timeout=30)
        for visit in range(20):
            kodebooking = f"{number}-{visit}"
            client.add(kodebooking=kodebooking)
            client.task(3, ms("08:00:00"), kodebooking)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [entry.no for entry in simulator.received] == list(range(1, 32 * 40 + 1))
    assert {entry.code for entry in simulator.received} == {200}


def test_one_add_sent_by_many_at_once_is_taken_once(simulator: Simulator) -> None:
    codes: list[object] = []
    threads = [
        threading.Thread(target=lambda: codes.append(Client(simulator).add()[0])) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(map(str, codes)) == ["200"] + ["208"] * 15


def test_the_stand_in_shares_no_code_with_the_program_it_judges() -> None:
    folder = Path(__file__).parents[2] / "antrean_cli" / "simulator"
    for name in ("bookings.py", "faults.py", "fields.py", "server.py", "tasks.py"):
        for node in ast.walk(ast.parse((folder / name).read_text())):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            names = (
                [alias.name for alias in node.names] if isinstance(node, ast.Import) else [module]
            )
            ours = [each for each in names if each.startswith("antrean_cli")]
            assert all(each.startswith("antrean_cli.simulator.") for each in ours)
