"""What goes wrong outside: settings, BPJS, Khanza, the state file, what people type and read.

Every trouble ends in its exit code with one Indonesian sentence on stderr, nothing on stdout and no
traceback, and nothing is sent that should not be.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from antrean_cli.simulator.faults import Fault
from antrean_cli.simulator.hospital import Hospital, create_sqlite
from antrean_cli.simulator.server import Simulator
from tests.support import limits
from tests.support.catalogue import EXAMPLE_ADD
from tests.support.certificates import self_signed
from tests.support.limits import POWERLESS, nearly_full, room
from tests.support.mariadb import MariaDB
from tests.support.site import CONS_ID, MONDAY, SECRET_KEY, USER_KEY, Site

KB = "16032021A001"
BODY = EXAMPLE_ADD
UPDATE = ("update", KB, "3", "2026-11-23 08:05")
MANUAL: dict[str, tuple[str, ...]] = {
    "add": ("add", "-"),
    "update": UPDATE,
    "batal": ("batal", KB, "--keterangan", "Uji"),
}
CALLS = {**MANUAL, "listtask": ("listtask", KB)}
# What Python, SQLite, OpenSSL or the system would say of their own accord.
ENGLISH = re.compile(
    r"\b(error|errno|traceback|no such|not found|denied|refused|failed|unable|invalid|exception|"
    r"is a|file exists|timed out|certificate|connection|expecting|disk i/o|not a|unknown|must|"
    r"space left)\b",
    re.IGNORECASE,
)


def antrean(site: Site, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command at a site with changed settings; a proper body lies on standard input."""
    return given(json.dumps(BODY), site, *arguments, **env)


def given(text: str, site: Site, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command with this text on its standard input."""
    return site.run(*arguments, input=text, **env)


def limited(
    limit: str, site: Site, *arguments: str, **env: str
) -> subprocess.CompletedProcess[str]:
    """Do what `antrean` does, in a process that took something from itself first."""
    return limits.limited(limit, site, *arguments, given=json.dumps(BODY), **env)


def complaint(done: subprocess.CompletedProcess[str], code: int, *, lines: int = 1) -> str:
    """Return the sentence of a command that failed as it should."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert len(done.stderr.splitlines()) == lines, done.stderr
    said = done.stderr.removeprefix("antrean: ").replace("Undefined Error.", "")  # BPJS's own words
    assert not ENGLISH.search(said), said
    return done.stderr


def booked(site: Site) -> None:
    site.bpjs.bookings.mobile_jkn(KB, MONDAY.isoformat())


# -- settings


NEEDED = ("BPJS_BASE_URL", "BPJS_CONS_ID", "BPJS_SECRET_KEY", "BPJS_USER_KEY")


@pytest.mark.parametrize("name", [*CALLS, "sync"])
def test_without_settings_every_missing_one_is_named_together(live_site: Site, name: str) -> None:
    empty = dict.fromkeys(live_site.env, "")
    needed = (*NEEDED, "KHANZA_USER") if name == "sync" else NEEDED
    said = complaint(
        antrean(live_site, *CALLS.get(name, (name,)), **empty), 8, lines=1 + len(needed)
    )
    for setting in needed:
        assert f"{setting} belum diisi" in said
    assert not live_site.state.exists()


def test_half_of_the_settings_and_wrong_ones_are_reported_together(live_site: Site) -> None:
    wrong = {
        "BPJS_USER_KEY": "",
        "BPJS_TIMEOUT": "lama",
        "ANTREAN_TZ": "Asia/Singapore",
        "ANTREAN_WORKERS": "0",
        "ANTREAN_TASK_4": "periksa_tengah",
    }
    said = complaint(antrean(live_site, "sync", **wrong), 8, lines=6)
    for name in wrong:
        assert name in said
    assert live_site.bpjs.arrived == []


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o606, 0o777, 0o602])
def test_settings_that_others_can_read_are_refused_with_the_chmod_to_type(
    live_site: Site, mode: int
) -> None:
    file = live_site.env_file()
    file.chmod(mode)
    done = antrean(live_site, "--env-file", str(file), *UPDATE)
    assert (done.returncode, done.stdout, live_site.bpjs.arrived) == (8, "", [])
    typed = next(line for line in done.stderr.splitlines() if "chmod" in line).partition("ketik: ")[
        2
    ]
    subprocess.run(["sh", "-c", typed], check=True)
    booked(live_site)
    assert antrean(live_site, "--env-file", str(file), *UPDATE).returncode == 0


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o400])
def test_settings_of_owner_and_group_are_accepted(live_site: Site, mode: int) -> None:
    booked(live_site)
    file = live_site.env_file()
    file.chmod(mode)
    assert antrean(live_site, "--env-file", str(file), *UPDATE).returncode == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "Pengaturan {file} tidak dapat dibaca: tidak ada"),
        (b"\xff\xfe\x00", "Pengaturan {file} tidak dapat dibaca: bukan teks UTF-8"),
        (b"bukan pengaturan\n", "Pengaturan belum benar ({file}):\n  baris 1: bukan NAMA=nilai"),
    ],
)
def test_settings_that_cannot_be_read_are_named(
    live_site: Site, tmp_path: Path, content: bytes | None, told: str
) -> None:
    file = tmp_path / "rs.env"
    if content is not None:
        file.write_bytes(content)
        file.chmod(0o600)
    done = antrean(live_site, "--env-file", str(file), *UPDATE)
    assert (done.returncode, done.stdout) == (8, "")
    assert done.stderr == f"antrean: {told.format(file=file)}\n"


@pytest.mark.parametrize(
    ("typed", "code", "told"),
    [
        (("--state", "", "status"), 2, "--state kosong; sebut nama berkas atau foldernya"),
        (("--env-file", "", "status"), 2, "--env-file kosong"),
        (("sites", "--folder", ""), 2, "--folder kosong"),
        (("todo", "--html", ""), 2, "--html kosong"),
        (("--state", ".", "status"), 8, "--state . bukan nama berkas"),
        (("--state", "/", "sync"), 8, "--state / bukan nama berkas"),
    ],
)
def test_a_file_without_a_name_is_told_and_is_no_bug(
    live_site: Site, typed: tuple[str, ...], code: int, told: str
) -> None:
    done = antrean(live_site, *typed)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr


def test_a_settings_folder_that_may_not_be_entered_is_no_bug(
    live_site: Site, tmp_path: Path
) -> None:
    """The service account's settings are not for the operator, who has his own."""
    folder = tmp_path / ".config" / "antrean"
    folder.mkdir(parents=True)
    folder.chmod(0o000)
    booked(live_site)
    try:
        done = limited(POWERLESS, live_site, *UPDATE)
    finally:
        folder.chmod(0o700)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_a_settings_file_that_may_not_be_read_is_named(live_site: Site) -> None:
    file = live_site.env_file()
    file.chmod(0o000)
    done = limited(POWERLESS, live_site, "--env-file", str(file), *UPDATE)
    assert f"Pengaturan {file} tidak dapat dibaca: tidak diizinkan" in complaint(done, 8)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "\n  BPJS_CA_BUNDLE berkas {file} tidak ada\n"),
        ("bukan sertifikat\n", "antrean: BPJS_CA_BUNDLE tidak dapat dipakai: {file}\n"),
    ],
)
def test_a_ca_bundle_that_cannot_be_used_is_named(
    live_site: Site, tmp_path: Path, content: str | None, told: str
) -> None:
    bundle = tmp_path / "ca.pem"
    if content:
        bundle.write_text(content)
    done = antrean(live_site, *UPDATE, BPJS_CA_BUNDLE=str(bundle))
    said = complaint(done, 8, lines=2 if content is None else 1)
    assert said.endswith(told.format(file=bundle))


# -- BPJS


@pytest.mark.parametrize(
    "wrong",
    [{"BPJS_SECRET_KEY": "salah"}, {"BPJS_CONS_ID": "99999"}, {"BPJS_USER_KEY": SECRET_KEY}],
)
@pytest.mark.parametrize("name", CALLS)
def test_credentials_that_bpjs_does_not_know_exit_4(
    live_site: Site, name: str, wrong: dict[str, str]
) -> None:
    booked(live_site)
    said = complaint(antrean(live_site, *CALLS[name], **wrong), 4)
    assert not [value for value in (*wrong.values(), SECRET_KEY) if value in said]
    assert live_site.bpjs.received == []


@pytest.mark.parametrize("minutes", [10, -10])
@pytest.mark.parametrize("name", CALLS)
def test_a_clock_ten_minutes_off_exits_4_and_speaks_of_the_clock(
    live_site: Site, name: str, minutes: int
) -> None:
    def elsewhere() -> datetime:
        return datetime.now(timezone.utc) + timedelta(minutes=minutes)

    with Simulator(
        cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY, now=elsewhere
    ) as bpjs:
        said = complaint(antrean(live_site, *CALLS[name], BPJS_BASE_URL=bpjs.url), 4)
    assert said == (
        "antrean: BPJS menolak jam komputer ini: Unauthorized. x-timestamp terlalu jauh dari jam "
        "server (kode 401); betulkan jamnya; ketik: sudo timedatectl set-ntp true\n"
    )


@pytest.mark.parametrize("name", CALLS)
def test_a_bpjs_that_is_down_exits_5(live_site: Site, name: str) -> None:
    live_site.bpjs.stop()
    complaint(antrean(live_site, *CALLS[name]), 5)


@pytest.mark.parametrize("name", CALLS)
def test_a_name_that_dns_does_not_know_exits_5(live_site: Site, name: str) -> None:
    complaint(
        antrean(live_site, *CALLS[name], BPJS_BASE_URL="https://tidak-ada.invalid/antreanrs"), 5
    )


FAULTS = [
    Fault("refuse_connection"),
    Fault("reset_before"),
    Fault("reset_after"),
    Fault("cut"),
    Fault("cut_unannounced"),
    Fault("empty"),
    Fault("html"),
    Fault("http_500"),
    Fault("http_429"),
    Fault("redirect"),
    Fault("unknown_code"),
    Fault("no_code"),
    Fault("gagal_dicoba"),
    Fault("undefined_error"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.name))
@pytest.mark.parametrize("name", CALLS)
def test_an_answer_that_is_none_exits_5(live_site: Site, name: str, fault: Fault) -> None:
    """Never taken for success, whatever arrived; the next try goes through."""
    if name != "add":
        live_site.bpjs.bookings.mobile_jkn(
            KB, MONDAY.isoformat(), [{"taskid": 1, "waktu": 1795391000000}]
        )
        live_site.bpjs.bookings.mobile_jkn("LAIN", MONDAY.isoformat())
    if name == "update":
        live_site.bpjs.bookings.updatewaktu(
            {"kodebooking": KB, "taskid": "2", "waktu": 1795391060000}
        )
    live_site.bpjs.faults.add(fault)
    said = complaint(antrean(live_site, *CALLS[name]), 5)
    assert "127.0.0.1" not in said
    assert antrean(live_site, *CALLS[name]).returncode == 0


def test_a_gateways_own_401_exits_4(live_site: Site) -> None:
    live_site.bpjs.faults.add(Fault("http_401"))
    complaint(antrean(live_site, *UPDATE), 4)


def test_a_redirect_is_not_followed(live_site: Site) -> None:
    """Credentials and patients go to the address in the settings, and nowhere else."""
    live_site.bpjs.faults.add(
        Fault("redirect", location=f"{live_site.bpjs.url}/antrean/getlisttask")
    )
    complaint(antrean(live_site, *UPDATE), 5)
    assert [one.path for one in live_site.bpjs.arrived] == ["/antreanrs/antrean/updatewaktu"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("drip", interval=0.5),
        Fault("drip_headers", interval=0.5),
        Fault("timeout_before", seconds=40),
        Fault("timeout_after", seconds=40),
    ],
    ids=lambda fault: str(fault.name),
)
def test_a_slow_bpjs_is_left_when_its_time_is_up(live_site: Site, fault: Fault) -> None:
    """BPJS_TIMEOUT is for the whole call: dripping bytes do not stretch it (they would to 30 s)."""
    booked(live_site)
    live_site.bpjs.faults.add(fault)
    began = time.monotonic()
    complaint(antrean(live_site, *UPDATE, BPJS_TIMEOUT="2"), 5)
    assert time.monotonic() - began < 12


@pytest.mark.parametrize("name", CALLS)
def test_a_certificate_of_anybody_exits_5_and_nothing_is_told_to_him(
    live_site: Site, tmp_path: Path, name: str
) -> None:
    pem = self_signed(tmp_path)
    with Simulator(
        cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY, certificate=pem
    ) as bpjs:
        said = complaint(antrean(live_site, *CALLS[name], BPJS_BASE_URL=bpjs.url), 5)
        assert bpjs.arrived == []
    assert said.startswith("antrean: sertifikat TLS server BPJS diterbitkan sendiri")
    assert "BPJS_CA_BUNDLE" in said


# -- Khanza

FROM_KHANZA = [("add", "--no-rawat", "2026/11/23/000001"), ("sync",)]


@pytest.fixture
def other_khanza(mariadb: MariaDB) -> Iterator[Callable[..., str]]:
    """Return a maker of a second Khanza with changed tables; it returns the database's name."""
    mariadb.start()
    name = "kurang"

    def make(*statements: str) -> str:
        with mariadb.admin() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET latin1")
            cursor.execute("SHOW TABLES")
            for (table,) in cursor.fetchall():
                cursor.execute(f"CREATE TABLE {name}.{table} LIKE {mariadb.DATABASE}.{table}")
            cursor.execute(f"GRANT SELECT ON {name}.* TO {mariadb.USER}@localhost")
            cursor.execute(f"USE {name}")
            for statement in statements:
                cursor.execute(statement)
        return name

    yield make
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"REVOKE ALL ON {name}.* FROM {mariadb.USER}@localhost")


@pytest.mark.parametrize("arguments", FROM_KHANZA)
def test_a_khanza_that_is_down_exits_5(
    live_site: Site, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """By socket and by port; nothing is sent, and no address, account or password is shown."""
    for env in (
        {"KHANZA_SOCKET": str(tmp_path / "tidak-ada")},
        {"KHANZA_SOCKET": "", "KHANZA_PORT": "1"},
    ):
        said = complaint(
            antrean(live_site, *arguments, ANTREAN_STATE=str(tmp_path / f"buku{len(env)}"), **env),
            5,
        )
        assert "server database Khanza tidak " in said
        assert "rahasia-khanza" not in said
    assert live_site.bpjs.arrived == []


@pytest.mark.parametrize("arguments", FROM_KHANZA)
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"KHANZA_PASSWORD": "salah-sekali"}, "eriksa KHANZA_USER dan KHANZA_PASSWORD"),
        ({"KHANZA_USER": "orang-lain"}, "eriksa KHANZA_USER dan KHANZA_PASSWORD"),
        (
            {"KHANZA_DATABASE": "bukan_sik"},
            "eriksa KHANZA_DATABASE, dan beri",
        ),
    ],
)
def test_an_account_that_khanza_does_not_let_in_exits_8(
    live_site: Site, arguments: tuple[str, ...], wrong: dict[str, str], told: str
) -> None:
    said = complaint(antrean(live_site, *arguments, **wrong), 8)
    assert told in said  # at the beginning of a sentence, or within one
    assert "salah-sekali" not in said
    assert live_site.bpjs.arrived == []


@pytest.mark.parametrize("arguments", FROM_KHANZA)
def test_a_khanza_without_a_table_or_column_exits_8_and_names_all_that_is_missing(
    live_site: Site, other_khanza: Callable[..., str], arguments: tuple[str, ...]
) -> None:
    database = other_khanza(
        "DROP TABLE mutasi_berkas",
        "ALTER TABLE resep_obat DROP tgl_penyerahan, DROP jam_penyerahan",
        "ALTER TABLE bridging_sep DROP penunjang",
    )
    said = complaint(antrean(live_site, *arguments, KHANZA_DATABASE=database), 8)
    for missing in (
        "mutasi_berkas",
        "resep_obat",
        "tgl_penyerahan",
        "jam_penyerahan",
        "bridging_sep",
        "penunjang",
    ):
        assert missing in said
    assert live_site.bpjs.arrived == []


def test_on_a_wrong_schema_nothing_at_all_is_sent(
    live_site: Site, other_khanza: Callable[..., str]
) -> None:
    """Not even what was due already: somebody has to look first."""
    live_site.khanza.sep(
        live_site.khanza.visit(datetime.now(timezone(timedelta(hours=7))).date(), jam="00:00:01")
    )
    live_site.bpjs.down = True
    antrean(live_site, "sync")
    live_site.bpjs.down = False
    arrived = len(live_site.bpjs.arrived)
    database = other_khanza("DROP TABLE mutasi_berkas")
    done = antrean(live_site, "sync", KHANZA_DATABASE=database)
    assert (done.returncode, len(live_site.bpjs.arrived)) == (8, arrived)


@pytest.mark.parametrize("arguments", FROM_KHANZA)
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "KHANZA_SQLITE: {file} bukan contoh Khanza yang dapat dibaca"),
        (b"", "Khanza tidak sesuai: tabel reg_periksa tidak ada"),
        (b"bukan sqlite" * 100, "KHANZA_SQLITE: {file} bukan contoh Khanza yang dapat dibaca"),
    ],
    ids=["none", "empty", "another"],
)
def test_a_sample_that_is_none_is_named(
    live_site: Site,
    tmp_path: Path,
    arguments: tuple[str, ...],
    content: bytes | None,
    told: str,
) -> None:
    sample = tmp_path / "contoh.sqlite3"
    if content is not None:
        sample.write_bytes(content)
    done = antrean(live_site, *arguments, KHANZA_SQLITE=str(sample))
    assert told.format(file=sample) in complaint(done, 8)
    assert sample.exists() == (content is not None)


@pytest.mark.parametrize(
    "name", ["contoh 1.sqlite3", "contoh #1.sqlite3", "contoh 100%41.sqlite3", "a?mode=rwc"]
)
def test_a_sample_may_have_any_file_name(live_site: Site, tmp_path: Path, name: str) -> None:
    connection = create_sqlite(tmp_path / name)
    hospital = Hospital(connection, paramstyle=sqlite3.paramstyle)
    hospital.basics()
    hospital.sep(hospital.visit(MONDAY))
    connection.close()
    env = {"KHANZA_SQLITE": str(tmp_path / name)}
    done = antrean(live_site, "add", "--no-rawat", "2026/11/23/000001", "--dry-run", **env)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["kodebooking"] == "2026/11/23/000001"


@pytest.mark.parametrize(
    "no_rawat",
    [
        "",
        "1",
        "2026-11-23",
        "2026/02/31/000001",
        "2026/11/23/0000001",
        "'; DROP TABLE pasien; --",
        "%",
    ],
)
def test_a_no_rawat_that_is_none_is_refused(live_site: Site, no_rawat: str) -> None:
    complaint(antrean(live_site, "add", "--no-rawat", no_rawat), 2)
    assert live_site.bpjs.arrived == []


# -- the state file


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file of a folder but the lock with its bytes and mode."""
    files = (file for file in folder.iterdir() if file.is_file() and file.suffix != ".lock")
    return {file.name: (file.read_bytes(), file.stat().st_mode) for file in files}


@pytest.fixture
def kept(live_site: Site) -> Iterator[Path]:
    """A folder of its own for the state file."""
    folder = live_site.folder / "status"
    folder.mkdir()
    yield folder
    folder.chmod(0o700)


def a_ledger(site: Site, file: Path) -> None:
    """Make a ledger with something in it, as a command leaves it."""
    site.bpjs.bookings.mobile_jkn("LAMA", MONDAY.isoformat())
    done = antrean(site, "update", "LAMA", "3", "2026-11-23 08:05", ANTREAN_STATE=str(file))
    assert done.returncode == 0, done.stderr


def damaged_in_the_middle(site: Site, file: Path) -> None:
    """Overwrite the root page of a table in a proper ledger."""
    a_ledger(site, file)
    page = 4096
    with file.open("r+b") as stream:
        stream.seek(page)
        stream.write(os.urandom(page))


def cut_short(site: Site, file: Path) -> None:
    a_ledger(site, file)
    os.truncate(file, file.stat().st_size // 2)


def junk(_: Site, file: Path) -> None:
    file.write_bytes(b"ini bukan SQLite\n" * 600)


def foreign(_: Site, file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE resep (obat TEXT)")
        connection.execute("INSERT INTO resep VALUES ('contoh')")
    connection.close()


def foreign_with_an_id(site: Site, file: Path) -> None:
    foreign(site, file)
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA application_id = 252006674")
    connection.close()


def newer(site: Site, file: Path) -> None:
    a_ledger(site, file)
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA user_version = 999")
    connection.close()


def newer_and_killed(site: Site, file: Path) -> None:
    """Leave a newer ledger as kill -9 does, with its last commits in the -wal alone."""
    newer(site, file)
    script = f"""
import os, sqlite3
connection = sqlite3.connect({str(file)!r}, isolation_level=None)
connection.execute("INSERT INTO meta VALUES ('baru', '1')")
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    assert file.with_name(file.name + "-wal").stat().st_size > 0


UNUSABLE = {
    "junk": (junk, "rusak"),
    "damaged": (damaged_in_the_middle, "rusak"),
    "cut": (cut_short, "rusak"),
    "foreign": (foreign, "bukan berkas status antrean"),
    "foreign_id": (foreign_with_an_id, "bukan berkas status antrean"),
    "newer": (newer, "lebih baru"),
    "newer_killed": (newer_and_killed, "lebih baru"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
@pytest.mark.parametrize("name", [*MANUAL, "sync"])
def test_an_unusable_state_file_exits_9_and_stays_as_it_was(
    live_site: Site, kept: Path, name: str, kind: str
) -> None:
    """To the byte, mode included: it may be somebody else's, or the only thing to recover from."""
    file = kept / "buku.sqlite3"
    make, word = UNUSABLE[kind]
    make(live_site, file)
    file.chmod(0o640)
    before, arrived = contents(kept), len(live_site.bpjs.arrived)
    said = complaint(antrean(live_site, *MANUAL.get(name, (name,)), ANTREAN_STATE=str(file)), 9)
    assert word in said
    assert str(file) in said
    after = contents(kept)
    assert after["buku.sqlite3"] == before["buku.sqlite3"]
    if kind == "newer_killed":
        assert after["buku.sqlite3-wal"][0] == before["buku.sqlite3-wal"][0]
    else:
        assert set(after) <= {*before, "buku.sqlite3-shm"}
    assert len(live_site.bpjs.arrived) == arrived, "nothing is sent"


def state_is_a_folder(folder: Path) -> Path:
    (folder / "buku").mkdir()
    return folder / "buku"


def folder_is_a_file(folder: Path) -> Path:
    (folder / "buku").write_text("")
    return folder / "buku" / "antrean.sqlite3"


def wal_is_a_folder(folder: Path) -> Path:
    (folder / "buku-wal").mkdir()
    return folder / "buku"


def dangling_link(folder: Path) -> Path:
    (folder / "buku").symlink_to(folder / "tidak" / "ada")
    return folder / "buku"


def too_long(folder: Path) -> Path:
    return folder / ("b" * 300)


UNUSABLE_PLACE = "Berkas status {} tidak dapat dipakai"


@pytest.mark.parametrize(
    ("where", "why"),
    [
        (state_is_a_folder, f"{UNUSABLE_PLACE}; periksa pemilik dan izin folder "),
        (folder_is_a_file, f"{UNUSABLE_PLACE}: sudah ada; periksa ANTREAN_STATE"),
        (wal_is_a_folder, "{} tidak ada, tetapi buku-wal masih ada; kembalikan berkasnya"),
        (dangling_link, f"{UNUSABLE_PLACE}: tidak ada; periksa ANTREAN_STATE"),
        (too_long, f"{UNUSABLE_PLACE}: namanya terlalu panjang; periksa ANTREAN_STATE"),
    ],
)
@pytest.mark.parametrize("name", [*MANUAL, "sync"])
def test_a_state_file_that_cannot_be_made_exits_9(
    live_site: Site, kept: Path, name: str, where: Callable[[Path], Path], why: str
) -> None:
    path = where(kept)
    said = complaint(antrean(live_site, *MANUAL.get(name, (name,)), ANTREAN_STATE=str(path)), 9)
    assert said.removeprefix("antrean: ").startswith(why.format(path))
    assert live_site.bpjs.arrived == []


@pytest.mark.parametrize("name", [*MANUAL, "sync"])
def test_a_state_file_that_may_not_be_written_exits_9(
    live_site: Site, kept: Path, name: str
) -> None:
    file = kept / "buku.sqlite3"
    a_ledger(live_site, file)
    file.chmod(0o400)
    kept.chmod(0o500)
    before, arrived = contents(kept), len(live_site.bpjs.arrived)
    done = limited(POWERLESS, live_site, *MANUAL.get(name, (name,)), ANTREAN_STATE=str(file))
    assert complaint(done, 9).endswith(
        f"; periksa pemilik dan izin folder {kept}, atau ANTREAN_STATE\n"
    )
    assert (contents(kept), len(live_site.bpjs.arrived)) == (before, arrived)


@pytest.mark.parametrize("name", [*MANUAL, "sync"])
def test_a_folder_that_may_not_be_written_exits_9(live_site: Site, kept: Path, name: str) -> None:
    kept.chmod(0o500)
    env = {"ANTREAN_STATE": str(kept / "buku.sqlite3")}
    complaint(limited(POWERLESS, live_site, *MANUAL.get(name, (name,)), **env), 9)
    assert live_site.bpjs.arrived == []


@pytest.mark.parametrize("size", [0, 4096, 30_000])
@pytest.mark.parametrize("existing", [False, True])
@pytest.mark.parametrize("name", [*MANUAL, "sync"])
def test_on_a_full_disk_nothing_is_sent(
    live_site: Site, kept: Path, name: str, existing: bool, size: int
) -> None:
    """The ledger is written before the first request; what cannot be noted is not sent."""
    file = kept / "buku.sqlite3"
    if existing:
        a_ledger(live_site, file)
    arrived = len(live_site.bpjs.arrived)
    done = limited(room(size), live_site, *MANUAL.get(name, (name,)), ANTREAN_STATE=str(file))
    complaint(done, 9)
    assert len(live_site.bpjs.arrived) == arrived


@pytest.mark.parametrize("name", [*MANUAL, "sync"])
def test_on_a_disk_that_is_full_after_opening_nothing_is_sent(
    live_site: Site, kept: Path, name: str
) -> None:
    """The ledger opens, but its next commit does not fit: that is tried before sending."""
    file, size = kept / "buku.sqlite3", 32_768  # the -shm needs just that much
    nearly_full(file, size)
    booked(live_site)
    complaint(
        limited(room(size), live_site, *MANUAL.get(name, (name,)), ANTREAN_STATE=str(file)), 9
    )
    assert live_site.bpjs.arrived == []


def test_after_a_full_disk_everything_goes_on(live_site: Site, kept: Path) -> None:
    file = kept / "buku.sqlite3"
    a_ledger(live_site, file)
    booked(live_site)
    for size in (0, 4096, 30_000):
        assert limited(room(size), live_site, *UPDATE, ANTREAN_STATE=str(file)).returncode == 9
    done = antrean(live_site, *UPDATE, ANTREAN_STATE=str(file))
    assert done.returncode == 0, done.stderr


def test_a_lock_that_cannot_be_made_exits_9(live_site: Site, kept: Path) -> None:
    (kept / "buku.sqlite3.lock").mkdir()
    complaint(antrean(live_site, "sync", ANTREAN_STATE=str(kept / "buku.sqlite3")), 9)


# -- what people type

KODEBOOKING = ["", " ", " A1", "A1 ", "A\n1", "A\t1", "A\x1b[31m1", "A" * 300]


@pytest.mark.parametrize("kodebooking", KODEBOOKING)
@pytest.mark.parametrize("name", CALLS)
def test_a_kode_booking_that_cannot_be_one_is_refused(
    live_site: Site, name: str, kodebooking: str
) -> None:
    """In a JSON file too; nothing is sent, and no escape sequence is repeated."""
    arguments = [kodebooking if word == KB else word for word in CALLS[name]]
    done = given(json.dumps({**BODY, "kodebooking": kodebooking}), live_site, *arguments)
    assert "\x1b" not in complaint(done, 2)
    assert live_site.bpjs.arrived == []


def test_a_kode_booking_that_no_file_can_hold_is_refused(live_site: Site) -> None:
    """Half a surrogate pair is JSON, but no text: it must not be sent and then not be noted."""
    done = given(json.dumps({**BODY, "kodebooking": "A\ud800"}), live_site, "add", "-")
    complaint(done, 2)
    assert live_site.bpjs.arrived == []


@pytest.mark.parametrize(
    "kodebooking", ["2026/11/23/000001", "Y03-20#1617068533", "A 12 b", "A" * 100]
)
def test_a_kode_booking_may_hold_slashes_hashes_and_inner_spaces(
    live_site: Site, kodebooking: str
) -> None:
    done = given(json.dumps({**BODY, "kodebooking": kodebooking}), live_site, "add", "-")
    assert done.returncode == 0, done.stderr
    assert [booking["kodebooking"] for booking in live_site.bpjs.bookings.snapshot()] == [
        kodebooking
    ]


@pytest.mark.parametrize("taskid", ["0", "8", "9", "98", "100", "03", "3.0", "tiga", "", " 3", "٣"])
def test_a_taskid_that_bpjs_does_not_have_is_refused(live_site: Site, taskid: str) -> None:
    told = f"TASKID harus salah satu dari 1, 2, 3, 4, 5, 6, 7, 99, bukan '{taskid}'."
    assert told in complaint(antrean(live_site, "update", KB, taskid), 2)
    assert live_site.bpjs.arrived == []


NO_TIMES = [
    "2026-02-31 08:00",
    "2026-11-23 25:00",
    "2026-11-23 08:60",
    "2026-11-23",
    "08:05",
    "11/23/2026 08:05",
    "23/11-2026 08:05",
    "23/11/2026 08.05:30",
    "23/11/26 08:05",
    "0000-00-00 00:00:00",
    "2026-11-23 08:05 WIB",
    "besok",
    "1795395900",
    "17953959000000",
    "1795395900000.5",
    "",
    " ",
]


@pytest.mark.parametrize("waktu", NO_TIMES)
def test_a_waktu_that_is_no_time_is_refused_and_never_becomes_now(
    live_site: Site, waktu: str
) -> None:
    told = f"WAKTU '{waktu}' bukan waktu; tulis misalnya"
    assert told in complaint(antrean(live_site, "update", KB, "3", waktu), 2)
    assert live_site.bpjs.arrived == []


NO_JSON = [
    "",
    "{",
    "bukan JSON",
    "{'kodebooking': 1}",
    "[]",
    "[{}]",
    "null",
    '"teks"',
    "5",
    "[" * 100_000,
]


@pytest.mark.parametrize("text", NO_JSON, ids=lambda text: text[:8] or "empty")
def test_a_file_that_holds_no_json_object_is_refused(
    live_site: Site, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "antrean.json"
    file.write_text(text)
    said = complaint(antrean(live_site, "add", str(file)), 2).removeprefix(f"antrean: {file} ")
    assert said.startswith(("bukan JSON yang benar", "harus berisi satu objek JSON"))
    assert live_site.bpjs.arrived == []


def test_a_file_that_is_no_text_is_refused(live_site: Site, tmp_path: Path) -> None:
    file = tmp_path / "antrean.json"
    file.write_bytes(json.dumps({**BODY, "namadokter": "é"}, ensure_ascii=False).encode("latin-1"))
    complaint(antrean(live_site, "add", str(file)), 2)


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(
    live_site: Site, tmp_path: Path
) -> None:
    for path in (tmp_path / "tidak-ada.json", tmp_path):
        assert str(path) in complaint(antrean(live_site, "add", str(path)), 2)


def test_a_file_that_may_not_be_read_is_refused(live_site: Site, tmp_path: Path) -> None:
    file = tmp_path / "antrean.json"
    file.write_text(json.dumps(BODY))
    file.chmod(0o000)
    assert str(file) in complaint(limited(POWERLESS, live_site, "add", str(file)), 2)


FIELDS: list[tuple[str, Any]] = [
    ("kodedokter", "12345"),
    ("angkaantrean", "5"),
    ("pasienbaru", True),
    ("pasienbaru", 2),
    ("pasienbaru", 0.0),
    ("jeniskunjungan", 0),
    ("jeniskunjungan", 5),
    ("kuotajkn", None),
    ("sisakuotajkn", -1),
    ("estimasidilayani", 1615869169000.5),
    ("norm", 123345),
    ("namadokter", None),
    ("keterangan", ["teks"]),
    ("jenispasien", "jkn"),
    ("jenispasien", "UMUM"),
    ("tanggalperiksa", "28-01-2021"),
    ("tanggalperiksa", "2021-02-31"),
    ("tanggalperiksa", "2021-1-28"),
    ("jampraktek", "8-16"),
    ("jampraktek", "08:00 - 16:00"),
    ("jampraktek", "08:00"),
    ("jampraktek", "08:00-25:00"),
]


@pytest.mark.parametrize(("field", "value"), FIELDS)
def test_a_field_of_the_wrong_type_or_form_is_named_and_not_sent(
    live_site: Site, field: str, value: Any
) -> None:
    assert field in complaint(given(json.dumps({**BODY, field: value}), live_site, "add", "-"), 2)
    assert live_site.bpjs.arrived == []


def test_a_field_too_many_is_named_and_not_sent(live_site: Site) -> None:
    """A misspelt name must not be dropped on the way."""
    assert "namapasien" in complaint(
        given(json.dumps({**BODY, "namapasien": "X"}), live_site, "add", "-"), 2
    )
    assert live_site.bpjs.arrived == []


@pytest.mark.parametrize("field", BODY)
def test_each_missing_field_is_named_and_nothing_is_sent(live_site: Site, field: str) -> None:
    lacking = {name: value for name, value in BODY.items() if name != field}
    assert f"{field} belum ada" in complaint(given(json.dumps(lacking), live_site, "add", "-"), 2)
    assert live_site.bpjs.arrived == []


def test_all_problems_of_a_body_are_named_together(live_site: Site) -> None:
    wrong = {**BODY, "kodedokter": "12345", "norm": 5, "lebih": 1}
    del wrong["nik"]
    said = complaint(given(json.dumps(wrong), live_site, "add", "-"), 2)
    assert not [name for name in ("kodedokter", "norm", "lebih", "nik") if name not in said]


def test_a_refused_body_is_not_repeated_on_the_screen(live_site: Site) -> None:
    """The fields are a patient's."""
    said = complaint(given(json.dumps({**BODY, "kodedokter": "x"}), live_site, "add", "-"), 2)
    assert not [BODY[name] for name in ("nik", "nomorkartu", "nohp", "norm") if BODY[name] in said]


NAMES = [
    'Ny. O\'Neil "Ani"',
    "C:\\temp\\n",
    "baris 1\nbaris 2",
    "tab\there",
    "Søren ☺ 🏥",
    "</script>{{x}}%s${Y}",
    "محمد",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_goes_through(live_site: Site, name: str) -> None:
    body = {**BODY, "keterangan": name, "namadokter": name.replace("\n", " ")}
    done = given(json.dumps(body), live_site, "add", "-")
    assert done.returncode == 0, done.stderr
    assert live_site.bpjs.received[0].body == body


def test_any_reason_for_a_cancel_goes_through(live_site: Site) -> None:
    for number, reason in enumerate(NAMES):
        live_site.bpjs.bookings.mobile_jkn(f"B{number}", MONDAY.isoformat())
        done = antrean(live_site, "batal", f"B{number}", "--keterangan", reason)
        assert done.returncode == 0, done.stderr
    assert [one.body and one.body["keterangan"] for one in live_site.bpjs.received] == NAMES


# -- where the output goes


def written_to(site: Site, target: str, *arguments: str) -> tuple[int, str]:
    """Run the command with stdout sent where the shell sends it; return exit code and stderr."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -m antrean_cli "$@" {target}', sys.executable, *arguments],
        env={**os.environ, **site.env, "ANTREAN_STATE": str(site.state)},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "arguments", [("listtask", KB, "--json"), ("--help",), ("--version",), ("add", "--help")]
)
def test_output_on_a_full_disk_is_told_and_no_success(
    live_site: Site, arguments: tuple[str, ...]
) -> None:
    booked(live_site)
    code, said = written_to(live_site, ">/dev/full", *arguments)
    assert code not in (0, 1)
    assert len(said.splitlines()) == 1
    assert not ENGLISH.search(said), said


def test_a_closed_output_is_no_bug(live_site: Site) -> None:
    booked(live_site)
    assert written_to(live_site, ">&-", *UPDATE)[0] == 0
    assert written_to(live_site, ">&- 2>&-", "batal", KB, "--keterangan", "Uji") == (0, "")
    code, said = written_to(live_site, ">&-", "update", KB, "8")
    assert (code, len(said.splitlines())) == (2, 1)


# -- what cannot be written, and arguments that are no text


@pytest.mark.parametrize("stderr", ["/dev/full", "closed"])
def test_a_pass_goes_on_although_nothing_can_be_said(site: Site, stderr: str) -> None:
    """Cron's mail may have no room: what is sent is sent, and the exit code tells all the same."""
    visits = [site.khanza.visit(MONDAY, jam="08:05:00") for _ in range(5)]
    for no_rawat in visits:
        site.khanza.sep(no_rawat)
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=visits[0])
    site.bpjs.bookings.refuse("rujukan_tidak_valid", norm=norm)
    command = (
        f"exec '{sys.executable}' -m tests.support.command sync "
        f"2>{'&-' if stderr == 'closed' else stderr}"
    )
    env = {
        **os.environ,
        **site.env,
        "ANTREAN_STATE": str(site.state),
        "CLOCK": site.clock.now.isoformat(),
    }
    assert subprocess.run(["sh", "-c", command], env=env, check=False).returncode == 3
    assert all(site.states(no_rawat) == {"add": "sent", "3": "sent"} for no_rawat in visits[1:])


@pytest.mark.parametrize("argument", [b"a\xff", b"a\nb", b"a\x1b[31m"])
@pytest.mark.parametrize(
    "args", [("show",), ("retry",), ("listtask", "X", "--format"), ("ref", "jadwal")]
)
def test_an_argument_that_is_no_text_gets_one_sentence(
    site: Site, args: tuple[str, ...], argument: bytes
) -> None:
    env = {**os.environ, **site.env, "ANTREAN_STATE": str(site.state)}
    command = [sys.executable, "-m", "antrean_cli", *args, os.fsdecode(argument)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert site.bpjs.arrived == []


@pytest.mark.parametrize(
    "args",
    [
        ("reconcile", "--date", "0001-01-01"),
        ("add", "--no-rawat", "9999/12/31/000001"),
        ("list", "--date", "9999-12-31"),
    ],
    ids=" ".join,
)
def test_a_year_that_is_none_of_a_hospitals_gets_one_sentence(
    site: Site, args: tuple[str, ...]
) -> None:
    site.sync()
    done = site.run(*args)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
