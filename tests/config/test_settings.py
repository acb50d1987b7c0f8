"""Settings: where they come from, which source wins, and what each of them takes and refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from urllib3.util import parse_url

from antrean_cli.config.parsers import LOOPBACK, base_url, ping_url
from antrean_cli.config.settings import SETTINGS, ZONES, Settings, Tls, load, try_load
from antrean_cli.errors import SettingsError
from tests.config.loading import BOTH, NEEDED, problems, settings, written
from tests.support.rows import ERM

# -- which source wins


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = written(tmp_path / "rs.env", "BPJS_TIMEOUT=7\nANTREAN_WORKERS=9\n")
    both = settings(file, BPJS_TIMEOUT="11")
    assert (both.bpjs.timeout, both.workers) == (11, 9)


@pytest.mark.parametrize(
    "name", ["BPJS_BASE_URL", "BPJS_CONS_ID", "BPJS_SECRET_KEY", "BPJS_USER_KEY"]
)
def test_name_file_reads_the_value_from_a_file(tmp_path: Path, name: str) -> None:
    """As systemd and containers hand over secrets; the line's end is no part of it, spaces are."""
    for ending in ("", "\n", "\r\n"):
        value = "https://contoh.id/x" if name == "BPJS_BASE_URL" else " dari berkas#1 "
        file = written(tmp_path / "rahasia", value + ending)
        environ = {key: text for key, text in NEEDED.items() if key != name}
        found = load(
            env_file=None, state=None, needs=BOTH, environ={**environ, f"{name}_FILE": str(file)}
        )
        assert getattr(found.bpjs, name.removeprefix("BPJS_").lower()) == value


def test_name_file_in_the_environment_wins_over_the_name_in_the_file(tmp_path: Path) -> None:
    """The environment wins, whichever way it says it."""
    secret = written(tmp_path / "rahasia", "baru\n")
    file = written(
        tmp_path / "rs.env", "".join(f"{name}={value}\n" for name, value in NEEDED.items())
    )
    environ = {"BPJS_SECRET_KEY_FILE": str(secret)}
    assert load(env_file=file, state=None, needs=BOTH, environ=environ).bpjs.secret_key == "baru"


def test_the_name_in_the_environment_wins_over_name_file_in_the_file(tmp_path: Path) -> None:
    secret = written(tmp_path / "rahasia", "lama\n")
    file = written(tmp_path / "rs.env", f"BPJS_SECRET_KEY_FILE={secret}\n")
    assert settings(file, BPJS_SECRET_KEY="baru").bpjs.secret_key == "baru"


def test_a_name_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    environ = {key: text for key, text in NEEDED.items() if key != "BPJS_SECRET_KEY"}
    for file in (tmp_path / "tidak-ada", tmp_path):
        with pytest.raises(SettingsError, match="BPJS_SECRET_KEY_FILE") as caught:
            load(
                env_file=None,
                state=None,
                needs=BOTH,
                environ={**environ, "BPJS_SECRET_KEY_FILE": str(file)},
            )
        assert str(file) not in str(caught.value), (
            "it may be the secret itself, typed in the wrong place"
        )


@pytest.mark.parametrize("value", ["abc #def", "'abc'", '"', "${HOME}", " tepi ", "a\nb", "\\n"])
def test_a_value_in_the_environment_is_taken_as_it_is(value: str) -> None:
    assert settings(KHANZA_PASSWORD=value).khanza.password == value


def test_an_empty_value_is_the_same_as_none(tmp_path: Path) -> None:
    file = written(tmp_path / "rs.env", "ANTREAN_DAYS=\nBPJS_UPDATE_PATH=\nANTREAN_TZ=''\n")
    found = settings(file)
    assert (found.policy.days, found.bpjs.update_path) == (7, "/antrean/updatewaktu")
    assert found.policy.zone.utcoffset(None) == timedelta(hours=7)


# -- what is needed, and all problems together


def test_each_needed_setting_is_named_when_it_is_missing() -> None:
    with pytest.raises(SettingsError) as caught:
        load(env_file=None, state=None, needs=BOTH, environ={})
    assert [name for name in NEEDED if f"{name} belum diisi" not in str(caught.value)] == []


def test_who_does_not_call_bpjs_or_khanza_needs_no_access() -> None:
    found = load(env_file=None, state=None, needs=frozenset(), environ={})
    assert found.policy.days == 7


def test_a_sample_needs_no_khanza_account() -> None:
    environ = {name: value for name, value in NEEDED.items() if name != "KHANZA_USER"}
    found = load(
        env_file=None,
        state=None,
        needs=BOTH,
        environ={**environ, "KHANZA_SQLITE": "contoh.sqlite3"},
    )
    assert found.khanza.sqlite == "contoh.sqlite3"


def test_problems_of_the_file_and_of_the_environment_are_told_together(tmp_path: Path) -> None:
    file = written(tmp_path / "rs.env", "ANTREAN_DAYS=8\nbukan pengaturan\n")
    said = problems(file, BPJS_TIMEOUT="lama", ANTREAN_ALUR="x")
    for word in ("ANTREAN_DAYS", "baris 2", "BPJS_TIMEOUT", "ANTREAN_ALUR", "rs.env"):
        assert word in said


def test_no_problem_repeats_a_secret() -> None:
    said = problems(BPJS_USER_KEY="kunci\nrahasia", BPJS_CONS_ID="1 2\t3", BPJS_TIMEOUT="x")
    assert "rahasia" not in said
    assert "BPJS_USER_KEY" in said


# -- every setting: what it takes, and what it refuses

Reading = Callable[[Settings], Any]


def jakarta(found: Settings) -> str:
    return f"{datetime(2026, 11, 23, 8, tzinfo=found.policy.zone):%z}"


GOOD: list[tuple[str, str, Reading, Any]] = [
    (
        "BPJS_BASE_URL",
        "https://a.id/antreanrs/",
        lambda s: s.bpjs.base_url,
        "https://a.id/antreanrs",
    ),
    ("BPJS_BASE_URL", "https://a.id:8443/x", lambda s: s.bpjs.base_url, "https://a.id:8443/x"),
    (
        "BPJS_BASE_URL",
        "http://127.0.0.1:8686/antreanrs",
        lambda s: s.bpjs.base_url,
        "http://127.0.0.1:8686/antreanrs",
    ),
    ("BPJS_BASE_URL", "http://localhost:1/x", lambda s: s.bpjs.base_url, "http://localhost:1/x"),
    ("BPJS_CONS_ID", "00012", lambda s: s.bpjs.cons_id, "00012"),
    ("BPJS_SECRET_KEY", "4uP#é", lambda s: s.bpjs.secret_key, "4uP#é"),
    ("BPJS_USER_KEY", "d795b04f", lambda s: s.bpjs.user_key, "d795b04f"),
    ("BPJS_UPDATE_PATH", "/antrean/update", lambda s: s.bpjs.update_path, "/antrean/update"),
    ("BPJS_TIMEOUT", "1", lambda s: s.bpjs.timeout, 1),
    ("BPJS_CA_BUNDLE", "", lambda s: s.bpjs.ca_bundle, None),
    ("KHANZA_HOST", "10.0.0.5", lambda s: s.khanza.host, "10.0.0.5"),
    ("KHANZA_PORT", "65535", lambda s: s.khanza.port, 65535),
    (
        "KHANZA_SOCKET",
        "/run/mysqld/mysqld.sock",
        lambda s: s.khanza.socket,
        "/run/mysqld/mysqld.sock",
    ),
    ("KHANZA_SOCKET", "", lambda s: s.khanza.socket, None),
    ("KHANZA_USER", "baca", lambda s: s.khanza.user, "baca"),
    ("KHANZA_PASSWORD", "", lambda s: s.khanza.password, ""),
    ("KHANZA_DATABASE", "sik_2", lambda s: s.khanza.database, "sik_2"),
    ("KHANZA_TLS", "wajib", lambda s: s.khanza.tls, Tls.REQUIRED),
    ("KHANZA_TLS", "tidak", lambda s: s.khanza.tls, Tls.NONE),
    ("KHANZA_CA", __file__, lambda s: (s.khanza.ca, s.khanza.tls), (__file__, Tls.REQUIRED)),
    ("KHANZA_SQLITE", "a.sqlite3", lambda s: s.khanza.sqlite, "a.sqlite3"),
    ("ANTREAN_STATE", "/srv/a.sqlite3", lambda s: s.state, Path("/srv/a.sqlite3")),
    ("ANTREAN_TZ", "Asia/Jakarta", jakarta, "+0700"),
    ("ANTREAN_TZ", "Asia/Makassar", jakarta, "+0800"),
    ("ANTREAN_TZ", "Asia/Jayapura", jakarta, "+0900"),
    ("ANTREAN_DAYS", "1", lambda s: s.policy.days, 1),
    ("ANTREAN_ADD", "mobilejkn, onsite", lambda s: s.policy.add, {"mobilejkn", "onsite"}),
    ("ANTREAN_ADD", "", lambda s: s.policy.add, set()),
    ("ANTREAN_KD_PJ", "BPJ,A02 ,63", lambda s: s.policy.kd_pj, {"BPJ", "A02", "63"}),
    (
        "ANTREAN_KODEBOOKING",
        "{kode_ppk}-{no_rawat_angka}",
        lambda s: s.policy.kodebooking,
        "{kode_ppk}-{no_rawat_angka}",
    ),
    ("ANTREAN_SKIP_POLI", "", lambda s: s.policy.skip_poli, set()),
    ("ANTREAN_SKIP_POLI", "IGDK, LAB", lambda s: s.policy.skip_poli, {"IGDK", "LAB"}),
    ("ANTREAN_ONLY_POLI", "INT", lambda s: s.policy.only_poli, {"INT"}),
    ("ANTREAN_DELAY_NONJKN", "0", lambda s: s.policy.delay_nonjkn, timedelta(0)),
    ("ANTREAN_DELAY_BATAL", "30", lambda s: s.policy.delay_batal, timedelta(minutes=30)),
    (
        "ANTREAN_ALUR",
        "berkas",
        lambda s: s.policy.sources[3],
        ("berkas_dikirim", "buka_poli", "daftar"),
    ),
    ("ANTREAN_TASK_1", "loket_cetak", lambda s: s.policy.sources[1], ("loket_cetak",)),
    ("ANTREAN_TASK_2", "loket_panggil", lambda s: s.policy.sources[2], ("loket_panggil",)),
    ("ANTREAN_TASK_3", "daftar", lambda s: s.policy.sources[3], ("daftar",)),
    (
        "ANTREAN_TASK_4",
        "periksa_dokter, periksa_awal",
        lambda s: s.policy.sources[4],
        ("periksa_dokter", "periksa_awal"),
    ),
    ("ANTREAN_TASK_5", "stts_selesai", lambda s: s.policy.sources[5], ("stts_selesai",)),
    ("ANTREAN_TASK_6", "resep_dibuat", lambda s: s.policy.sources[6], ("resep_dibuat",)),
    ("ANTREAN_TASK_7", "resep_divalidasi", lambda s: s.policy.sources[7], ("resep_divalidasi",)),
    ("ANTREAN_TIE_SECONDS", "0", lambda s: s.policy.tie, timedelta(0)),
    ("ANTREAN_MINUTES_PER_PATIENT", "10", lambda s: s.policy.minutes_per_patient, 10),
    ("ANTREAN_ADMISI", "ya", lambda s: s.policy.admisi, timedelta(minutes=15)),
    ("ANTREAN_ADMISI_MINUTES", "20", lambda s: s.policy.admisi, timedelta(0)),
    ("ANTREAN_FARMASI", "ya", lambda s: s.policy.farmasi, True),
    ("ANTREAN_ADOPT", "ya", lambda s: s.policy.adopt, True),
    ("ANTREAN_JADWAL", "hfis", lambda s: s.hfis, True),
    ("ANTREAN_WORKERS", "64", lambda s: s.workers, 64),
    ("ANTREAN_WORKERS", "Auto", lambda s: s.workers, None),
    ("ANTREAN_SPLAY", "20", lambda s: s.splay, 20),
    ("ANTREAN_MAX_SECONDS", "55", lambda s: s.max_seconds, 55),
    ("ANTREAN_KEEP_DAYS", "30", lambda s: s.keep_days, 30),
    (
        "ANTREAN_LOG_FILE",
        "/var/log/antrean.log",
        lambda s: s.log_file,
        Path("/var/log/antrean.log"),
    ),
    (
        "ANTREAN_PING_URL",
        "https://hc-ping.com/a-b/",
        lambda s: s.ping_url,
        "https://hc-ping.com/a-b",
    ),
    (
        "ANTREAN_PING_URL",
        "http://pengawas:8000/ping/a",
        lambda s: s.ping_url,
        "http://pengawas:8000/ping/a",
    ),
    (
        "ANTREAN_METRICS_FILE",
        "/srv/antrean.prom",
        lambda s: s.metrics_file,
        Path("/srv/antrean.prom"),
    ),
    ("ANTREAN_ALERT_COMMAND", "kirim -a 'b c'", lambda s: s.alert_command, "kirim -a 'b c'"),
    ("ANTREAN_ALERT_DIGEST", "7.05", lambda s: s.digest_at, time(7, 5)),
    ("ANTREAN_ALERT_DIGEST", "", lambda s: s.digest_at, None),
]


@pytest.mark.parametrize(("name", "value", "reading", "expected"), GOOD)
def test_a_setting_takes(name: str, value: str, reading: Reading, expected: object) -> None:
    assert reading(settings(**{name: value})) == expected


BAD = {
    "ANTREAN_ALERT_DIGEST": ["24:00", "12", "12:60", "siang", "-"],
    "BPJS_BASE_URL": [
        "apijkn.bpjs-kesehatan.go.id/antreanrs",
        "ftp://a.id/x",
        "http://a.id/x",
        "http://127.0.0.1.a.id/x",
        "https://",
        "https:///x",
        "https://a.id/x?y=1",
        "https://a.id/x#y",
        "https://a.id:99999/x",
        "https://a.id:porta/x",
        "https://a b.id/x",
        "https://[::1/x",
        "http://127.0.0.2:1\\@127.0.0.1/",
        "http://127.0.0.1:1\\@a.id/",
        "http://127.0.0.1@a.id/",
        "http://a.id@127.0.0.1/",
        "https://a.id/x\\y",
        "https://a.id/x y",
        "https://a.id/x\ty",
        "https://a.id/\x7f",
        "https://a.id\n/x",
        "http://127.0.0.1%2ea.id/x",
    ],
    "BPJS_CONS_ID": ["1\n2", "12é", "1\x002"],
    "BPJS_USER_KEY": ["a\r\nX-Lain: 1", "ké"],
    "BPJS_UPDATE_PATH": ["antrean/update", "/antrean/up date", "https://a.id/antrean/update"],
    "BPJS_TIMEOUT": ["0", "-1", "20.5", "lama", "1e3", " "],
    "BPJS_CA_BUNDLE": ["/tidak/ada.pem"],
    "KHANZA_PORT": ["0", "65536", "mysql", "-3306"],
    "ANTREAN_TZ": ["WIB", "Asia/Singapore", "UTC", "asia/jakarta", "+07:00"],
    "ANTREAN_DAYS": ["0", "8", "tujuh"],
    "ANTREAN_ADD": ["semua", "onsite;nonjkn", "onsite,JKN"],
    "ANTREAN_KODEBOOKING": [
        "tetap",
        "{no_reg}",
        "{kode_ppk}{kd_poli}",
        "{nama}{no_rawat}",
        "{no_rawat",
        "no_rawat}",
        "{no_rawat}{",
        "{{no_rawat}}",
        "{no_rawat!r}",
        "{no_rawat:>40}",
        "{}",
    ],
    "ANTREAN_DELAY_NONJKN": ["-1", "lima"],
    "ANTREAN_DELAY_BATAL": ["-1", "lima"],
    "KHANZA_TLS": ["ya", "WAJIB"],
    "KHANZA_CA": ["/tidak/ada.pem"],
    "ANTREAN_ALUR": ["kertas", "ERM"],
    "ANTREAN_TASK_1": ["daftar", "loket"],
    "ANTREAN_TASK_2": ["checkin", "loket_panggil,daftar"],
    "ANTREAN_TASK_3": ["datang", "daftar;checkin", "loket_cetak"],
    "ANTREAN_TASK_4": ["periksa"],
    "ANTREAN_TASK_5": ["selesai"],
    "ANTREAN_TASK_6": ["resep"],
    "ANTREAN_TASK_7": ["resep_diambil"],
    "ANTREAN_TIE_SECONDS": ["-1", "semenit"],
    "ANTREAN_MINUTES_PER_PATIENT": ["-5", "lima"],
    "ANTREAN_ADMISI": ["yes", "1"],
    "ANTREAN_ADMISI_MINUTES": ["0", "241", "lima"],
    "ANTREAN_FARMASI": ["yes", "1"],
    "ANTREAN_ADOPT": ["yes", "TIDAK"],
    "ANTREAN_JADWAL": ["bpjs", "HFIS"],
    "ANTREAN_WORKERS": ["0", "65", "banyak"],
    "ANTREAN_SPLAY": ["-1", "56", "banyak"],
    "ANTREAN_MAX_SECONDS": ["0", "lama"],
    "ANTREAN_KEEP_DAYS": ["7", "3651", "selamanya"],
    "ANTREAN_STATE": ["~tidak-ada-di-sini/a.sqlite3"],
    "ANTREAN_LOG_FILE": ["~tidak-ada-di-sini/a.log"],
    "ANTREAN_PING_URL": [
        "hc-ping.com/a",
        "ftp://hc-ping.com/a",
        "https://hc-ping.com/a?b",
        "https://hc-ping.com/a#b",
        "https://hc-ping.com\\@127.0.0.1/a",
    ],
    "ANTREAN_METRICS_FILE": ["/srv/antrean.txt", "~tidak-ada-di-sini/a.prom"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD.items() for value in values]
)
def test_a_setting_refuses_by_name_in_one_line(name: str, value: str) -> None:
    said = problems(**{name: value})
    lines = [line for line in said.splitlines() if line.strip().startswith(name)]
    assert len(lines) == 1
    assert len(said.splitlines()) == 2


PIECES = ("http://", "https://", "127.0.0.1", "127.0.0.2", "a.id", "localhost", "[::1]")
SIGNS = (
    ":1",
    ":",
    "/",
    "//",
    "\\",
    "@",
    "?",
    "#",
    "%2f",
    "%40",
    " ",
    "\t",
    "\n",
    ".",
    "..",
    "u:p@",
)


@given(st.lists(st.sampled_from(PIECES + SIGNS), max_size=8).map("".join))
@example("http://127.0.0.2:1\\@127.0.0.1/")
@example("https://a@b@c/")
def test_an_address_that_is_taken_leads_where_everybody_reads_it_to(value: str) -> None:
    """What is checked is what is called: urllib3 reads it as we do, and so does Python."""
    for take in (base_url, ping_url):
        try:
            taken = take(value)
        except ValueError:
            continue
        hosts = {str(urlsplit(taken).hostname), str(parse_url(taken).host).strip("[]").lower()}
        assert len(hosts) == 1
        if take is base_url and not taken.startswith("https://"):
            assert hosts <= set(LOOPBACK)


def test_the_tables_of_this_file_know_every_setting() -> None:
    assert {name for name, *_ in GOOD} == {setting.name for setting in SETTINGS}


def test_the_defaults_are_those_of_the_table() -> None:
    found = settings()
    policy, khanza, bpjs = found.policy, found.khanza, found.bpjs
    assert (bpjs.update_path, bpjs.timeout, bpjs.ca_bundle) == ("/antrean/updatewaktu", 20, None)
    assert (khanza.host, khanza.port, khanza.socket, khanza.database) == (
        "127.0.0.1",
        3306,
        None,
        "sik",
    )
    assert (policy.days, sorted(policy.add), sorted(policy.kd_pj)) == (7, ["nonjkn", "onsite"], [])
    assert (policy.kodebooking, sorted(policy.skip_poli)) == ("{no_rawat}", ["HDL", "IGD", "IGDK"])
    assert sorted(policy.only_poli) == []
    assert (policy.delay_nonjkn, policy.delay_batal) == (
        timedelta(minutes=15),
        timedelta(minutes=10),
    )
    assert (policy.tie, policy.minutes_per_patient) == (timedelta(seconds=60), 5)
    assert (found.workers, found.splay, found.max_seconds, found.log_file) == (None, None, 50, None)
    assert {taskid: tuple(names) for taskid, names in policy.sources.items()} == ERM


def test_the_state_lies_in_the_users_state_directory(tmp_path: Path) -> None:
    assert settings().state == tmp_path / ".local/state/antrean/antrean.sqlite3"
    assert settings(XDG_STATE_HOME="/srv/status").state == Path(
        "/srv/status/antrean/antrean.sqlite3"
    )
    assert settings(ANTREAN_STATE="~/buku.sqlite3").state == tmp_path / "buku.sqlite3"


def test_the_option_state_wins_over_the_setting(tmp_path: Path) -> None:
    environ = {**NEEDED, "ANTREAN_STATE": "/srv/a.sqlite3"}
    assert (
        load(env_file=None, state=tmp_path / "b", needs=BOTH, environ=environ).state
        == tmp_path / "b"
    )


def test_settings_do_not_show_their_secrets_when_printed() -> None:
    """A traceback or a debugger prints what it holds."""
    shown = repr(settings(KHANZA_PASSWORD="sandi-khanza"))
    assert not [secret for secret in ("rahasia", "kunci", "sandi-khanza") if secret in shown]


def test_bytes_that_are_no_text_are_refused_by_name() -> None:
    """Python hands them over as lone surrogates, which no database and no log can take."""
    values = {"KHANZA_USER": "\udcff", "KHANZA_DATABASE": "sik\udc80", "BPJS_CA_BUNDLE": "x" * 5000}
    with pytest.raises(SettingsError) as raised:
        load(env_file=None, state=None, needs=frozenset({"khanza"}), environ=values)
    said = str(raised.value)
    assert "KHANZA_USER bukan teks UTF-8" in said
    assert "KHANZA_DATABASE bukan teks UTF-8" in said
    assert "BPJS_CA_BUNDLE berkas" in said


@pytest.mark.parametrize("value", ["Asia/Tokyo", "\udcff"], ids=["unknown", "no text"])
def test_what_is_broken_stands_at_its_default_beside_its_problem(value: str) -> None:
    """So that `antrean check` can go on and say what else is wrong."""
    environ = {**NEEDED, "ANTREAN_TZ": value, "ANTREAN_DAYS": "3"}
    result = try_load(env_file=None, state=None, needs=BOTH, environ=environ)
    assert result.broken == {"ANTREAN_TZ"}
    assert len(result.problems) == 1
    assert result.settings.policy.zone is ZONES["Asia/Jakarta"]
    assert result.settings.policy.days == 3
