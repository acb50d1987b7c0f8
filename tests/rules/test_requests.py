"""What is asked of BPJS for a booking now, by which call, with which body, under which mark."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from antrean_cli.rules.add_body import add_body
from antrean_cli.rules.push import Push, Refusal
from antrean_cli.rules.refused_bodies import mark_of_add, mark_of_time
from antrean_cli.rules.requests import Request, next_request
from antrean_cli.rules.rows import Resep
from antrean_cli.rules.visits import Visit
from tests.support.rows import (
    KEY,
    NO_RAWAT,
    NOBOOKING,
    ZERO,
    at,
    cancel,
    mobilejkn,
    on,
    onsite,
    policy,
    push,
    record,
    resep,
)

NOW = at("10:00")
VISIT = onsite()
WITH_RESEP = onsite(reseps=(resep(7, dibuat=on("09:00"), divalidasi=on("09:10")),))
FARMASI = push("farmasi")
FIVE = push("5", recorded="09:00")


def asked(visit: Visit | None, *pushes: Push, **changed: Any) -> Request | None:
    return next_request(record(*pushes), visit, policy(**changed), NOW, KEY)


def sent(one: Push, visit: Visit | None, kodebooking: str = NO_RAWAT, **changed: Any) -> Any:
    request = next_request(record(one, kodebooking=kodebooking), visit, policy(**changed), NOW, KEY)
    assert request is not None
    assert (request.kodebooking, request.push) == (kodebooking, one)
    return request.body


# -- bodies


def test_a_lookup_asks_for_the_booking_whatever_the_push() -> None:
    for step, state in (("3", "due"), ("batal", "held"), ("99", "closed")):
        doubtful = push(step, state, recorded="08:00", needs_lookup=True)
        request = asked(VISIT, doubtful)
        assert request is not None
        assert request.lookup
        body = {"kodebooking": NO_RAWAT}
        assert tuple(request) == (NO_RAWAT, "getlisttask", doubtful, body, "")


@pytest.mark.parametrize(
    ("step", "call"),
    [
        ("add", "add"),
        ("1", "updatewaktu"),
        ("7", "updatewaktu"),
        ("99", "updatewaktu"),
        ("farmasi", "farmasi"),
        ("batal", "batal"),
    ],
)
def test_each_step_has_its_call(step: str, call: str) -> None:
    request = asked(WITH_RESEP, push(step, recorded="09:00"))
    assert request is not None
    assert (request.call, request.lookup) == (call, False)


def test_an_add_is_filled_in_from_the_visit() -> None:
    assert sent(push("add"), VISIT) == add_body(VISIT, policy())


@pytest.mark.parametrize(
    ("keterangan", "told"),
    [
        ("Berhalangan", "Berhalangan"),
        *((odd, "Dibatalkan pasien") for odd in (None, "", " ", "-")),
    ],
)
def test_a_cancel_has_khanzas_reason_or_one_that_fits_all(
    keterangan: str | None, told: str
) -> None:
    cancelled = mobilejkn(cancel=cancel(keterangan=keterangan))
    assert sent(push("batal"), cancelled, NOBOOKING) == {
        "kodebooking": NOBOOKING,
        "keterangan": told,
    }


def test_a_cancel_goes_out_without_khanza_too() -> None:
    assert sent(push("batal"), None)["keterangan"] == "Dibatalkan pasien"
    assert sent(push("batal"), VISIT)["keterangan"] == "Dibatalkan pasien"


@pytest.mark.parametrize(
    ("no_resep", "racikan", "number", "kind"),
    [
        ("202611230007", "0", 7, "Non racikan"),
        ("202611230007", "1", 7, "Racikan"),
        ("R-12/34-5", "0", 2345, "Non racikan"),
        ("R-12", None, 12, "Non racikan"),
    ],
)
def test_antrean_farmasi_has_the_last_four_digits_of_the_prescription(
    no_resep: str, racikan: str | None, number: int, kind: str
) -> None:
    visit = onsite(reseps=(WITH_RESEP.reseps[0]._replace(no_resep=no_resep, racikan=racikan),))
    body = sent(FARMASI, visit)
    assert (body["kodebooking"], body["nomorantrean"], body["jenisresep"]) == (
        NO_RAWAT,
        number,
        kind,
    )


@pytest.mark.parametrize(
    ("step", "farmasi", "visit", "jenisresep"),
    [
        ("5", True, WITH_RESEP, "Non racikan"),
        ("5", True, VISIT, "Tidak ada"),
        ("5", True, None, None),
        ("5", False, WITH_RESEP, None),
        ("6", True, WITH_RESEP, None),
    ],
)
def test_jenisresep_goes_with_task_5_where_the_hospital_runs_antrean_farmasi(
    step: str, farmasi: bool, visit: Visit | None, jenisresep: str | None
) -> None:
    body = sent(push(step, recorded="09:00"), visit, farmasi=farmasi)
    expected = {"kodebooking": NO_RAWAT, "taskid": step, "waktu": 1795399200000}
    assert body == expected | ({"jenisresep": jenisresep} if jenisresep else {})


@pytest.mark.parametrize("step", ["add", "farmasi", "3"])
def test_what_lacks_its_visit_or_its_time_cannot_be_sent(step: str) -> None:
    assert asked(None, push(step)) is None


def test_nobody_can_be_told_from_a_request_that_is_shown() -> None:
    """Its body has the numbers of the patient."""
    assert repr(asked(VISIT, push("add"))) == f"Request({NO_RAWAT!r}, add, add)"


# -- what can be asked for


def can_send(visit: Visit | None, *pushes: Push, **changed: Any) -> str:
    request = asked(visit, *pushes, **changed)
    return request.push.step if request else ""


@pytest.mark.parametrize(
    ("visit", "step"),
    [
        (VISIT, "add"),
        (None, ""),
        (onsite(sep=None), ""),
        (onsite(slot=None), ""),
        (onsite(registration=None), ""),
    ],
)
def test_an_add_waits_while_it_cannot_be_filled_in(visit: Visit | None, step: str) -> None:
    assert can_send(visit, push("add"), push("3", "held", "08:05")) == step


NO_NUMBER = WITH_RESEP.reseps[0]._replace(no_resep="BARU")


@pytest.mark.parametrize(
    ("visit", "step"),
    [
        (WITH_RESEP, "farmasi"),
        (VISIT, "6"),
        (None, "6"),
        (onsite(reseps=(NO_NUMBER,)), "6"),
    ],
)
def test_antrean_farmasi_that_cannot_be_filled_in_is_in_nobodys_way(
    visit: Visit | None, step: str
) -> None:
    after = (push("5", "sent", "09:00"), push("6", recorded="09:10"))
    assert can_send(visit, FARMASI, *after) == step


def test_of_a_booking_with_nothing_to_do_nothing_can_be_asked() -> None:
    assert can_send(VISIT, push("add", "sent"), push("3", "sent", "08:05")) == ""
    assert can_send(VISIT, FARMASI, push("5", "sent", "09:00")) == ""


def test_a_task_and_a_cancel_need_no_visit() -> None:
    assert can_send(None, push("3", recorded="08:05")) == "3"
    assert can_send(None, push("batal")) == "batal"


def test_the_prescription_of_another_day_is_none() -> None:
    late: Resep = resep(9, dibuat="2026-11-25 09:00:00", divalidasi=ZERO)
    assert sent(FIVE, onsite(reseps=(late,)), farmasi=True)["jenisresep"] == "Non racikan"


def test_a_step_is_a_text_on_the_wire() -> None:
    body = sent(push("3", recorded="08:05"), VISIT)
    assert json.dumps(body["taskid"]) == '"3"'


# -- marks


def mark_of(one: Push) -> str | None:
    request = asked(WITH_RESEP, one)
    return request.mark if request else None


def test_a_body_is_marked_where_another_one_may_be_tried() -> None:
    assert mark_of(push("add")) == mark_of_add(add_body(WITH_RESEP, policy()), KEY)
    assert mark_of(FIVE) == mark_of_time(at("09:00"))
    assert mark_of(push("99", recorded="09:00")) == mark_of_time(at("09:00"))
    for step in ("batal", "farmasi"):
        assert mark_of(push(step, waktu=at("09:00"))) == ""
    assert mark_of(replace(FIVE, needs_lookup=True)) == ""


def test_an_add_that_bpjs_has_refused_as_it_is_is_not_asked_again() -> None:
    mark = mark_of_add(add_body(VISIT, policy()), KEY)
    for known, expected in ((mark, False), ("another", True)):
        one = record(push("add"), refusals={"add": (Refusal(known, at("09:00")),)})
        assert (next_request(one, VISIT, policy(), NOW, KEY) is not None) is expected
    assert asked(VISIT, push("add")) is not None


def test_what_is_no_antrean_farmasi_goes_as_it_is() -> None:
    five = (push("add", "sent"), push("3", "sent", "08:05"), push("4", recorded="08:30"))
    assert can_send(None, *five) == "4"
