"""Attacks by other users of the computer that antrean runs on, and by what they leave lying about.

- Whoever runs antrean stands anywhere, and root or the user antrean is worth more than who attacks:
  what a stranger wrote must not tell a pass where to send, what to read, or where to write.
- What a stranger can lock, link, or leave in the way must neither stop a pass nor be written to.
- Each attack was one that worked once.
"""

from __future__ import annotations

import fcntl
import http.client
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from antrean_cli.console.simulator_file import save_bookings
from antrean_cli.simulator.fields import FIELDS
from antrean_cli.simulator.server import Simulator
from tests.attacks.attack import Attack
from tests.support.certificates import self_signed
from tests.support.command import command_line, on_a_terminal, run, spawn
from tests.support.limits import limited
from tests.support.site import MONDAY, Site
from tests.support.users import RUNNER, STRANGER, being, let, only_root, open_folder

ROOT = Path(__file__).parents[2]
NIK, CARD, PHONE = "3212345678987654", "0001234567890", "085635228888"
SECRET = "rahasia-yang-hanya-dibaca-korban"
pytestmark = only_root


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user of the computer gets to, and root's."""
    with open_folder() as folder:
        yield folder


def place(path: Path, uid: int, text: str | None = None, mode: int = 0o600) -> Path:
    """Leave a file, or without a text a folder, of a user's."""
    if text is None:
        path.mkdir()
    else:
        path.write_text(text, encoding="utf-8")
    os.chown(path, uid, uid)
    path.chmod(mode)
    return path


def antrean(*args: str, uid: int, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user, from a folder."""
    environ = {**os.environ, "HOME": str(cwd), **env}
    run(*args, environ=environ)  # root's Python is closed to others: what is imported is there now
    before = Path.cwd()
    os.chdir(cwd)
    try:
        with being(uid):
            return run(*args, environ=environ)
    finally:
        os.chdir(before)


# -- settings that somebody else left


@contextmanager
def listening() -> Iterator[Simulator]:
    """Listen as the attacker does, at an address that settings may name in the clear."""
    with Simulator(cons_id="1", secret_key="x", user_key="x") as server:
        yield server


def bait(url: str, secret: Path, log: Path) -> str:
    """Return settings that send a secret's content to an address, and write a log."""
    return (
        f"BPJS_BASE_URL={url}\nBPJS_CONS_ID=1\nBPJS_SECRET_KEY=x\nBPJS_USER_KEY_FILE={secret}\n"
        f"KHANZA_SQLITE=/nonexistent\nANTREAN_LOG_FILE={log}\nANTREAN_STATE={log.parent}/s.sqlite3\n"
    )


@pytest.mark.parametrize("how", ["his file", "her file by a list", "a folder of his"])
@pytest.mark.parametrize("victim", [0, RUNNER], ids=["root", "antrean"])
def test_settings_that_lie_about_send_nothing_read_nothing_and_write_nothing(
    attack: Attack, folder: Path, victim: int, how: str
) -> None:
    """root or antrean types a command where a stranger's ./.env lies."""
    home = place(folder / "rumah", victim, mode=0o700)
    there = place(folder / "umum", STRANGER if how == "a folder of his" else victim, mode=0o755)
    mine = place(folder / "milik", victim, mode=0o700)
    secret = place(mine / "rahasia", victim, SECRET)
    with listening() as server:
        text = bait(server.url, secret, mine / "log")
        owner = STRANGER if how == "his file" else victim
        file = place(there / ".env", owner, text)
        if how == "her file by a list":
            let(file, STRANGER, 6)
        tried = 0
        for args in (("sync",), ("listtask", "X"), ("check",), ("units", "service"), ("status",)):
            done = antrean(*args, uid=victim, cwd=there, HOME=str(home))
            assert done.returncode == (12 if args == ("status",) else 8), args
            assert SECRET not in done.stdout + done.stderr
            assert "ExecStart" not in done.stdout
            tried += 1
        assert server.arrived == []
    assert sorted(path.name for path in mine.iterdir()) == ["rahasia"]
    attack.measured(
        "a stranger's `./.env`, or one that he can write, where root or antrean types {n} commands",
        "0 requests sent, 0 secrets read, 0 files written",
        n=tried,
    )


def test_settings_that_are_named_are_refused_where_a_stranger_can_write_them(
    attack: Attack, folder: Path
) -> None:
    """Whatever way he can, and each time with the line to type."""
    ways: dict[str, Callable[[Path], object]] = {
        "chmod o-rwx": lambda file: file.chmod(0o606),
        "setfacl -b": lambda file: let(file, STRANGER, 6),
        "chmod o-w": lambda file: file.parent.chmod(0o707),
        "sudo chown": lambda file: os.chown(file, STRANGER, RUNNER),
        "sudo mv -n": lambda file: os.chown(file.parent, STRANGER, RUNNER),
    }
    for number, (advice, open_up) in enumerate(ways.items()):
        mine = place(folder / str(number), RUNNER, mode=0o750)
        file = place(mine / "env", RUNNER, "KHANZA_SQLITE=x\n", mode=0o640)
        args = ("--env-file", str(file), "sync", "--dry-run")
        assert "dipercaya" not in antrean(*args, uid=RUNNER, cwd=folder).stderr
        open_up(file)
        done = antrean(*args, uid=RUNNER, cwd=folder)
        assert done.returncode == 8
        assert f"ketik: {advice}" in done.stderr, advice
    attack.measured(
        f"settings that a stranger can write, in {len(ways)} ways", "exit 8, and what to type"
    )


def test_who_expects_the_file_is_told_and_cron_is_not(folder: Path) -> None:
    place(folder / ".env", STRANGER, "ANTREAN_DAYS=3\n")
    environ = {
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "ANTREAN_STATE": str(folder / "s.sqlite3"),
    }
    before = Path.cwd()
    os.chdir(folder)
    try:
        seen = on_a_terminal("status", environ=environ)
        assert seen.stdout.count("./.env tidak dipakai: ") == 1
        silent = spawn("status", environ=environ)
    finally:
        os.chdir(before)
    assert (silent.returncode, silent.stderr) == (12, "")


def test_status_names_settings_that_lie_in_an_unusual_place(folder: Path) -> None:
    file = place(folder / "rs.env", 0, f"ANTREAN_STATE={folder}/s.sqlite3\n")
    shown = antrean("--env-file", str(file), "status", uid=0, cwd=folder).stdout
    assert f"Pengaturan          {file} (bukan tempat yang biasa)" in shown
    usual = place(place(folder / "antrean", 0) / "env", 0, f"ANTREAN_STATE={folder}/s.sqlite3\n")
    shown = antrean("status", uid=0, cwd=folder, XDG_CONFIG_HOME=str(folder)).stdout
    assert "Keadaan" in shown
    assert str(usual) not in shown


# -- what stands in the way of a pass


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file of the victim's that no pass has any business with."""
    file = tmp_path / "korban"
    file.write_text("seperti semula", encoding="utf-8")
    return file


OBSTACLES = ("log", "antrean.sqlite3.lock", "antrean.sqlite3.open.lock")


@pytest.mark.parametrize("name", OBSTACLES)
@pytest.mark.parametrize("kind", ["a link", "a pipe"])
def test_nothing_is_followed_and_nothing_waited_for(
    attack: Attack, site: Site, outside: Path, name: str, kind: str
) -> None:
    """A link would be written through, a pipe would hold a pass up beyond SIGTERM."""
    site.khanza.visit(MONDAY, kd_pj="UMU")
    obstacle = site.folder / name
    if kind == "a link":
        obstacle.symlink_to(outside)
    else:
        os.mkfifo(obstacle)
    began = time.monotonic()
    done = site.spawn("sync", ANTREAN_LOG_FILE=str(site.folder / "log"), CLOCK=f"{MONDAY}T14:00+07")
    assert time.monotonic() - began < 30
    assert done.returncode == (0 if name == "log" else 9)
    assert done.stderr.count("\n") == 1
    assert ("tautan" if kind == "a link" else "bukan berkas biasa") in done.stderr
    assert outside.read_text(encoding="utf-8") == "seperti semula"
    attack.measured(
        "a link or a pipe in place of the log or of a lock, {n} times",
        "nothing written through it, no pass held up; told in one line",
        n=1,
    )


def test_no_lock_that_a_stranger_can_take_stops_a_pass(attack: Attack, site: Site) -> None:
    """In a folder that everybody can enter, as useradd makes them."""
    site.folder.chmod(0o755)
    assert site.run("sync").returncode == 0
    taken, names = [], [".", *(path.name for path in site.folder.iterdir())]
    with being(STRANGER):  # who stands there already
        for name in names:
            try:
                descriptor = os.open(name, os.O_RDONLY)
            except PermissionError:
                continue
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            taken.append(descriptor)
    try:
        assert taken
        for args in (("sync",), ("status",), ("retry", "--all"), ("check", "--offline")):
            assert site.run(*args).returncode in (0, 12), args
    finally:
        for descriptor in taken:
            os.close(descriptor)
    attack.measured(
        "every file of the state folder locked by a stranger who can", "no pass stopped"
    )


def test_whatever_the_umask_is_what_is_made_is_the_owners_alone(site: Site) -> None:
    state = site.folder / "baru/lagi/antrean.sqlite3"
    command = command_line("sync", environ=site.env)
    environ = site.environment(ANTREAN_STATE=str(state), ANTREAN_LOG_FILE=str(site.folder / "log"))
    site.khanza.visit(MONDAY, kd_pj="UMU")
    subprocess.run(["sh", "-c", 'umask 000; exec "$@"', "sh", *command], env=environ, check=True)
    made = [*site.folder.rglob("*")]
    assert {"antrean.sqlite3", "lagi", "baru"} <= {path.name for path in made}
    assert [path for path in made if path.stat().st_mode & 0o077] == []


def test_a_ledger_that_is_gone_is_told_once(attack: Attack, site: Site) -> None:
    clock = f"{MONDAY}T14:00+07"
    assert site.run("sync", CLOCK=clock).stderr == ""
    site.state.rename(site.folder / "dipindah")
    said = [site.run("sync", CLOCK=clock) for _ in range(3)]
    assert [done.returncode for done in said] == [0, 0, 0]
    assert said[0].stderr.count("\n") == 1
    assert "hilang, dan dibuat baru" in said[0].stderr
    assert said[0].stderr.endswith("ketik: antrean sync --since 2026-11-16\n")
    assert [done.stderr for done in said[1:]] == ["", ""]
    attack.measured("the ledger moved away between two passes", "told once, with --since")


# -- addresses


def test_no_address_sends_a_signature_in_the_clear_elsewhere(attack: Attack, folder: Path) -> None:
    """What one reader of addresses takes for this computer and another one does not."""
    with socket.create_server(("127.0.0.2", 0)) as elsewhere:
        elsewhere.settimeout(0.1)
        port = elsewhere.getsockname()[1]
        shapes = (
            "http://127.0.0.2:{}\\@127.0.0.1/",
            "http://127.0.0.1\\@127.0.0.2:{}/",
            "http://127.0.0.1@127.0.0.2:{}/",
            "http://127.0.0.2:{}#@127.0.0.1/",
            "http://127.0.0.2:{}?@127.0.0.1/",
            "http://127.0.0.2:{}/\t@127.0.0.1/",
            "http://127.0.0.2:{}",
        )
        for shape in shapes:
            keys = {"BPJS_CONS_ID": "1", "BPJS_SECRET_KEY": "x", "BPJS_USER_KEY": "x"}
            env = {**keys, "BPJS_BASE_URL": shape.format(port), "BPJS_TIMEOUT": "2"}
            done = antrean("listtask", "X", uid=0, cwd=folder, **env)
            assert done.returncode == 8, shape
            with pytest.raises(TimeoutError):
                elsewhere.accept()
    attack.measured(f"{len(shapes)} addresses that seem to be this computer's", "none was called")


# -- the stand-in BPJS


def with_a_patient(bpjs: Simulator) -> None:
    body = dict.fromkeys(FIELDS, "1") | {
        "kodebooking": "A1", "nik": NIK, "nomorkartu": CARD, "nohp": PHONE, "norm": "000123",
    }  # fmt: skip
    bpjs.bookings.load([{**body, "tasks": []}])


def test_no_page_and_no_neighbour_reads_patients_from_the_stand_in(attack: Attack) -> None:
    """A page of the web that renamed itself, one that asks across, and another user with curl."""
    tried = 0
    with Simulator(cons_id="1", secret_key="x", user_key="x") as bpjs:
        with_a_patient(bpjs)
        for method in ("GET", "POST", "DELETE"):
            for name in ("", "bookings", "received", "arrived", "faults", "down"):
                for headers in ({"Host": "jahat.example"}, {"Origin": "https://jahat.example"}, {}):
                    wire = http.client.HTTPConnection("127.0.0.1", bpjs.port, timeout=10)
                    body = b'{"down": true}' if method == "POST" and headers else None
                    wire.request(method, f"/_simulator/{name}", body, headers)
                    answer = wire.getresponse()
                    shown = answer.read().decode()
                    wire.close()
                    assert (answer.status == 403) is bool(headers)
                    assert [number for number in (NIK, CARD, PHONE) if number in shown] == []
                    tried += 1
        assert not bpjs.down
    attack.measured(
        f"{tried} requests of foreign pages, and of another user, to the stand-in",
        "pages 403, no number of a patient shown, nothing steered",
    )


@pytest.mark.parametrize("option", ["--isi", "--journal"])
@pytest.mark.parametrize("kind", ["a link", "a dead link", "a pipe"])
def test_the_stand_in_follows_nothing_and_waits_for_nothing(
    attack: Attack, tmp_path: Path, outside: Path, option: str, kind: str
) -> None:
    outside.write_text("[]", encoding="utf-8")
    file = tmp_path / "isi.json"
    if kind == "a pipe":
        os.mkfifo(file)
    else:
        file.symlink_to(outside if kind == "a link" else tmp_path / "baru")
    done = spawn("simulator", "--port", "0", option, str(file))
    assert done.returncode == 2
    assert ("bukan berkas biasa" if kind == "a pipe" else "tautan") in done.stderr
    assert outside.read_text(encoding="utf-8") == "[]"
    assert not (tmp_path / "baru").exists()
    attack.measured("a link or a pipe in place of the stand-in's files, {n} times", "exit 2", n=1)


def test_what_the_stand_in_keeps_is_its_owners_alone(tmp_path: Path) -> None:
    """Also where a file of a laxer version is there, and where somebody prepared the new one."""
    file, prepared = tmp_path / "isi.json", tmp_path / "isi.json.new"
    file.write_text("[]", encoding="utf-8")
    file.chmod(0o644)
    prepared.symlink_to(tmp_path / "korban")
    bpjs = Simulator(cons_id="1", secret_key="x", user_key="x")
    with_a_patient(bpjs)
    before = os.umask(0)
    try:
        save_bookings(bpjs, file)
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o600
    assert NIK in file.read_text(encoding="utf-8")
    assert not (tmp_path / "korban").exists()


# -- the process that antrean is


def test_keys_of_tls_are_written_nowhere(attack: Attack, tmp_path: Path) -> None:
    """Python hands them to whoever sets SSLKEYLOGFILE, and with them all that was said."""
    certificate, keys = self_signed(tmp_path), tmp_path / "kunci"
    with Simulator(cons_id="1", secret_key="x", user_key="x", certificate=certificate) as bpjs:
        env = {
            "BPJS_BASE_URL": bpjs.url,
            "BPJS_CONS_ID": "1",
            "BPJS_SECRET_KEY": "x",
            "BPJS_USER_KEY": "x",
            "BPJS_CA_BUNDLE": str(certificate),
            "SSLKEYLOGFILE": str(keys),
        }
        assert run("ref", "poli", environ={**os.environ, **env}).returncode == 0
    assert not keys.exists()
    attack.measured("SSLKEYLOGFILE", "no key written")


@pytest.mark.parametrize("command", ["sync", "status", "check", "units"])
def test_a_user_without_a_home_and_an_account_is_told_what_is_missing(
    folder: Path, command: str
) -> None:
    before = Path.cwd()
    os.chdir(folder)
    home = os.environ.pop("HOME")
    try:
        run(command)
        with being(RUNNER):
            done = run(command)
            placed = run(command, "--state", str(folder / "s.sqlite3"))
    finally:
        os.environ["HOME"] = home
        os.chdir(before)
    assert done.returncode == 8
    if command != "units":  # which asks for its file of settings first
        said = " ".join((done.stdout + done.stderr).split())
        assert "ANTREAN_STATE belum diisi, dan pengguna ini tidak punya folder rumah" in said
    assert "folder rumah" not in placed.stdout + placed.stderr


@pytest.mark.parametrize("files", [5, 6, 7])
def test_too_few_files_are_told_as_that(site: Site, files: int) -> None:
    """And not as somebody's file or folder, which nobody would find anything wrong with."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({files}, {files}))"
    for _ in range(2):
        done = limited(limit, site, "sync")
        assert done.returncode == 9
        assert done.stderr.endswith("terlalu kecil (ulimit -n); ketik: ulimit -n 1024\n")
        assert done.stderr.count("\n") == 1
    assert site.run("sync").returncode == 0
    assert limited(limit, site, "sync").returncode == 9


@pytest.mark.parametrize("word", [".", ".."])
def test_no_word_of_an_address_leads_elsewhere(site: Site, word: str) -> None:
    commands = (("ref", "jadwal", word, str(MONDAY)), ("listtask", word), ("show", word, "--bpjs"))
    for command in commands:
        assert site.run(*command).returncode == 2, command
    assert site.bpjs.arrived == []
