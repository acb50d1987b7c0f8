"""The file of metrics, and that a pass nobody watches pays nothing."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from antrean_cli.commands.panduan import PAGES
from antrean_cli.monitoring.metrics import METRICS, write_metrics
from antrean_cli.operator.overview import KINDS_OF_OUTAGE
from antrean_cli.simulator.faults import Fault
from tests.support.patients import gone_home
from tests.support.site import MONDAY, SINCE, YESTERDAY, Site
from tests.support.troubles import TROUBLES, khanza_down, no_database, refused

PAGE = (PAGES / "pemantauan.md").read_text(encoding="utf-8")
ADD = "/antrean/add"


def read(file: Path) -> dict[str, float]:
    """Return the samples of a file of metrics by name and labels, and check its form."""
    found: dict[str, float] = {}
    types: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            types[name] = kind
        elif not line.startswith("# HELP "):
            match = re.fullmatch(
                r'([a-z_]+)((?:\{[a-z_]+="[^"]*"(?:,[a-z_]+="[^"]*")*\})?) ([-0-9.]+)', line
            )
            assert match, line
            assert match[1] in types, f"{match[1]} has no TYPE before it"
            assert match[1] + match[2] not in found, "twice"
            found[match[1] + match[2]] = float(match[3])
    assert types == {name: kind for name, (kind, _) in METRICS.items()}
    return found


def test_a_pass_leaves_its_metrics_readable_for_the_collector(live_site: Site) -> None:
    """Names and labels are what alert rules are written in: they stay."""
    file = live_site.folder / "antrean.prom"
    refused(live_site)
    sent, unmapped = gone_home(live_site, YESTERDAY), gone_home(live_site, YESTERDAY, kd_poli="MAT")
    began = time.time()
    done = live_site.run("sync", *SINCE, ANTREAN_METRICS_FILE=str(file))
    assert done.returncode == 3
    found = read(file)
    assert began <= found.pop("antrean_last_pass_timestamp_seconds") <= time.time() + 1
    assert began <= found.pop("antrean_last_success_timestamp_seconds") <= time.time() + 1
    assert 0 < found.pop("antrean_pass_seconds") < 90
    assert 0 <= found.pop("antrean_oldest_held_seconds") < 90
    assert found == {
        "antrean_last_exit_code": 3,
        "antrean_oldest_pending_seconds": 0,
        "antrean_lapsing_pushes": 0,
        'antrean_pushes{state="due",reason=""}': 0,
        'antrean_pushes{state="refused",reason="ditolak"}': 1,
        'antrean_pushes{state="held",reason="petakan"}': 1,
        'antrean_pushes{state="held",reason="antrean"}': 1,
        'antrean_pushes{state="held",reason="ditolak"}': 1,
        'antrean_pushes{state="held",reason="urutan"}': 4,
        "antrean_calls_side_by_side": found["antrean_calls_side_by_side"],
        'antrean_outage{kind="bpjs"}': 0,
        'antrean_outage{kind="khanza"}': 0,
        'antrean_outage{kind="kredensial"}': 0,
        'antrean_outage{kind="sibuk"}': 0,
        'antrean_outage{kind="kiriman"}': 0,
        'antrean_outage{kind="log"}': 0,
        'antrean_outage{kind="metrik"}': 0,
        'antrean_calls_total{call="add",outcome="done"}': 1,
        'antrean_calls_total{call="add",outcome="person"}': 1,
        'antrean_calls_total{call="updatewaktu",outcome="done"}': 3,
        'antrean_calls_total{call="updatewaktu",outcome="first"}': 2,
    }
    assert file.stat().st_mode & 0o777 == 0o644
    assert not {sent, unmapped} & set(file.read_text(encoding="utf-8").split('"'))
    assert [path.name for path in live_site.folder.glob("antrean.prom*")] == ["antrean.prom"]


def test_calls_are_counted_over_all_passes_faults_among_them(live_site: Site) -> None:
    file = live_site.folder / "antrean.prom"
    gone_home(live_site, YESTERDAY)
    live_site.run("sync", *SINCE)  # also before anybody watches
    gone_home(live_site, YESTERDAY)
    live_site.bpjs.faults.add(Fault("reset_before", path=ADD))
    assert live_site.run("sync", ANTREAN_METRICS_FILE=str(file)).returncode == 5
    assert live_site.run("sync", ANTREAN_METRICS_FILE=str(file)).returncode == 0
    calls = {name: value for name, value in read(file).items() if "calls_total" in name}
    assert calls == {
        'antrean_calls_total{call="add",outcome="done"}': 2,
        'antrean_calls_total{call="add",outcome="fault"}': 1,
        'antrean_calls_total{call="updatewaktu",outcome="done"}': 6,
    }
    live_site.run("sync", ANTREAN_METRICS_FILE=str(file))
    assert {name: value for name, value in read(file).items() if "calls_total" in name} == calls


@pytest.mark.parametrize(("trouble", "code"), [*TROUBLES, (no_database, 8)])
def test_a_pass_in_trouble_leaves_its_metrics_too(
    live_site: Site, trouble: Callable[[Site], None], code: int
) -> None:
    """Of a damaged state file they tell the exit code, and nothing that cannot be believed."""
    file = live_site.folder / "antrean.prom"
    trouble(live_site)
    assert live_site.run("sync", *SINCE, ANTREAN_METRICS_FILE=str(file)).returncode == code
    found = read(file)
    assert found["antrean_last_exit_code"] == code
    assert found.get('antrean_outage{kind="kredensial"}', 0) == int(code == 4)
    assert found.get('antrean_outage{kind="khanza"}', 0) == int(code in (5, 8))
    assert ("antrean_oldest_pending_seconds" in found) == (code != 9)


def test_a_hospital_that_never_had_a_good_pass_says_so_with_a_zero(live_site: Site) -> None:
    """An alert that compares with the time now goes off."""
    file = live_site.folder / "antrean.prom"
    khanza_down(live_site)
    live_site.run("sync", ANTREAN_METRICS_FILE=str(file))
    assert read(file)["antrean_last_success_timestamp_seconds"] == 0


def test_what_waits_is_told_with_its_age(site: Site) -> None:
    file = site.folder / "antrean.prom"
    no_rawat = site.khanza.visit(MONDAY, jam="08:00:00")
    site.khanza.sep(no_rawat)
    site.bpjs.faults.add(Fault("gagal_dicoba", path=ADD, times=None))
    for hhmm in ("09:00", "09:20"):
        site.clock.at(hhmm)
        site.run("sync", ANTREAN_METRICS_FILE=str(file), CLOCK=site.clock.now.isoformat())
    found = read(file)
    assert found['antrean_pushes{state="due",reason=""}'] >= 1
    assert 1190 < found["antrean_oldest_pending_seconds"] < 1290


@pytest.mark.parametrize("name", ["tidak/ada/antrean.prom", "folder.prom"])
def test_metrics_that_cannot_be_written_are_one_sentence_and_no_other_exit_code(
    live_site: Site, name: str
) -> None:
    (live_site.folder / "folder.prom").mkdir()
    gone_home(live_site, YESTERDAY)
    done = live_site.run("sync", *SINCE, ANTREAN_METRICS_FILE=str(live_site.folder / name))
    assert (done.returncode, done.stdout) == (0, "")
    (line,) = done.stderr.splitlines()
    why = "foldernya tidak ada" if "/" in name else "itu sebuah folder"
    file = live_site.folder / name
    assert line.startswith(f"ANTREAN_METRICS_FILE tidak dapat ditulis: {why}: {file}. ")
    assert [path.name for path in live_site.folder.glob("*.new")] == []


def test_a_reader_sees_the_old_metrics_or_the_new_ones_and_never_a_part(tmp_path: Path) -> None:
    """The file is replaced; what a killed pass left half written is in nobody's way."""
    file = tmp_path / "antrean.prom"
    write_metrics(file, "lama\n")
    (tmp_path / "antrean.prom.new").write_text("setengah")
    with file.open(encoding="utf-8") as reader:
        write_metrics(file, "baru\n")
        assert reader.read() == "lama\n"
    assert file.read_text(encoding="utf-8") == "baru\n"
    assert [path.name for path in tmp_path.iterdir()] == ["antrean.prom"]


def test_the_ledger_is_not_replaced_by_metrics_through_a_slip_of_the_pen(live_site: Site) -> None:
    done = live_site.run("sync", ANTREAN_METRICS_FILE=str(live_site.state))
    assert done.returncode == 8
    assert "ANTREAN_METRICS_FILE harus berakhiran .prom" in done.stderr
    assert not live_site.state.exists()


def test_a_pass_that_nobody_watches_pays_nothing_for_it(live_site: Site) -> None:
    """requests alone would double an idle pass."""
    assert live_site.run("sync").returncode == 0
    program = [sys.executable, "-X", "importtime", "-m", "antrean_cli", "sync"]
    env = live_site.environment()
    done = subprocess.run(program, env=env, capture_output=True, text=True, timeout=90, check=True)
    assert not re.search(
        r"\|\s+(requests|urllib3|antrean_cli\.bpjs\.(client|transport))$", done.stderr, re.MULTILINE
    )


def test_the_guide_names_every_metric_and_no_other() -> None:
    assert set(re.findall(r"\bantrean_[a-z_]+", PAGE)) == set(METRICS)


def test_the_guide_names_every_kind_of_outage() -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith("| `antrean_outage`")]
    assert set(KINDS_OF_OUTAGE) <= set(re.findall(r"`(\w+)`", row))


def test_the_metrics_of_a_site_have_its_name(live_site: Site) -> None:
    """The file of its settings gives it: NAME.env in a folder `sites`."""
    file = live_site.folder / "rs-kota.prom"
    (live_site.folder / "sites").mkdir()
    env_file = live_site.env_file("sites/rs-kota.env", ANTREAN_METRICS_FILE=str(file))
    gone_home(live_site, YESTERDAY, kd_poli="MAT")
    assert live_site.run("--env-file", str(env_file), "sync", *SINCE).returncode == 0
    found = read(file)
    assert 'antrean_last_exit_code{site="rs-kota"}' in found
    assert found['antrean_pushes{site="rs-kota",state="held",reason="petakan"}'] == 1
    assert [name for name in found if 'site="rs-kota"' not in name] == []
