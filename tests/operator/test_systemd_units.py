"""The systemd units: accepted by systemd, with the rights that a pass needs and no others."""

from __future__ import annotations

import configparser
import os
import pwd
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from antrean_cli.monitoring.ping import PING_SECONDS
from tests.support.command import run
from tests.support.patients import gone_home
from tests.support.site import SINCE, YESTERDAY, Site
from tests.support.sites import installed as installed_site


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    file = tmp_path / "env"
    file.touch(mode=0o600)
    return file


def units(*args: str) -> str:
    done = run(*args)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def verified(files: Sequence[Path]) -> tuple[int, str, str]:
    """Return what systemd says of these units; --man=no: it looks at nothing outside them then."""
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def values(unit: str, name: str) -> list[str]:
    return [
        value
        for key, _, value in (line.partition("=") for line in unit.splitlines())
        if key == name
    ]


def with_settings(file: Path, **settings: str) -> None:
    file.write_text(
        "".join(f"{name}='{value}'\n" for name, value in settings.items()), encoding="utf-8"
    )


PLAIN = {
    "ANTREAN_STATE": "/var/lib/antrean/antrean.sqlite3",
    "ANTREAN_LOG_FILE": "/var/log/antrean/antrean.log",
}
PLAIN["ANTREAN_METRICS_FILE"] = "/var/lib/prometheus/node-exporter/antrean.prom"
ODD = {
    "ANTREAN_STATE": "/srv/100% antrean/$a;b.sqlite3",
    "ANTREAN_LOG_FILE": "/srv/log $x/50%/antrean.log",
}


@pytest.mark.parametrize("settings", [PLAIN, ODD, {}], ids=["plain", "odd", "none"])
def test_systemd_accepts_the_units(tmp_path: Path, settings: dict[str, str]) -> None:
    """Without systemd at hand they are read as far as Python can."""
    folder = tmp_path / "100% $HOME"
    folder.mkdir()
    env_file = folder / "env"
    env_file.touch(mode=0o600)
    with_settings(env_file, **settings)
    texts = {
        name: units("--env-file", str(env_file), "units", name, "--user", "root")
        for name in ("service", "timer")
    }
    files = []
    for name, text in texts.items():
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        # names keep their capitals
        parser.optionxform = str  # type: ignore[assignment,method-assign]
        parser.read_string(text)
        assert (
            parser.sections() == ["Unit", "Service"]
            if name == "service"
            else ["Unit", "Timer", "Install"]
        )
        files.append(tmp_path / f"antrean-uji.{name}")
        files[-1].write_text(text, encoding="utf-8")
    if shutil.which("systemd-analyze"):
        assert verified(files) == (0, "", "")


def test_systemd_finds_little_to_attack(env_file: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    with_settings(env_file, **PLAIN)
    file = tmp_path / "antrean-uji.service"
    file.write_text(units("--env-file", str(env_file), "units", "service"), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=25", file],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze cannot look at a file")
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_service_has_the_rights_that_a_pass_needs_and_no_others(env_file: Path) -> None:
    with_settings(env_file, **PLAIN, ANTREAN_MAX_SECONDS="100", BPJS_TIMEOUT="30")
    unit = units("--env-file", str(env_file), "units", "service")
    wanted = {
        "Type": "oneshot",
        "User": "antrean",
        "SuccessExitStatus": "11",
        "NoNewPrivileges": "true",
        "ProtectSystem": "strict",
        "StateDirectory": "antrean",
        "StateDirectoryMode": "0700",
        "UMask": "0077",
        "PrivateDevices": "true",
        "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
        "CapabilityBoundingSet": "",
        "MemoryDenyWriteExecute": "true",
        "LockPersonality": "true",
        "RestrictNamespaces": "true",
    }
    assert {name: values(unit, name) for name in wanted} == {
        name: [value] for name, value in wanted.items()
    }
    assert values(unit, "ReadWritePaths") == [
        "-/var/log/antrean",
        "-/var/lib/prometheus/node-exporter",
    ]
    assert values(unit, "SystemCallFilter")[0] == "@system-service"
    assert int(*values(unit, "TimeoutStartSec")) > 100
    assert int(*values(unit, "TimeoutStopSec")) > 30 + PING_SECONDS


def test_settings_that_lie_in_an_unusual_place_are_named(env_file: Path) -> None:
    """Whoever installs the unit as root sees by whose settings it will run."""
    named = f"# Pengaturan bukan dari tempat yang biasa: {env_file}"
    with_settings(env_file, **PLAIN)
    assert named in units("--env-file", str(env_file), "units", "service").splitlines()
    usual = env_file.rename(env_file.parent / "env")
    (env_file.parent / "antrean").mkdir()
    usual = usual.rename(env_file.parent / "antrean/env")
    shown = run("units", "service", environ={**os.environ, "XDG_CONFIG_HOME": str(env_file.parent)})
    assert f"--env-file {usual}" in shown.stdout
    assert "bukan dari tempat" not in shown.stdout


def test_the_timer_is_a_pass_a_minute(env_file: Path) -> None:
    unit = units("--env-file", str(env_file), "units", "timer")
    assert values(unit, "OnCalendar") == ["*-*-* *:*:00"]
    assert values(unit, "AccuracySec") == ["1s"]
    assert values(unit, "WantedBy") == ["timers.target"]


def test_both_units_are_shown_with_their_files_and_how_to_install_them(env_file: Path) -> None:
    """Indonesian, as comments: the whole text is still what systemd would read."""
    whole = units("--env-file", str(env_file), "units", "--user", "daemon")
    for name in ("service", "timer"):
        assert units("--env-file", str(env_file), "units", name, "--user", "daemon") in whole
        assert f"> /etc/systemd/system/antrean.{name}\n" in whole
    assert "systemctl enable --now antrean.timer" in whole
    assert values(whole, "User") == ["daemon"]


def test_the_command_of_the_service_is_a_pass(live_site: Site) -> None:
    """As systemd runs it: an absolute program, the settings file, no environment of a shell."""
    no_rawat = gone_home(live_site, YESTERDAY)
    env_file = live_site.folder / ".env"
    env_file.touch(mode=0o600)
    with_settings(env_file, **live_site.env, ANTREAN_STATE=str(live_site.state), ANTREAN_SPLAY="0")
    (line,) = values(live_site.run("units", "service", ANTREAN_ENV_FILE=".env").stdout, "ExecStart")
    words = [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(line)]
    assert Path(words[0]).is_absolute()
    assert words[-5:] == ["--env-file", str(env_file), "sync", "--splay", "20"]
    environment = {"PYTHONPATH": os.environ["PYTHONPATH"]}  # for the program that is not installed
    done = subprocess.run(
        [*words, *SINCE], env=environment, capture_output=True, text=True, check=False, cwd="/"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert set(live_site.states(no_rawat).values()) == {"sent"}


@contextmanager
def installed() -> Iterator[Path]:
    """Put the program where scripts are."""
    script = Path("bin dua/antrean").absolute()
    script.parent.mkdir()
    script.write_text(
        f"#!{sys.executable}\nfrom antrean_cli.__main__ import main\nmain()\n", encoding="utf-8"
    )
    script.chmod(0o755)
    yield script


def test_the_service_runs_the_program_that_printed_it(env_file: Path) -> None:
    with installed() as script:
        command = [
            f"./{script.relative_to(Path.cwd())}",
            "--env-file",
            str(env_file),
            "--state",
            "x.sqlite3",
            "units",
        ]
        done = subprocess.run([*command, "service"], capture_output=True, text=True, check=True)
    (line,) = values(done.stdout, "ExecStart")
    assert shlex.split(line) == [
        *(str(script), "--env-file", str(env_file)),
        *("--state", str(Path("x.sqlite3").absolute()), "sync", "--splay", "20"),
    ]


def test_the_state_of_who_runs_the_service_is_writable_where_no_setting_names_it(
    env_file: Path,
) -> None:
    """Not that of whoever prints the unit."""
    unit = units("--env-file", str(env_file), "units", "service")
    with suppress(KeyError):
        pytest.skip(f"there is a user antrean: {pwd.getpwnam('antrean')}")
    assert values(unit, "StateDirectory") == ["antrean/.local/state/antrean"]
    root = units("--env-file", str(env_file), "units", "service", "--user", "root")
    home = Path("~root").expanduser()
    assert values(root, "ReadWritePaths") == [f"-{home}/.local/state/antrean"]
    assert values(root, "ProtectHome") == ["read-only"]


def test_a_collector_gets_through_to_metrics_beside_the_state(env_file: Path) -> None:
    with_settings(
        env_file, **{**PLAIN, "ANTREAN_METRICS_FILE": "/var/lib/antrean/metrik/antrean.prom"}
    )
    unit = units("--env-file", str(env_file), "units", "service")
    assert values(unit, "StateDirectoryMode") == ["0755"]
    assert values(unit, "ReadWritePaths") == ["-/var/log/antrean"]


@pytest.mark.parametrize("state", ['/srv/a"b/x.sqlite3', "/srv/a\\b/x.sqlite3"])
def test_a_path_that_no_unit_can_hold_is_a_wrong_setting(env_file: Path, state: str) -> None:
    with_settings(env_file, ANTREAN_STATE=state)
    done = run("--env-file", str(env_file), "units")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (8, "", 1)


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (("units",), 8, "Belum ada berkas pengaturan"),
        (("units", "socket"), 2, "service, timer"),
        (("units", "--user", "a b"), 2, "bukan nama pengguna"),
        (("units", "--user", "root\nUser=x"), 2, "bukan nama pengguna"),
        (("units", "--kubernetes", "--image", "a b"), 2, "bukan nama image"),
        (("units", "--kubernetes", "--image", ""), 2, "bukan nama image"),
        (("units", "--kubernetes", "--user", "root"), 2, "--user hanya untuk systemd"),
        (("units", "timer", "--folder", "x"), 2, "--folder hanya dengan --sites"),
        (("units", "--image", "x"), 2, "--image hanya dengan --kubernetes atau --container"),
        (("units", "--container", "--sites"), 2, "--sites tidak dipakai oleh --container"),
        (
            ("units", "--user", "tidakada"),
            2,
            "Pengguna tidakada belum ada; ketik: "
            "sudo useradd --system --create-home --home-dir /var/lib/tidakada tidakada\n",
        ),
    ],
)
def test_units_that_cannot_be_printed_are_one_sentence(
    args: tuple[str, ...], code: int, words: str
) -> None:
    if code == 8 and Path("/etc/antrean/env").exists():
        pytest.skip("this machine has settings of its own")
    done = run(*args)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr


# -- several hospitals on one computer


def of_sites(folder: Path, *args: str) -> str:
    return units("units", "--sites", "--folder", str(folder / "sites"), *args)


@pytest.fixture
def group(tmp_path: Path) -> Path:
    """Two hospitals with their ledgers where the guide puts them."""
    for name, more in (("rs-a", {}), ("rs-b", {"ANTREAN_MAX_SECONDS": "100"})):
        state = f"/var/lib/antrean/{name}/antrean.sqlite3"
        installed_site(tmp_path, name, **{**PLAIN, "ANTREAN_STATE": state, **more})
    return tmp_path


def test_one_template_is_for_all_sites(group: Path) -> None:
    """Each with its own settings and its own ledger, and what the others need besides."""
    unit = of_sites(group, "service")
    (line,) = values(unit, "ExecStart")
    assert shlex.split(line)[-3:] == ["--env-file", f"{group}/sites/%i.env", "sync"]
    assert values(unit, "StateDirectory") == ["antrean/%i"]
    assert values(unit, "StateDirectoryMode") == ["0700"]
    assert values(unit, "ReadWritePaths") == [
        "-/var/log/antrean",
        "-/var/lib/prometheus/node-exporter",
    ]
    assert int(*values(unit, "TimeoutStartSec")) > 100
    single = units("--env-file", f"{group}/sites/rs-a.env", "units", "service")
    same = [line for line in single.splitlines() if line.startswith(("Protect", "Restrict", "Sys"))]
    assert len(same) > 15
    assert [line for line in same if line not in unit.splitlines()] == []


def test_the_sites_are_spread_over_the_minute_by_their_timers(group: Path) -> None:
    """Each in its own second, the same every minute, without a process that sleeps until then."""
    timer = of_sites(group, "timer")
    assert values(timer, "FixedRandomDelay") == ["true"]
    assert 30 <= int(*values(timer, "RandomizedDelaySec")) < 60
    assert "--splay" not in of_sites(group, "service")


@pytest.mark.parametrize("name", ["antrean", "var", "lib", "sites"])
def test_a_site_may_be_called_like_a_folder(tmp_path: Path, name: str) -> None:
    state = f"/var/lib/antrean/{name}/antrean.sqlite3"
    installed_site(tmp_path, name, **{**PLAIN, "ANTREAN_STATE": state})
    unit = of_sites(tmp_path, "service")
    (line,) = values(unit, "ExecStart")
    assert shlex.split(line)[-2] == f"{tmp_path}/sites/%i.env"
    assert "%i" not in shlex.split(line)[0]
    assert values(unit.replace("%i", name), "StateDirectory") == [f"antrean/{name}"]
    assert values(unit.replace("%i", name), "ReadWritePaths")[0] == "-/var/log/antrean"


def test_systemd_accepts_the_templates(group: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze here")
    files = [group / f"antrean-uji@.{name}" for name in ("service", "timer")]
    for file in files:
        file.write_text(of_sites(group, file.suffix[1:], "--user", "root"), encoding="utf-8")
    assert verified(files) == (0, "", "")


def test_both_templates_are_shown_with_how_to_install_them(group: Path) -> None:
    whole = of_sites(group)
    for name in ("service", "timer"):
        assert of_sites(group, name) in whole
        assert f"--user antrean {name} > /etc/systemd/system/antrean@.{name}\n" in whole
    assert f'for f in {group}/sites/*.env; do systemctl enable --now "antrean@$(basename' in whole


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ANTREAN_STATE": "/var/lib/antrean/antrean.sqlite3"}, "tidak di folder miliknya; isi"),
        ({"ANTREAN_STATE": "/var/lib/rs-c/antrean.sqlite3"}, "tidak di folder miliknya; isi"),
        ({"BPJS_SECRET_KEY": ""}, "BPJS_SECRET_KEY belum diisi"),
    ],
)
def test_a_site_that_no_template_fits_is_one_error(
    group: Path, changes: dict[str, str], words: str
) -> None:
    """The ledger of all, such as copying one file of settings to the next gives it, is refused."""
    installed_site(group, "rs-b", **changes)
    done = run("units", "--sites", "--folder", str(group / "sites"))
    assert (done.returncode, done.stdout) == (8, "")
    assert words in done.stderr
    assert "rs-b" in done.stderr
