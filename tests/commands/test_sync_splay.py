"""`antrean sync` at the hospital's own second of the minute."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from antrean_cli.commands.sync import own_second
from antrean_cli.rules.splay import delay_of
from tests.support.site import CONS_ID, Site, wait_for


@pytest.mark.parametrize(
    ("setting", "option", "splay"),
    [("", 0, 0), ("", 20, 20), ("0", 20, 0), ("40", 20, 40), ("40", 0, 40)],
)
def test_the_setting_counts_and_without_it_what_the_unit_says(
    site: Site, setting: str, option: int, splay: int
) -> None:
    settings = site.settings(ANTREAN_SPLAY=setting)
    assert own_second(settings, option) == delay_of(CONS_ID, splay)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_while_it_waits_a_signal_ends_it_with_its_code(site: Site, number: signal.Signals) -> None:
    assert delay_of(CONS_ID, 55) > 10
    with site.running("sync", "--splay", "55") as process:
        wait_for(lambda: _handles(process.pid, signal.SIGTERM))
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (128 + number, "", "")
    assert not site.state.exists()
    assert site.bpjs.arrived == []


def _handles(pid: int, number: int) -> bool:
    """Return whether a process has a handler for a signal."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    caught = status.partition("SigCgt:")[2].split()[0]
    return bool(int(caught, 16) >> (number - 1) & 1)
