"""Outages: told when they begin, then once an hour, then once when they are over; and when BPJS is
probed.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from antrean_cli.render.outages import announcement_text
from antrean_cli.rules.causes import Cause, trouble
from antrean_cli.rules.outages import (
    FAULTS_THAT_BEGIN_ONE,
    Announcement,
    Outage,
    OutageKind,
    Phase,
    failed,
    recovered,
    reminded,
)
from tests.support.rows import at

BPJS, BUSY, KHANZA = OutageKind.BPJS, OutageKind.BUSY, OutageKind.KHANZA
AWAY = trouble(Cause.UNREACHABLE)
PUT_OFF = trouble(Cause.PUT_OFF, said="Undefined Error. (kode 201)")
NO_CLOCK = trouble(Cause.NO_CLOCK, said="01-01-1970 07:00")
AT_ONCE = (BPJS, OutageKind.KHANZA, OutageKind.CREDENTIALS)
KINDS = (*AT_ONCE, BUSY)
BEGAN = at("08:00")
MINUTE = timedelta(minutes=1)


def words(told: Announcement | None) -> str:
    """Return what people are told, empty for nothing."""
    return announcement_text(told) if told else ""


def begun(kind: OutageKind = BPJS, probed: str = "") -> Outage:
    """Return an outage that people have just been told of."""
    outage, told = failed(None, kind, AWAY, BEGAN, probed)
    while not told:
        outage, told = failed(outage, kind, AWAY, BEGAN, probed)
    return outage


def test_three_faults_begin_an_outage() -> None:
    assert FAULTS_THAT_BEGIN_ONE == 3


def test_a_bpjs_that_only_puts_off_is_told_from_the_third_pass_on() -> None:
    """A single 429 at a quiet hour is nothing; nor is its end."""
    first, told = failed(None, BUSY, PUT_OFF, BEGAN)
    second, told_again = failed(first, BUSY, PUT_OFF, BEGAN + MINUTE)
    assert (told, told_again, recovered(second, BEGAN + 2 * MINUTE)) == (None, None, None)
    assert reminded(second, BEGAN + 90 * MINUTE) == (second, None)
    third, told = failed(second, BUSY, PUT_OFF, BEGAN + 3 * MINUTE)
    assert words(told) == (
        "BPJS menunda semua kiriman: BPJS meminta dicoba lagi: Undefined Error. (kode 201). "
        "Dicoba lagi otomatis; tidak ada yang hilang. Bila berlanjut, periksa BPJS_BASE_URL dan "
        "BPJS_UPDATE_PATH."
    )
    end = recovered(third, BEGAN + 5 * MINUTE)
    assert words(end) == "BPJS menerima lagi setelah 5 menit."


def test_a_reminder_comes_an_hour_after_it_was_told_and_not_after_it_began() -> None:
    outage, _ = failed(None, BUSY, AWAY, BEGAN)
    outage, _ = failed(outage, BUSY, AWAY, BEGAN + 20 * MINUTE)
    outage, told = failed(outage, BUSY, AWAY, BEGAN + 40 * MINUTE)
    assert told is not None
    reminders = [failed(outage, BUSY, AWAY, BEGAN + after * MINUTE)[1] for after in (61, 99, 100)]
    assert [bool(one) for one in reminders] == [False, False, True]


def test_a_clock_that_is_wrong_is_told_at_once_and_its_end_never() -> None:
    """How long it was wrong nobody knows."""
    outage, told = failed(None, OutageKind.CLOCK, NO_CLOCK, BEGAN)
    assert words(told) == (
        "Jam komputer ini salah: jam komputer ini menunjuk: 01-01-1970 07:00. Dicoba lagi otomatis "
        "dan tidak ada yang hilang, tetapi menunggu saja tidak cukup. Betulkan jamnya. Ketik: sudo "
        "timedatectl set-ntp true"
    )
    assert recovered(outage, BEGAN + 5 * MINUTE) is None


@pytest.mark.parametrize("kind", AT_ONCE)
def test_an_outage_is_told_when_it_begins_with_its_cause(kind: OutageKind) -> None:
    outage, told = failed(None, kind, AWAY, BEGAN)
    assert told == Announcement(Phase.BEGAN, kind, BEGAN, BEGAN, AWAY)
    assert ": server BPJS tidak dapat dihubungi. Dicoba lagi otomatis" in words(told)
    assert (outage.kind, outage.since, outage.told_at, outage.failures) == (kind, BEGAN, BEGAN, 1)


def test_probes_come_after_1_2_4_8_10_10_minutes() -> None:
    outage, now, waits = begun(), BEGAN, []
    for _ in range(7):
        wait = outage.next_probe - now
        waits.append(wait // MINUTE)
        assert not outage.may_probe(outage.next_probe - timedelta(seconds=1))
        assert outage.may_probe(outage.next_probe)
        now = outage.next_probe
        outage, _told = failed(outage, BPJS, AWAY, now)
    assert waits == [1, 2, 4, 8, 10, 10, 10]


@pytest.mark.parametrize("kind", [OutageKind.KHANZA, OutageKind.CREDENTIALS])
def test_khanza_and_refused_credentials_are_tried_by_every_pass(kind: OutageKind) -> None:
    assert begun(kind).may_probe(BEGAN)


@pytest.mark.parametrize("kind", AT_ONCE)
def test_an_outage_of_three_hours_is_told_four_times(kind: OutageKind) -> None:
    """At its beginning and after each hour, although a pass fails every minute."""
    outage, first = failed(None, kind, AWAY, BEGAN)
    told = [0] if first else []
    for minute in range(1, 181):
        outage, text = failed(outage, kind, AWAY, BEGAN + minute * MINUTE)
        told += [minute] if text else []
    assert told == [0, 60, 120, 180]
    assert outage.since == BEGAN


def test_passes_that_only_wait_remind_as_well() -> None:
    outage, told = begun(), []
    for minute in range(1, 121):
        outage, text = reminded(outage, BEGAN + minute * MINUTE)
        told += [minute] if text else []
    assert told == [60, 120]


def test_a_reminder_names_the_beginning_and_the_cause() -> None:
    late = BEGAN + timedelta(hours=1)
    _, told = failed(begun(), BPJS, AWAY, late)
    said = (
        "BPJS terganggu sejak 23-11 08:00: server BPJS tidak dapat dihubungi. Periksa jaringan "
        "dan firewall."
    )
    assert words(told) == said
    _, told = reminded(begun(), late)
    assert words(told) == said


# -- another cause


def failures(*causes: Cause, start: Outage | None = None) -> list[tuple[int, Phase]]:
    """Return in which minutes people are told, and how, of an outage that has these causes."""
    outage, told = start, []
    for minute, cause in enumerate(causes):
        outage, said = failed(outage, KHANZA, trouble(cause), BEGAN + minute * MINUTE)
        told += [(minute, said.phase)] if said else []
    return told


def test_another_cause_is_told_at_once() -> None:
    """A password that was mended, and behind it a column that is missing."""
    told = failures(*[Cause.KHANZA_LOGIN] * 3, *[Cause.KHANZA_SCHEMA] * 3)
    assert told == [(0, Phase.BEGAN), (3, Phase.CHANGED)]


def test_the_hour_counts_from_the_last_telling_whatever_was_told() -> None:
    told = failures(*[Cause.KHANZA_LOGIN] * 30, *[Cause.KHANZA_SCHEMA] * 65)
    assert told == [(0, Phase.BEGAN), (30, Phase.CHANGED), (90, Phase.GOES_ON)]


def test_causes_that_come_and_go_are_no_noise() -> None:
    """Each is told once an hour, however often they take turns."""
    told = failures(*[Cause.KHANZA_DNS, Cause.KHANZA_CUT] * 62)
    assert [minute for minute, _ in told] == [0, 1, 60, 61, 120, 121]
    assert {phase for minute, phase in told if minute} == {Phase.CHANGED}


def test_another_table_is_another_cause_and_another_number_is_none() -> None:
    outage, _ = failed(None, KHANZA, trouble(Cause.KHANZA_GRANT, "jadwal"), BEGAN)
    outage, told = failed(outage, KHANZA, trouble(Cause.KHANZA_GRANT, "pasien"), BEGAN + MINUTE)
    assert told == (Phase.CHANGED, KHANZA, BEGAN, BEGAN + MINUTE, outage.why)
    off = [trouble(Cause.CLOCK_OFF, seconds=seconds) for seconds in (300, 360)]
    outage, _ = failed(None, OutageKind.CREDENTIALS, off[0], BEGAN)
    outage, told = failed(outage, OutageKind.CREDENTIALS, off[1], BEGAN + MINUTE)
    assert (told, outage.why) == (None, off[1])


def test_only_what_was_told_within_the_hour_is_kept() -> None:
    outage, _ = failed(None, KHANZA, trouble(Cause.KHANZA_LOGIN), BEGAN)
    outage, _ = failed(outage, KHANZA, trouble(Cause.KHANZA_CUT), BEGAN + MINUTE)
    assert dict(outage.told) == {"khanza_login": BEGAN, "khanza_cut": BEGAN + MINUTE}
    outage, _ = failed(outage, KHANZA, trouble(Cause.KHANZA_DNS), BEGAN + 60 * MINUTE)
    assert dict(outage.told) == {
        "khanza_cut": BEGAN + MINUTE,
        "khanza_dns": BEGAN + 60 * MINUTE,
    }


def test_two_passes_in_one_moment_tell_it_once() -> None:
    assert failed(begun(), BPJS, AWAY, BEGAN)[1] is None


def test_the_other_cause_is_told_with_what_to_do() -> None:
    outage, _ = failed(None, KHANZA, trouble(Cause.KHANZA_LOGIN), BEGAN)
    _, told = failed(outage, KHANZA, trouble(Cause.KHANZA_GRANT, "jadwal"), BEGAN + MINUTE)
    assert words(told) == (
        "Khanza terganggu sejak 23-11 08:00, kini karena sebab lain: akun antrean tidak boleh "
        "membaca tabel jadwal. Beri akun itu GRANT SELECT."
    )


def test_an_outage_that_an_older_version_began_is_not_told_anew() -> None:
    """It did not keep the cause; people were told of it by the old words."""
    old = Outage(KHANZA, BEGAN, BEGAN, BEGAN, 3)
    later, told = failed(old, KHANZA, trouble(Cause.KHANZA_LOGIN), BEGAN + MINUTE)
    assert told is None
    _, told = failed(later, KHANZA, trouble(Cause.KHANZA_SCHEMA), BEGAN + 2 * MINUTE)
    assert told is not None
    _, told = reminded(old, BEGAN + timedelta(hours=1))
    assert words(told) == "Khanza terganggu sejak 23-11 08:00."


def test_what_was_told_by_a_clock_that_ran_ahead_counts_for_nothing() -> None:
    outage, _ = failed(None, KHANZA, trouble(Cause.KHANZA_LOGIN), BEGAN + timedelta(days=1))
    _, told = failed(outage, KHANZA, trouble(Cause.KHANZA_LOGIN), BEGAN)
    assert told is not None


def test_waiting_counts_no_failure_and_moves_no_probe() -> None:
    later, _ = reminded(begun(), BEGAN + timedelta(hours=1))
    assert (later.failures, later.next_probe) == (1, BEGAN + MINUTE)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (0, "kurang dari semenit"),
        (1, "1 menit"),
        (59, "59 menit"),
        (60, "1 jam 0 menit"),
        (135, "2 jam 15 menit"),
        (1501, "1 hari 1 jam"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_the_end_is_told_with_its_length(kind: OutageKind, minutes: int, expected: str) -> None:
    told = recovered(begun(kind), BEGAN + minutes * MINUTE)
    assert words(told).endswith(f" setelah {expected}.")


def test_each_kind_has_its_own_sentences() -> None:
    reminders = (failed(begun(kind), kind, AWAY, BEGAN + 60 * MINUTE)[1] for kind in KINDS)
    assert len(set(map(words, reminders))) == 4
    assert len({words(recovered(begun(kind), BEGAN)) for kind in KINDS}) == 4


def test_the_booking_that_was_probed_last_is_remembered() -> None:
    outage = begun(probed="A")
    assert outage.probed == "A"
    outage, _ = failed(outage, BPJS, AWAY, BEGAN + MINUTE, "B")
    assert outage.probed == "B"
    outage, _ = failed(outage, BPJS, AWAY, BEGAN + 3 * MINUTE)
    assert outage.probed == "B"
