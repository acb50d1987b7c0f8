"""Canaries: values of a patient and of the settings that can be mistaken for nothing else, looked
for everywhere.

- Patients, secrets and passwords are invented, and every command runs, well and in trouble.
- Each run's standard output and error, each file that it leaves (ledger, -wal, -shm, log, names of
  files) and its line in the process list are searched for the values: plain, halved, reversed, in
  base64, in UTF-16, per cent.
- What a command shows on purpose is excepted by name: the body that `add --dry-run` prints, the
  file and the options that the person typed, and the journal of the simulator.
- A new command is watched from its first day: a test fails while it has no scene in here.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

import pytest

from antrean_cli.cli import COMMANDS
from antrean_cli.render.listings import FORMATS
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.visits import Visit
from antrean_cli.simulator.faults import Reply
from antrean_cli.simulator.hospital import Hospital
from antrean_cli.simulator.server import Simulator, encrypted
from tests.attacks.attack import Attack
from tests.support.command import on_a_terminal, run
from tests.support.mariadb import MariaDB
from tests.support.site import SINCE, WIB, YESTERDAY
from tests.support.watcher import Watcher

NAME, NIK, CARD, PHONE = (
    "SITI KENARI WULANSARI",
    "9907197788663355",
    "0009977553311",
    "081399775566",
)
SECRET, USER_KEY, PASSWORD = (
    "pipit-Rahasia7QzX4vLm",
    "murai-Kunci93fKpW2mBd",
    "gelatik-Sandi8TrN5dYhJs",
)
NUMBERS = {"NIK": NIK, "card": CARD, "phone": PHONE}
SECRETS = {"secret": SECRET, "user key": USER_KEY, "password": PASSWORD}
BOOKING = f"{YESTERDAY:%Y/%m/%d}/000001"

# So many digits in a row are no accident.
EIGHT = 8


# -- looking for them


def halves(value: str) -> tuple[str, ...]:
    """Return a value cut in two; none of fewer than eight digits, which a file may hold by chance:
    a fingerprint, a number of milliseconds.
    """
    half = len(value) // 2
    cut = (value[:half], value[half:])
    return cut if not value.isdigit() or half >= EIGHT else ()


def spellings(value: str) -> Iterator[bytes]:
    """Yield what a value looks like to those who copy, cut, turn or encode it."""
    for text in (value, *halves(value)):
        for turned in (text, text[::-1]):
            yield turned.lower().encode()
            yield turned.lower().encode("utf-16-le")
            yield "".join(f"%{byte:02x}" for byte in turned.encode()).encode()
    yield quote(value).lower().encode()
    for shift in range(3):  # three places for three bytes in four letters
        yield base64.b64encode(b"." * shift + value.encode())[4 if shift else 0 : -4].lower()


def _needles() -> dict[str, list[bytes]]:
    found = {
        kind: list(spellings(value)) for kind, value in {**SECRETS, **NUMBERS, "name": NAME}.items()
    }
    found["name"] += [word.lower().encode() for word in NAME.split()[1:]]
    for kind, number in NUMBERS.items():
        eights = [number[at : at + EIGHT] for at in range(len(number) - EIGHT + 1)]
        found[kind] += [text.encode() for eight in eights for text in (eight, eight[::-1])]
    return found


NEEDLES = _needles()


def traces(data: bytes, *, besides: frozenset[str] = frozenset()) -> set[str]:
    """Return which canaries a text holds; numbers are found with anything but letters between their
    digits, too.
    """
    low = data.lower()
    joined = re.sub(rb"(?<=\d)(?:%[0-9a-f]{2}|[^0-9a-z])(?=\d)", b"", low)
    found = {
        kind
        for kind, texts in NEEDLES.items()
        if any(text in low or text in joined for text in texts)
    }
    return found - besides


@pytest.mark.parametrize("kind", NEEDLES)
def test_a_canary_is_found_in_every_disguise(kind: str) -> None:
    """The search itself: else all below would prove nothing."""
    value = {**SECRETS, **NUMBERS, "name": NAME}[kind]
    disguises = [
        value.upper(),
        *halves(value),
        *(half[::-1] for half in halves(value)),
        value[::-1],
        quote(f"x {value} y"),
    ]
    disguises += [
        base64.b64encode(f"{'.' * n}{value} sesudahnya".encode()).decode() for n in range(5)
    ]
    disguises += (
        [" ".join(value), ".".join(value), value[1:9], value[-8:]] if value.isdigit() else []
    )
    for text in [
        *(text.encode() for text in disguises),
        value.encode("utf-16-be"),
        value.encode("utf-16-le"),
    ]:
        assert kind in traces(b"\0di depan " + text + b" di belakang"), f"not found: {text!r}"
    assert (
        traces(f"Kode Booking {BOOKING} ditolak (kode 201) pada {datetime.now(WIB)}".encode())
        == set()
    )


# -- a hospital of canaries


class Gossip(Simulator):
    """A stand-in BPJS that says what a test wants it to, of anybody."""

    says: tuple[int, str] | None = None
    tasknames: str | None = None

    def answer(
        self, method: str, path: str, headers: Mapping[str, str], raw: bytes, spelling: str = ""
    ) -> Reply:
        """Judge the request as ever, and answer with the words of the test where there are any."""
        reply = super().answer(method, path, headers, raw, spelling)
        if self.says:
            return _reply(*self.says, None)
        if self.tasknames:
            row = {
                "taskid": 3,
                "wakturs": self.tasknames,
                "waktu": self.tasknames,
                "taskname": self.tasknames,
            }
            return _reply(200, "Ok", encrypted(f"1000{SECRET}{headers['x-timestamp']}", [row]))
        return reply


def _reply(code: int, message: str, response: str | None) -> Reply:
    return Reply(
        body=json.dumps(
            {"metadata": {"code": code, "message": message}, "response": response}
        ).encode()
    )


@dataclass
class Ward:
    """A hospital whose every run is searched."""

    khanza: Hospital
    bpjs: Gossip
    mariadb: MariaDB
    folder: Path
    env: dict[str, str]
    tally: Counter[str] = field(default_factory=Counter)
    written: set[Path] = field(default_factory=set)

    def visit(self) -> str:
        """Register a canary with a SEP, examined and gone home; return no_rawat."""
        norm = self.khanza.patient(nm_pasien=NAME, no_ktp=NIK, no_tlp=PHONE, no_peserta=CARD)
        no_rawat = self.khanza.visit(YESTERDAY, norm=norm)
        self.khanza.sep(no_rawat)
        self.khanza.exam(no_rawat, f"{YESTERDAY} 08:30:00")
        return no_rawat

    def body(self, kodebooking: str) -> Path:
        """Write a body of tambah antrean, as a person would; return the file."""
        fields = {
            "kodebooking": kodebooking,
            "jenispasien": "JKN",
            "nomorkartu": CARD,
            "nik": NIK,
            "nohp": PHONE,
            "kodepoli": "INT",
            "namapoli": "PENYAKIT DALAM",
            "pasienbaru": 0,
            "norm": "000001",
            "tanggalperiksa": str(YESTERDAY),
            "kodedokter": 12345,
            "namadokter": "dr. Andi Contoh",
            "jampraktek": "08:00-14:00",
            "jeniskunjungan": 1,
            "nomorreferensi": "0301U0011126P000001",
            "nomorantrean": "INT-001",
            "angkaantrean": 1,
            "estimasidilayani": 1795395900000,
            "sisakuotajkn": 5,
            "kuotajkn": 30,
            "sisakuotanonjkn": 5,
            "kuotanonjkn": 30,
            "keterangan": "-",
        }
        return self.write("body.json", json.dumps(fields))

    def write(self, name: str, text: str) -> Path:
        """Write a file of the person's own: it is not searched."""
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        self.written.add(file)
        return file

    def run(
        self,
        *args: str,
        shows: frozenset[str] = frozenset(),
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> str:
        """Run the command and search what it prints; returns that.

        `shows` is what it shows on purpose.
        """
        done = run(*args, environ=self.environment(env or {}), input=stdin)
        assert done.returncode != 1, f"a traceback:\n{done.stderr[-2_000:]}"
        self.search(done.stdout + done.stderr, args, shows)
        return done.stdout + done.stderr

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a run; an empty value of the test's takes a setting away."""
        whole = {**os.environ, **self.env, **env}
        return {name: value for name, value in whole.items() if value or name not in env}

    def search(
        self, output: str | bytes, args: tuple[str, ...], shows: frozenset[str] = frozenset()
    ) -> None:
        """Check that an output holds no canary."""
        data = output if isinstance(output, bytes) else output.encode()
        found = traces(data, besides=shows)
        assert not found, (
            f"antrean {' '.join(args)[:60]} tells {sorted(found)}:\n{data.decode(errors='replace')}"
        )
        self.tally.update(outputs=1, bytes=len(data))

    def search_files(self) -> None:
        """Check that no file under the folder holds a canary, nor its name."""
        for file in self.folder.rglob("*"):
            if file.is_file() and file not in self.written:
                data = str(file.relative_to(self.folder)).encode() + b"\0" + file.read_bytes()
                assert not (found := traces(data)), f"{file.name} holds {sorted(found)}"
                self.tally.update(files=1, bytes=len(data))
        self.tally["scenes"] += 1

    @contextmanager
    def started(self, *args: str) -> Iterator[subprocess.Popen[bytes]]:
        """Start a command, search its line in the process list, and go on; it
        is killed at the end.
        """
        command = [sys.executable, "-m", "antrean_cli", *args]
        with subprocess.Popen(
            command, env=self.environment({}), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            self.search(Path(f"/proc/{process.pid}/cmdline").read_bytes(), args)
            try:
                yield process
            finally:
                process.kill()
                assert process.stdout is not None
                self.search(process.stdout.read(), args)


@pytest.fixture
def ward(khanza: Hospital, mariadb: MariaDB, tmp_path: Path, attack: Attack) -> Iterator[Ward]:
    account = f"'perawat'@'localhost' IDENTIFIED BY '{PASSWORD}'"
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE OR REPLACE USER {account}")
        cursor.execute(f"GRANT SELECT ON {mariadb.DATABASE}.* TO 'perawat'@'localhost'")
    bpjs = Gossip(cons_id="1000", secret_key=SECRET, user_key=USER_KEY)
    with bpjs:
        env = {
            "BPJS_BASE_URL": bpjs.url,
            "BPJS_CONS_ID": "1000",
            "BPJS_SECRET_KEY": SECRET,
            "BPJS_USER_KEY": USER_KEY,
            "KHANZA_SOCKET": mariadb.socket,
            "KHANZA_USER": "perawat",
            "KHANZA_PASSWORD": PASSWORD,
            "KHANZA_DATABASE": mariadb.DATABASE,
            "ANTREAN_STATE": str(tmp_path / "antrean.sqlite3"),
            "ANTREAN_LOG_FILE": str(tmp_path / "antrean.log"),
        }
        ward = Ward(khanza=khanza, bpjs=bpjs, mariadb=mariadb, folder=tmp_path, env=env)
        yield ward
    attack.measured(
        "canaries in {scenes} scenes: every command, and what can go wrong for all of them",
        "0 found in {outputs} outputs and {files} files, {bytes:,} bytes",
        **{name: ward.tally[name] for name in ("scenes", "outputs", "files", "bytes")},
    )


# -- what BPJS may say of a patient


def fours(number: str, between: str) -> str:
    return between.join(number[at : at + 4] for at in range(0, len(number), 4))


WRITTEN: tuple[Callable[[str], str], ...] = (
    str,
    lambda number: fours(number, " "),
    lambda number: fours(number, "."),
    lambda number: fours(number, "-"),
    lambda number: fours(number, "%20"),
    lambda number: fours(number, "\u200b"),
    lambda number: number[:8],
    lambda number: number[-9:],
    lambda number: f"NO{number}X",
    lambda number: "".join(f"%{ord(digit):x}" for digit in number),
    lambda number: " ".join(number),
    lambda number: f"{'panjang ' * 35}{number}",  # across the place where long words are cut
)


def gossip(ward: Ward, attack: Attack) -> Iterator[str]:
    """Let BPJS quote the patient's numbers, each way of writing them in turn; yields what it says
    now.
    """
    ways = WRITTEN if attack.all else attack.random().sample(WRITTEN, 2)
    for number, write in enumerate(ways):
        words = f"data nik {write(NIK)} belum sesuai, kartu {write(CARD)}, hp {write(PHONE)}"
        ward.bpjs.says = ((201, 404)[number % 2], words)
        yield words
    ward.bpjs.says = None


# -- one scene a command


def scene_add(ward: Ward, attack: Attack) -> None:
    """From a file, standard input, single options and Khanza; shown, sent, refused, and with files
    nobody can use.
    """
    text = ward.body("B-1").read_text()
    ward.run("add", "body.json")
    ward.run("-v", "add", "-", "--json", "--kodebooking", "B-2", stdin=text)
    ward.run("add", "--no-rawat", ward.visit(), "--json")
    ward.run("add", "body.json", "--dry-run", shows=frozenset(NUMBERS))
    for broken in (
        text[:-1],
        text.replace('"nik": "', '"nik": '),
        text.replace(NIK, NIK + "\\ud800"),
        f'["{NIK}"]',
    ):
        ward.run("add", "-", stdin=broken)
    for _ in gossip(ward, attack):
        ward.run("add", "--no-rawat", ward.visit(), "--json")
    ward.bpjs.says = (201, f"NIK {NIK} milik peserta lain")
    ward.run("add", "body.json")


def scene_update(ward: Ward, attack: Attack) -> None:
    """A body without any number of the patient's: what BPJS says of one has to be known by its
    form.
    """
    ward.run("update", BOOKING, "3", f"{YESTERDAY} 08:05", "--json")
    file = str(
        ward.write("task.csv", f"{BOOKING},3,{YESTERDAY} 08:05\n{BOOKING}/2,4,1795395900000\n")
    )
    ward.run("update", "--file", file)
    wrong = (
        f"{NAME},{NIK},{PHONE}\n{NIK},3,{CARD}\n{CARD};{NIK}\n"  # the wrong file: one of patients
    )
    ward.run("update", "--file", "-", stdin=wrong)
    ward.run("update", "--file", str(ward.write("pasien.csv", wrong)))
    for number, _ in enumerate(gossip(ward, attack)):
        ward.run("update", BOOKING, "3", f"{YESTERDAY} 08:05")
        ward.run("-v", "update", "--file", file, *(["--json"] if number % 2 else []))


def scene_batal(ward: Ward, attack: Attack) -> None:
    ward.run("batal", BOOKING, "--keterangan", "Dokter berhalangan", "--json")
    for _ in gossip(ward, attack):
        ward.run("-v", "batal", BOOKING, "--keterangan", "Dokter berhalangan")


def scene_listtask(ward: Ward, attack: Attack) -> None:
    """Names of tasks are BPJS's words too."""
    at = int(
        (datetime.combine(YESTERDAY, datetime.min.time(), WIB) + timedelta(hours=8)).timestamp()
        * 1000
    )
    ward.bpjs.bookings.mobile_jkn(BOOKING, str(YESTERDAY), [{"taskid": 3, "waktu": at}])
    for form in FORMATS:
        ward.run("listtask", BOOKING, "--format", form, "--require", "3,4")
    for words in gossip(ward, attack):
        ward.run("listtask", BOOKING)
        ward.bpjs.says, ward.bpjs.tasknames = None, words
        ward.run("listtask", BOOKING, "--format", attack.random().choice(FORMATS))
        ward.bpjs.tasknames = None


def scene_sync(ward: Ward, attack: Attack) -> None:
    """Every way of telling what a pass did, in a pass that goes well and in those in which BPJS
    gossips.
    """
    ward.visit()
    ward.run("sync", "--dry-run", *SINCE)
    ward.run("sync", "--dry-run", "--json", *SINCE)
    assert ward.run("-v", "sync", *SINCE), "a pass with -v that has work says so"
    assert "Terkirim" in shown_on_a_terminal(ward, "sync"), "a terminal is shown a table"
    tellings = (
        ("sync",),
        ("-v", "sync"),
        ("-q", "sync"),
        ("sync", "--json"),
        ("-v", "sync", "--json"),
    )
    with Watcher() as watcher:
        ward.env["ANTREAN_PING_URL"] = watcher.url
        ward.env["ANTREAN_METRICS_FILE"] = str(ward.folder / "antrean.prom")
        ward.env["ANTREAN_ALERT_COMMAND"] = (
            f"cat >>'{ward.folder}/pesan'; env >>'{ward.folder}/env'"
        )
        for number, _ in enumerate(gossip(ward, attack)):
            ward.visit()
            ward.run(*tellings[number % len(tellings)])
            shown_on_a_terminal(ward, "sync", *(["--dry-run"] if number % 2 else []))
    assert any(one.body for one in watcher.heard), "the watcher is told"
    ward.search("\n".join(map(str, watcher.heard)), ("sync",))
    for file in ("antrean.prom", "pesan", "env"):
        assert (ward.folder / file).exists(), "it is searched with the other files"


def scene_farmasi(ward: Ward, attack: Attack) -> None:
    ward.run("farmasi", BOOKING, "12", "--jenisresep", "Racikan", "--json")
    for _ in gossip(ward, attack):
        ward.run("farmasi", BOOKING, "12", "--jenisresep", "Racikan")


def scene_ref(ward: Ward, attack: Attack) -> None:
    """Names of clinics and doctors are BPJS's words too."""
    ward.run("ref", "poli")
    ward.run("ref", "jadwal", "INT", str(YESTERDAY), "--json")
    booked = {"nik": NIK, "nomorkartu": CARD, "nohp": PHONE, "kodepoli": "INT"}
    ward.bpjs.bookings.mobile_jkn("A1", str(YESTERDAY), **booked)  # type: ignore[arg-type]
    for form in ((), ("--json",), ("--csv",)):
        for words in (("antrean", str(YESTERDAY)), ("antrean", "A1"), ("aktif",)):
            assert "A1" in ward.run("ref", *words, *form)
    for number in (NIK, CARD):
        assert "terdaftar" in ward.run("ref", "pasien-fp", stdin=f"{number}\n")
        for _ in gossip(ward, attack):
            ward.run("ref", "pasien-fp", "--json", stdin=f"{number}\n")
    for _ in gossip(ward, attack):
        ward.run("ref", "dokter")


def scene_jadwal(ward: Ward, attack: Attack) -> None:
    """Names of doctors are BPJS's words too."""
    ward.run("jadwal", "INT", str(YESTERDAY))
    for _ in gossip(ward, attack):
        ward.run("jadwal", "--json")
        ward.run("jadwal", "kirim", "INT", "--yes")


def scene_report(ward: Ward, attack: Attack) -> None:
    """The page is a file that others open."""
    at_the_desk("report", "--since", str(YESTERDAY))(ward, attack)
    ward.run("report", "--html", str(ward.folder / "laporan.html"))
    for _ in gossip(ward, attack):
        ward.run("report", "--since", str(YESTERDAY), "--bpjs", "--json")


def scene_backup(ward: Ward, attack: Attack) -> None:
    """The copy is searched with the other files."""
    at_the_desk("status")(ward, attack)
    ward.run("backup", "cadangan.sqlite3")
    ward.run("backup", "cadangan.sqlite3", "--json")
    assert (ward.folder / "cadangan.sqlite3").exists()


def scene_sites(ward: Ward, attack: Attack) -> None:
    """Of a hospital that is well, and of one whose settings are wrong."""
    at_the_desk("status")(ward, attack)
    (ward.folder / "sites").mkdir()
    for name, more in (("rs-a", ""), ("rs-b", f"BPJS_SECRET={SECRET}\n{NIK}\n")):
        texts = (f"{setting}={value}\n" for setting, value in ward.env.items())
        ward.write(f"sites/{name}.env", "".join(texts) + more)
    for form in ((), ("--json",)):
        assert "BPJS_SECRET tidak dikenal" in ward.run("sites", "--folder", "sites", *form)


def scene_units(ward: Ward, _: Attack) -> None:
    """The unit names the settings file, and holds nothing of what is in it."""
    texts = (f"{name}={value}\n" for name, value in ward.env.items())
    file = ward.write("settings.env", "".join(texts))
    for more in ((), ("service",), ("timer", "--user", "root"), ("--container",)):
        assert ward.run("--env-file", str(file), "units", *more)
    elsewhere = {**ward.env, "KHANZA_HOST": "192.0.2.5", "BPJS_BASE_URL": "https://bpjs.example/x"}
    texts = (f"{name}={value}\n" for name, value in elsewhere.items() if name != "KHANZA_SOCKET")
    file = ward.write("elsewhere.env", "".join(texts))
    assert "CronJob" in ward.run("--env-file", str(file), "units", "--kubernetes")


def scene_demo(ward: Ward, _: Attack) -> None:
    """It must know nothing of the hospital whose settings are around it."""
    ward.run("demo", "--keep", "coba")


def scene_panduan(ward: Ward, _: Attack) -> None:
    """It needs no settings, and repeats nothing of what is around it."""
    assert ward.run("panduan")
    ward.run("panduan", "istilah")


def scene_simulator(ward: Ward, _: Attack) -> None:
    """It shows its own keys, on purpose, and never those of the settings."""
    with ward.started("simulator", "--port", "0") as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith(b"BPJS_BASE_URL="), first
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def scene_check(ward: Ward, attack: Attack) -> None:
    """In order, and in trouble of every part: settings, account (with its REVOKE), clinic, BPJS."""
    at_the_desk("check")(ward, attack)
    norm = ward.khanza.patient(nm_pasien=NAME, no_ktp=NIK, no_tlp=PHONE, no_peserta=CARD)
    ward.khanza.visit(YESTERDAY, kd_poli="MAT", norm=norm)
    with ward.mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute(
            f"GRANT ALL PRIVILEGES ON {ward.mariadb.DATABASE}.* TO 'perawat'@'localhost'"
        )
        assert "REVOKE" in ward.run("check")
    for _ in gossip(ward, attack):
        ward.run("check", "--json")
    for env in WRONG_SETTINGS if attack.all else attack.random().sample(WRONG_SETTINGS, 4):
        ward.run("check", env=env)


def at_the_desk(*args: str) -> Callable[[Ward, Attack], None]:
    """Return the scene of a command that shows or changes what the ledger holds, gossip of BPJS's
    included.
    """

    def scene(ward: Ward, attack: Attack) -> None:
        visits = []
        for _ in gossip(ward, attack):
            visits.append(ward.visit())
            ward.run("sync", *SINCE)
        ward.bpjs.says = None
        for more in ((), ("--json",)):
            ward.run(*(arg.format(visits[0]) for arg in args), *more)

    return scene


SCENES: dict[str, Callable[[Ward, Attack], None]] = {
    "add": scene_add,
    "update": scene_update,
    "batal": scene_batal,
    "listtask": scene_listtask,
    "sync": scene_sync,
    "check": scene_check,
    "status": at_the_desk("status"),
    "list": at_the_desk("list"),
    "show": at_the_desk("show", "{}", "--bpjs"),
    "retry": at_the_desk("retry", "--all", "--now"),
    "drop": at_the_desk("drop", "{}", "--keterangan", "uji"),
    "replay": at_the_desk("replay", "--date", str(YESTERDAY), "--yes", "--now"),
    "farmasi": scene_farmasi,
    "reconcile": at_the_desk("reconcile", "--date", str(YESTERDAY)),
    "report": scene_report,
    "todo": at_the_desk("todo"),
    "sites": scene_sites,
    "backup": scene_backup,
    "ref": scene_ref,
    "jadwal": scene_jadwal,
    "units": scene_units,
    "demo": scene_demo,
    "panduan": scene_panduan,
    "simulator": scene_simulator,
}


def shown_on_a_terminal(ward: Ward, *args: str) -> str:
    """Run a command on a terminal of its own and search what it shows there."""
    shown = on_a_terminal(*args, environ=ward.environment({})).stdout
    ward.search(shown, args)
    return shown


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_tells_nothing_of_patients_or_secrets(
    ward: Ward, attack: Attack, command: str
) -> None:
    """Name, NIK, card, phone, secret, user key, password: in no output and in no file, whatever
    BPJS says.
    """
    assert command in SCENES, f"antrean {command} is not watched: write a scene for it"
    SCENES[command](ward, attack)
    ward.search_files()


# -- troubles that all commands share


def test_a_name_in_the_words_of_bpjs_is_not_told(ward: Ward, attack: Attack) -> None:
    """Of a visit whose patient Khanza knows: in any case, with dots, cut, or per cent."""
    names = (
        NAME,
        NAME.lower(),
        NAME.title(),
        NAME.replace(" ", "."),
        quote(NAME),
        NAME[:14],
        NAME.replace(" ", "  "),
    )
    for name in names if attack.all else names[:3]:
        ward.bpjs.says = (201, f"NIK milik {name} sudah terdaftar")
        ward.run("add", "--no-rawat", ward.visit())
        ward.run("-v", "sync", *SINCE)
    ward.search_files()


def test_who_we_are_is_not_told_when_bpjs_repeats_it(ward: Ward) -> None:
    ward.visit()
    for code, words in (
        (401, f"Signature {SECRET} tidak sesuai"),
        (403, f"user_key {USER_KEY} tidak terdaftar"),
    ):
        ward.bpjs.says = (code, words)
        ward.run("-v", "sync", *SINCE)
        ward.run("sync", "--json")
        ward.run("update", BOOKING, "3", f"{YESTERDAY} 08:05")
    ward.search_files()


WRONG_SETTINGS: tuple[dict[str, str], ...] = (
    {"BPJS_SECRET_KEY": f"{SECRET}\nBPJS_{SECRET}=x"},
    {"BPJS_USER_KEY": f"{USER_KEY}\nlagi"},
    {"BPJS_USER_KEY": f" {USER_KEY}"},
    {"BPJS_BASE_URL": f"https://perawat:{SECRET}@[::1/antreanrs"},
    {"BPJS_BASE_URL": f"ftp://perawat:{PASSWORD}@example.invalid/antreanrs"},
    {"BPJS_BASE_URL": f"http://perawat:{PASSWORD}@127.0.0.1:1/antreanrs"},
    {"BPJS_BASE_URL": f"https://127.0.0.1/antreanrs?key={SECRET}"},
    {"BPJS_SECRET_KEY": "", "BPJS_SECRET_KEY_FILE": SECRET},
    {"BPJS_USER_KEY": "", "BPJS_USER_KEY_FILE": f"/nonexistent/{USER_KEY}"},
    {"KHANZA_PASSWORD": "", "KHANZA_PASSWORD_FILE": f"{PASSWORD}/../x"},
    {"KHANZA_PASSWORD": f"{PASSWORD}-salah"},
    {"KHANZA_SOCKET": "", "KHANZA_HOST": "127.0.0.1", "KHANZA_PORT": "1"},
    {"KHANZA_DATABASE": "tidak_ada"},
)
ENV_FILES = (
    f'BPJS_SECRET_KEY="{SECRET}\nKHANZA_PASSWORD={PASSWORD}\n',
    f"BPJS_SECRET={SECRET}\nKHANZA_PASS={PASSWORD}\n{USER_KEY}\n",
    f"BPJS_SECRET_KEY={SECRET} #{USER_KEY}\n",
    f"export BPJS_SECRET_KEY {SECRET}\n'{PASSWORD}\n",
)


def test_wrong_settings_are_told_without_their_values(ward: Ward, attack: Attack) -> None:
    """Secrets with a line break, in an address, in place of a file's name, in a line that cannot be
    read.
    """
    ward.visit()
    chosen = WRONG_SETTINGS if attack.all else attack.random().sample(WRONG_SETTINGS, 7)
    for env in chosen:
        ward.run("-v", "sync", *SINCE, env=env)
    for text in ENV_FILES if attack.all else ENV_FILES[:2]:
        file = ward.write("settings.env", text)
        ward.run(
            "--env-file", str(file), "sync", env={"BPJS_SECRET_KEY": "", "KHANZA_PASSWORD": ""}
        )
    ward.search_files()


def test_an_error_of_khanza_is_told_without_the_values_that_it_quotes(
    ward: Ward, attack: Attack
) -> None:
    """MySQL's messages name rows: "Duplicate entry '…' for key"; here a view raises them."""
    ward.visit()
    texts = {
        1062: f"Duplicate entry ''{NIK}'' for key ''{PHONE}''",
        1366: f"Incorrect integer value: ''{CARD}''",
    }
    texts |= {
        1292: f"Truncated incorrect DOUBLE value: ''{NAME}''",
        1045: f"Access denied for user ''{PASSWORD}''",
    }
    for number, text in texts.items() if attack.all else [*texts.items()][:2]:
        with quoting(ward.mariadb, number, text) as database:
            ward.run("-v", "sync", "--json", *SINCE, env={"KHANZA_DATABASE": database})
            ward.run("add", "--no-rawat", BOOKING, env={"KHANZA_DATABASE": database})
    ward.search_files()


@contextmanager
def quoting(mariadb: MariaDB, number: int, text: str) -> Iterator[str]:
    """Make a database that looks like Khanza and answers with this error; yields its name."""
    raising = f"SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = {number}, MESSAGE_TEXT = '{text}'"
    with mariadb.admin() as connection, connection.cursor() as cursor:
        cursor.execute("SHOW TABLES")
        tables = [table for (table,) in cursor.fetchall()]
        cursor.execute("CREATE DATABASE gosip")
        try:
            cursor.execute(f"CREATE FUNCTION gosip.f() RETURNS INT BEGIN {raising}; RETURN 0; END")
            for table in tables:
                cursor.execute(
                    f"CREATE VIEW gosip.{table} AS SELECT * FROM {mariadb.DATABASE}.{table}"
                )
            columns = "no_rawat, gosip.f() AS dikirim, '' AS diterima, '' AS kembali"
            view = f"SELECT {columns} FROM {mariadb.DATABASE}.reg_periksa"
            cursor.execute(f"CREATE OR REPLACE VIEW gosip.mutasi_berkas AS {view}")
            cursor.execute("GRANT SELECT, EXECUTE ON gosip.* TO 'perawat'@'localhost'")
            yield "gosip"
        finally:
            cursor.execute("DROP DATABASE gosip")


def test_a_pass_that_is_killed_leaves_nothing_of_a_patient(ward: Ward) -> None:
    """kill -9 while adds are on their way: ledger, -wal, -shm, log, and before that the process
    list.
    """
    for _ in range(4):
        ward.visit()
    ward.bpjs.latency = 30.0
    with ward.started("-v", "sync", *SINCE):
        deadline = time.monotonic() + 30
        while not ward.bpjs.received:
            assert time.monotonic() < deadline, "no add arrives"
            time.sleep(0.01)
    assert list(ward.folder.glob("*.sqlite3-wal")), (
        "what was not yet checkpointed is there to be searched"
    )
    ward.search_files()


@pytest.mark.parametrize("kind", [ValueError, KeyError, UnicodeError])
def test_a_bug_keeps_its_traceback_and_tells_nothing_of_the_patient(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    """Exit 1, and where it happened; an exception's own words can quote what it failed on."""

    def broken(visit: Visit, policy: Policy) -> NoReturn:
        row = visit.registration
        try:
            raise LookupError({}, row)
        except LookupError as error:
            raise kind(f"{row and (row.nik, row.nohp)} {policy}") from error

    monkeypatch.setattr("antrean_cli.rules.refused_bodies.add_body", broken)
    monkeypatch.setattr("antrean_cli.commands.add.add_body", broken)
    ward.visit()
    for args in (("-v", "sync", *SINCE), ("add", "--no-rawat", BOOKING)):
        done = run(*args, environ=ward.environment({}))
        assert done.returncode == 1, done.stderr[-2_000:]
        assert kind.__name__ in done.stderr, "what kind of bug it was"
        assert "broken" in done.stderr, "and where"
        ward.search(done.stdout + done.stderr, args)
    ward.search_files()
