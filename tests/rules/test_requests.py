"""What can be asked of BPJS for a booking now, by which call, and with which body."""

from __future__ import annotations

import json
from typing import Any

import pytest

from antrean_cli.rules.add_body import add_body
from antrean_cli.rules.ordering import Call
from antrean_cli.rules.push import Push, Refusal
from antrean_cli.rules.refused_bodies import mark_of_add, mark_of_time
from antrean_cli.rules.requests import call_name, mark_of, request_body, sendable
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


def sent(one: Push, visit: Visit | None, kodebooking: str = NO_RAWAT, **changed: Any) -> Any:
    return request_body(
        record(kodebooking=kodebooking), Call(push=one), visit, policy(**changed), NOW, KEY
    )


# -- bodies


def test_a_lookup_asks_for_the_booking_whatever_the_push() -> None:
    for step in ("3", "batal", "99"):
        call = Call(push=push(step, recorded="08:00"), lookup=True)
        assert call_name(call) == "getlisttask"
        assert request_body(record(), call, VISIT, policy(), NOW, KEY) == {"kodebooking": NO_RAWAT}


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
    assert call_name(Call(push=push(step))) == call


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
    with pytest.raises(ValueError, match=f"{step} of {NO_RAWAT}"):
        sent(push(step), None)


# -- what can be asked for


def can_send(visit: Visit | None, *pushes: Push, **changed: Any) -> str:
    call = sendable(record(*pushes), visit, policy(**changed), NOW, KEY)
    return call.push.step if call else ""


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


def test_a_body_is_marked_where_another_one_may_be_tried() -> None:
    body = add_body(VISIT, policy())
    assert mark_of(Call(push("add")), body, KEY) == mark_of_add(body, KEY)
    assert mark_of(Call(FIVE), {}, KEY) == mark_of_time(at("09:00"))
    assert mark_of(Call(push("99", recorded="09:00")), {}, KEY) == mark_of_time(at("09:00"))
    for step in ("batal", "farmasi"):
        assert mark_of(Call(push(step, waktu=at("09:00"))), {}, KEY) == ""
    assert mark_of(Call(FIVE, lookup=True), {}, KEY) == ""


def test_an_add_that_bpjs_has_refused_as_it_is_is_not_asked_again() -> None:
    mark = mark_of_add(add_body(VISIT, policy()), KEY)
    for known, expected in ((mark, None), ("another", "add")):
        one = record(push("add"), refusals={"add": (Refusal(known, at("09:00")),)})
        call = sendable(one, VISIT, policy(), NOW, KEY)
        assert (call and call.push.step) == expected
    call = sendable(record(push("add")), VISIT, policy(), NOW, KEY)
    assert call is not None


def test_what_is_no_antrean_farmasi_goes_as_it_is() -> None:
    five = record(push("add", "sent"), push("3", "sent", "08:05"), push("4", recorded="08:30"))
    call = sendable(five, None, policy(), NOW, KEY)
    assert call is not None
    assert call.push.step == "4"
