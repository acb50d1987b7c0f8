"""BPJS's dashboard beside ours: what is asked for, what adds up, and what is a difference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from antrean_cli.rules.dashboard import Dashboard, Waktu, compared, requests_for
from antrean_cli.rules.listings import WaktuTunggu
from antrean_cli.rules.report import Figures

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 24)


def asked(first: str, last: str, today: str = "2026-11-24") -> list[str]:
    days = (date.fromisoformat(day) for day in (first, last, today))
    return ["-".join(one.words) for one in requests_for(*days)]


@pytest.mark.parametrize(
    ("first", "last", "wanted"),
    [
        ("2026-10-01", "2026-10-31", ["10-2026"]),
        ("2026-11-01", "2026-11-24", ["11-2026"]),
        ("2026-11-01", "2026-11-02", ["2026-11-01", "2026-11-02"]),
        ("2026-11-23", "2026-11-24", ["2026-11-23", "2026-11-24"]),
        ("2026-09-29", "2026-11-24", ["2026-09-29", "2026-09-30", "10-2026", "11-2026"]),
        ("2026-01-31", "2026-03-02", ["2026-01-31", "02-2026", "2026-03-01", "2026-03-02"]),
        ("2025-12-01", "2026-01-31", ["12-2025", "01-2026"]),
    ],
)
def test_a_month_is_one_request_and_days_are_one_each(
    first: str, last: str, wanted: list[str]
) -> None:
    assert asked(first, last) == wanted


def row(
    kodepoli: str = "INT",
    antrean: int = 10,
    *,
    tanggal: str = "2026-11-23",
    waits: tuple[float, float] = (0, 0),
    inserted: int | None = None,
) -> WaktuTunggu:
    """Return a row whose wait for the clinic is so many seconds in all, and so many on average."""
    return WaktuTunggu(
        kodepoli,
        f"POLI {kodepoli}",
        tanggal,
        antrean,
        seconds=(0, 0, waits[0], 0, 0, 0),
        means=(0, 0, waits[1], 0, 0, 0),
        inserted=inserted,
    )


def figures(
    antrean: int = 10, *, waits: Sequence[int] = (), ties: int = 0, **facts: int
) -> Figures:
    """Return ours, with so many whole minutes from task 3 to 4."""
    found = Figures()
    found.facts.update({"antrean": antrean, "tie_3_4": ties, **facts})
    found.waits[3, 4].update(waits)
    return found


def both(*rows: WaktuTunggu) -> dict[Waktu, Sequence[WaktuTunggu]]:
    return dict.fromkeys(Waktu, rows)


def beside(
    ours: Figures, *rs: WaktuTunggu, server: Sequence[WaktuTunggu] | None = None
) -> Dashboard:
    rows = {Waktu.RS: rs, Waktu.SERVER: rs if server is None else server}
    return compared(rows, {"int": ours}, ours, FIRST, LAST)


def kinds(found: Dashboard, kodepoli: str = "INT") -> list[str]:
    return [str(one.kind) for one in found.differences if one.kodepoli == kodepoli]


@pytest.mark.parametrize(
    ("at_bpjs", "told"),
    [(7, ["fewer"]), (8, []), (9, []), (10, []), (11, ["more"])],
)
def test_a_count_between_ours_with_and_without_the_cancelled_is_no_difference(
    at_bpjs: int, told: list[str]
) -> None:
    found = beside(figures(10, cancelled=2), row(antrean=at_bpjs))
    assert (kinds(found), kinds(found, "")) == (told, told)
    assert (found.total.ours, found.total.cancelled, found.total.at_bpjs) == (10, 2, at_bpjs)


def test_sums_add_up_and_a_mean_counts_by_how_many_it_is_of() -> None:
    """Three visits of ten minutes, one of thirty: fifteen minutes, and not twenty."""
    found = beside(
        figures(4), row(antrean=3, waits=(1800, 600)), row(antrean=1, waits=(1800, 1800))
    )
    assert found.clinics[0].means[3, 4].rs == pytest.approx(15)
    assert found.clinics[0].means[4, 5].rs is None
    assert found.total.at_bpjs == 4


def test_our_mean_has_the_ties_in_it_and_a_minute_is_half_begun() -> None:
    assert figures(waits=[10, 20], ties=1).mean(3, 4) == pytest.approx((10.5 + 20.5) / 3)
    assert figures().mean(3, 4) is None


@pytest.mark.parametrize(
    ("seconds", "told"), [(900, []), (929, []), (931, ["wait"]), (300, ["wait"])]
)
def test_means_that_are_more_than_five_minutes_apart_are_a_difference(
    seconds: float, told: list[str]
) -> None:
    found = beside(figures(waits=[10]), row(waits=(seconds * 4, seconds)))
    assert kinds(found) == told
    assert [one.step for one in found.differences if one.kodepoli] == [(3, 4)] * len(told)


@pytest.mark.parametrize(
    ("server", "told"), [((2990, 299), ["arrival"]), ((0, 0), ["arrival"]), ((6500, 650), [])]
)
def test_tasks_that_reach_bpjs_at_other_times_than_theirs_are_a_difference(
    server: tuple[float, float], told: list[str]
) -> None:
    """By the hospital's times ten minutes; all at once at BPJS is none at all, and no unknown."""
    found = beside(figures(waits=[10]), row(waits=(6000, 600)), server=[row(waits=server)])
    assert kinds(found) == told
    assert found.total.means[3, 4].server == pytest.approx(server[1] / 60)


def test_what_only_one_side_has_stands_there_with_nothing_on_the_other() -> None:
    found = compared(both(row("ANA", 3)), {"int": figures(2)}, figures(2), FIRST, LAST)
    assert [(one.kodepoli, one.ours, one.at_bpjs) for one in found.clinics] == [
        ("ANA", 0, 3),
        ("INT", 2, 0),
    ]
    assert (kinds(found, "ANA"), kinds(found, "INT")) == (["more"], ["fewer"])


def test_a_clinic_of_which_bpjs_has_nothing_by_our_book_either_is_left_out() -> None:
    assert beside(figures(0)).clinics == ()


def test_antrean_of_no_clinic_may_be_what_bpjs_has_more_of_one() -> None:
    """Cancelled before anybody came: Khanza has no visit, and so no clinic."""
    ours = {"int": figures(2), "": figures(1, cancelled=1)}
    total = figures(3, cancelled=1)
    for antrean, told in ((3, []), (4, ["more"])):
        found = compared(both(row(antrean=antrean)), ours, total, FIRST, LAST)
        assert [one.kodepoli for one in found.clinics] == ["INT"]
        assert kinds(found) == told


def test_a_period_of_which_we_have_nothing_is_nothing_and_not_unknown() -> None:
    found = compared(both(row(antrean=3)), {}, Figures(), FIRST, LAST)
    assert (found.clinics[0].ours, found.total.ours) == (0, 0)
    assert (kinds(found), kinds(found, "")) == (["more"], ["more"])


def test_without_the_mapping_only_the_whole_is_compared() -> None:
    found = compared(both(row(antrean=3)), None, figures(5), FIRST, LAST)
    (clinic,) = found.clinics
    assert (clinic.ours, clinic.at_bpjs, clinic.means[3, 4].ours) == (None, 3, None)
    assert (kinds(found), kinds(found, "")) == ([], ["fewer"])


def test_days_of_a_month_outside_the_period_are_left_out() -> None:
    rows = [
        row(antrean=1, tanggal=tanggal)
        for tanggal in ("2026-10-31", "2026-11-01", "2026-11-24", "2026-11-25", "2026-11")
    ]
    assert beside(figures(3), *rows).total.at_bpjs == 3


def test_the_latest_moment_at_which_bpjs_took_figures_is_told() -> None:
    assert beside(figures(), row(inserted=5), row(inserted=9), row()).inserted == 9
    assert beside(figures(), row()).inserted is None
