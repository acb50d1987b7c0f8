"""What the shell completes: kode booking, files, steps, reasons; silent in trouble."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from antrean_cli.cli import COMMANDS
from tests.support.site import MONDAY, Site
from tests.support.troubles import damaged


def completed(site: Site, *words: str, **env: str) -> list[str]:
    """Return what bash is offered for the last word, through the program's own mechanism."""
    asked = {"_ANTREAN_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(["antrean", *words])}
    asked |= {"COMP_CWORD": str(len(words)), "CLOCK": site.clock.now.isoformat()}
    done = site.run(**asked, **env)
    assert (done.returncode, done.stderr) == (0, "")
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


@pytest.fixture
def bookings(site: Site) -> list[str]:
    """Yesterday one booking, today three: two at the desk, one of Mobile JKN."""
    site.clock.at("10:00", day=-1)
    site.khanza.sep(site.khanza.visit(site.clock.now.date(), jam="08:00:00"))
    site.sync()
    site.clock.at("10:00")
    found = [site.khanza.visit(MONDAY, jam="08:00:00") for _ in range(2)]
    for no_rawat in found:
        site.khanza.sep(no_rawat)
    found.append(site.cancelled())
    site.sync()
    return sorted(found)


@pytest.mark.parametrize(
    "words",
    [
        "show",
        "update",
        "batal",
        "listtask",
        "retry",
        "drop",
        "replay --date 2026-11-23 --kodebooking",
    ],
)
def test_every_kode_booking_of_today_is_offered(
    site: Site, bookings: list[str], words: str
) -> None:
    assert completed(site, *words.split(), "''") == bookings


def test_what_was_typed_begins_what_is_offered(site: Site, bookings: list[str]) -> None:
    assert completed(site, "show", bookings[0]) == bookings[:1]
    assert completed(site, "show", "2026/11/23/") == [
        number for number in bookings if "/" in number
    ]
    assert completed(site, "--state", str(site.state), "show", "tidak-ada") == []


def test_a_day_that_was_typed_is_the_day_that_is_offered(site: Site, bookings: list[str]) -> None:
    (yesterday,) = completed(site, "replay", "--date", "2026-11-22", "--kodebooking", "''")
    assert yesterday not in bookings
    assert yesterday.startswith("2026/11/22/")


def no_ledger(site: Site) -> dict[str, str]:
    site.state.unlink()
    return {}


def spoiled(site: Site) -> dict[str, str]:
    damaged(site)
    return {}


@pytest.mark.parametrize(
    "trouble",
    [
        no_ledger,
        spoiled,
        lambda _: {"ANTREAN_TZ": "Mars"},
        lambda _: {"ANTREAN_ENV_FILE": "/nonexistent"},
    ],
)
def test_completion_is_silent_in_trouble(
    site: Site, bookings: list[str], trouble: Callable[[Site], dict[str, str]]
) -> None:
    assert bookings
    assert completed(site, "show", "''", **trouble(site)) == []


def test_what_a_shell_would_break_at_its_space_is_not_offered(site: Site) -> None:
    assert completed(site, "farmasi", "X", "7", "--jenisresep", "''") == ["Racikan"]


@pytest.mark.parametrize("words", ["add READ", "update --file READ"])
def test_files_are_completed_by_the_shell(site: Site, words: str) -> None:
    asked = {"_ANTREAN_COMPLETE": "bash_complete", "COMP_WORDS": f"antrean {words}"}
    assert site.run(**asked, COMP_CWORD=str(len(words.split()))).stdout == "file,READ\n"


def test_steps_and_reasons_are_completed(site: Site) -> None:
    assert completed(site, "retry", "X", "f") == ["farmasi"]
    assert completed(site, "drop", "--reason", "pet") == ["petakan"]


def test_commands_are_still_completed(site: Site) -> None:
    assert completed(site, "uni") == ["units"]
    assert completed(site, "units", "t") == ["timer"]
    assert completed(site, "panduan", "pe") == ["pengaturan", "pemantauan"]
    assert set(completed(site, "")) >= set(COMMANDS)
