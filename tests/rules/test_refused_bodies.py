"""What BPJS has refused: by which mark it is known again, and when another body is worth a try."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from antrean_cli.rules.add_body import add_body
from antrean_cli.rules.add_fields import FIELDS
from antrean_cli.rules.answers import Outcome
from antrean_cli.rules.codes import OutcomeKind, Step
from antrean_cli.rules.done import is_done
from antrean_cli.rules.ordering import arrange
from antrean_cli.rules.outcomes import after_answer
from antrean_cli.rules.planner import plan
from antrean_cli.rules.push import MANUAL, Push, Record, Refusal
from antrean_cli.rules.reasons import ReasonCode, because
from antrean_cli.rules.refused_bodies import (
    add_to_send,
    has_another_add,
    has_another_time,
    is_refused_time,
    mark_of_add,
    mark_of_time,
    may_try,
    unless_refused,
)
from antrean_cli.rules.requests import next_request
from antrean_cli.rules.visits import Visit
from tests.support.rows import (
    KEY,
    MONDAY,
    TUESDAY,
    at,
    exam,
    mobilejkn,
    nonjkn,
    on,
    onsite,
    policy,
    push,
    reason,
    record,
    seen,
    sep,
    states,
    surat,
    words,
)

NOW = at("10:00")
BODY = add_body(onsite(), policy())
DRIFTING = ("estimasidilayani", "sisakuotajkn", "kuotajkn", "sisakuotanonjkn", "kuotanonjkn")
NIK = because(ReasonCode.REFUSED, text="data nik  belum sesuai.")
NUMBER = because(ReasonCode.REFUSED_REFERENCE, text="Rujukan tidak valid")
TWO = sep(no_rujukan="0301R0021126P000001", noskdp="0301R0011126K000001")
MENDED: dict[str, Any] = {"reg": {"nik": "3200000000000002"}}


def refused_add(visit: Visit, when: str = "09:00") -> Record:
    """Return a booking whose add was refused with this visit's body."""
    one = record(push("add", "refused", reason=NIK, code="201"))
    mark = mark_of_add(add_body(visit, policy()), KEY)
    return one.with_refusal("add", Refusal(mark, at(when)))


def planned(visit: Visit, known: Record, now: datetime = NOW, **chosen: Any) -> Record:
    return plan(visit, known, policy(**chosen), now, exact=True, key=KEY)


# -- marks


@pytest.mark.parametrize("name", [name for name in FIELDS if name not in DRIFTING])
def test_another_value_of_a_field_is_another_body(name: str) -> None:
    assert mark_of_add({**BODY, name: "other"}, KEY) != mark_of_add(BODY, KEY)


@pytest.mark.parametrize("name", DRIFTING)
def test_what_changes_by_itself_makes_no_other_body(name: str) -> None:
    assert mark_of_add({**BODY, name: 0}, KEY) == mark_of_add(BODY, KEY)


def test_nobody_can_be_told_from_a_mark() -> None:
    one = mark_of_add(BODY, KEY)
    assert len(one) == 16
    assert one != mark_of_add(BODY, KEY[::-1])
    assert not any(str(BODY[name]) in one for name in ("nik", "nomorkartu", "nohp"))


REFUSED = Outcome(
    kind=OutcomeKind.REJECTED, code="201", text="tidak valid", refusal=ReasonCode.REFUSED
)


@pytest.mark.parametrize(
    ("outcome", "noted"),
    [
        (REFUSED, True),
        (replace(REFUSED, kind=OutcomeKind.SUPERSEDED), True),
        (replace(REFUSED, kind=OutcomeKind.RETRY), False),
        (replace(REFUSED, kind=OutcomeKind.DONE), False),
        (replace(REFUSED, kind=OutcomeKind.SEP_FIRST), False),
        (replace(REFUSED, kind=OutcomeKind.PREREQUISITE, named=Step.TASK_2), False),
    ],
)
def test_what_is_refused_is_noted_with_its_mark(outcome: Outcome, noted: bool) -> None:
    one = record(push("add", "sent"), push("3", "sending", "08:05"))
    after = after_answer(one, "3", outcome, policy(), NOW, 0.0, "mark")
    assert after.refused("3") == ((Refusal("mark", NOW),) if noted else ())


def test_what_has_no_mark_is_not_noted() -> None:
    after = after_answer(record(push("farmasi", "sending")), "farmasi", REFUSED, policy(), NOW, 0.0)
    assert after.refusals == {}


# -- when


def refused_at(*times: datetime) -> Record:
    one = record()
    for number, when in enumerate(times):
        one = one.with_refusal("add", Refusal(str(number), when))
    return one


def every_minute(number: int, day: Any = MONDAY) -> list[datetime]:
    return [at("09:00", day) + timedelta(minutes=minute) for minute in range(number)]


@pytest.mark.parametrize(
    ("times", "now", "expected"),
    [
        ([], NOW, True),
        ([at("09:59:01")], NOW, False),
        ([at("09:59:00")], NOW, True),
        (every_minute(5), NOW, True),  # four tries
        (every_minute(6), NOW, False),  # five
        (every_minute(6), at("00:00", TUESDAY), True),
        ([at("08:00"), *every_minute(4, TUESDAY)], at("10:00", TUESDAY), True),
        ([at("08:00"), *every_minute(5, TUESDAY)], at("10:00", TUESDAY), False),
        ([at("10:00", TUESDAY)], NOW, True),  # by a clock that ran ahead
    ],
)
def test_a_minute_later_and_five_times_a_day(
    times: list[datetime], now: datetime, expected: bool
) -> None:
    assert may_try(refused_at(*times), Step.ADD, now) is expected


# -- which body


@pytest.mark.parametrize(
    ("refused", "reason", "expected"),
    [
        ([], None, "0301R0021126P000001"),
        (["0301R0021126P000001"], NUMBER, "0301R0011126K000001"),
        (["0301R0021126P000001"], NIK, ""),  # not for its number
        (["0301R0021126P000001", "0301R0011126K000001"], NUMBER, ""),
        (["0301R0011126K000001"], NUMBER, "0301R0021126P000001"),
    ],
)
def test_the_other_number_of_a_sep_is_tried_where_the_first_was_refused_as_a_number(
    refused: list[str], reason: Any, expected: str
) -> None:
    visit = onsite(sep=TWO)
    one = record(push("add", "refused" if reason else "due", reason=reason))
    for number in refused:
        mark = mark_of_add(add_body(visit, policy(), number), KEY)
        one = one.with_refusal("add", Refusal(mark, at("09:00")))
    body, mark = add_to_send(visit, one, policy(), KEY) or ({"nomorreferensi": ""}, "")
    assert body["nomorreferensi"] == expected
    assert mark == (mark_of_add(body, KEY) if expected else "")


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        (onsite(), False),
        (onsite(**MENDED), True),
        (onsite(slot=None), False),  # its body lacks something
        (nonjkn(), True),  # the payer was corrected
        (onsite(sep=sep(nohp="080000000044")), True),
        (onsite(reg={"nama": "LAIN"}), False),  # is not sent
    ],
)
def test_what_khanza_says_otherwise_is_another_add(visit: Visit, expected: bool) -> None:
    assert has_another_add(visit, refused_add(onsite()), policy(), KEY) is expected


def test_a_kind_that_is_not_added_has_no_other_add() -> None:
    known = refused_add(onsite())
    assert not has_another_add(onsite(**MENDED), known, policy(add=frozenset()), KEY)


# -- adds


def test_a_mended_add_goes_out_with_its_tasks() -> None:
    known = refused_add(onsite()).with_pushes(
        push("3", "held", "08:05", reason=because(ReasonCode.ADD_REFUSED, add=NIK))
    )
    assert states(planned(onsite(), known)) == {"add": "refused", "3": "held"}
    after = planned(onsite(**MENDED), known)
    assert states(after) == {"add": "due", "3": "due"}
    assert next_request(after, onsite(**MENDED), policy(), NOW, KEY) is not None


def test_a_mended_add_waits_for_its_minute_and_is_looked_at_until_then() -> None:
    known, visit = refused_add(onsite(), "09:59:30"), onsite(**MENDED)
    after = planned(visit, known)
    assert after.pushes["add"].state == "refused"
    assert not is_done(visit, after, policy(), NOW, KEY)
    assert planned(visit, after, at("10:00:30")).pushes["add"].state == "due"


@pytest.mark.parametrize("visit", [onsite(), nonjkn(), mobilejkn()])
def test_a_refused_add_that_nobody_mends_is_done_with(visit: Visit) -> None:
    chosen: dict[str, Any] = {"add": frozenset({"onsite", "nonjkn", "mobilejkn"})}
    known = replace(refused_add(visit), kind=visit.kind, kodebooking=visit.kodebooking)
    assert planned(visit, known, **chosen).pushes["add"] == known.pushes["add"]
    add_alone = known.keeping(lambda push: push.step == Step.ADD)
    assert is_done(visit, add_alone, policy(**chosen), NOW, KEY)


def test_an_add_that_was_mended_and_spoiled_again_before_it_left_is_refused_as_before() -> None:
    mended = planned(onsite(**MENDED), refused_add(onsite()))
    assert next_request(mended, onsite(), policy(), NOW, KEY) is None
    spoiled = planned(onsite(), mended).pushes["add"]
    assert (spoiled.state, spoiled.reason) == ("refused", NIK)


def test_an_add_that_was_withdrawn_is_not_sent_again_as_it_was_refused() -> None:
    """The visit was cancelled meanwhile, so that the ledger has no add of it any more."""
    known = replace(refused_add(onsite()), pushes={})
    assert planned(onsite(), known).pushes["add"].state == "refused"
    assert planned(onsite(**MENDED), known).pushes["add"].state == "due"


def test_an_add_that_lacks_something_since_it_was_mended_is_held() -> None:
    mended = planned(onsite(**MENDED), refused_add(onsite()))
    after = planned(onsite(slot=None, **MENDED), mended)
    assert after.pushes["add"].state == "held"


def test_what_an_older_version_noted_as_refused_is_tried_once() -> None:
    known = record(push("add", "refused", reason=NIK))
    assert planned(onsite(), known).pushes["add"].state == "due"


def test_a_surat_kontrol_is_looked_for_while_an_add_is_refused() -> None:
    """No fingerprint covers it: until the SEP is there, the visit is looked at."""
    visit = onsite(sep=None, surat_kontrol=surat(), surat_asked=True)
    known = refused_add(visit).keeping(lambda push: push.step == Step.ADD)
    other = replace(visit, surat_kontrol=surat(no_surat="0301R0011126K000009"))
    assert not is_done(visit, known, policy(), NOW, KEY)
    assert planned(visit, known).pushes["add"].state == "refused"
    not_asked = replace(visit, surat_kontrol=None, surat_asked=False)
    assert planned(not_asked, known).pushes["add"].state == "refused"
    assert planned(other, known).pushes["add"].state == "due"


# -- tasks

EXAM = onsite(exams=(exam(on("08:30")),))


def refused_task(waktu: str = "08:30", *others: str, **changed: Any) -> Record:
    """Return a booking whose task 4 was refused at these times."""
    fields = {"source": "periksa_awal", "reason": NIK, "code": "201", **changed}
    four = push("4", "refused", waktu, **fields)
    one = record(push("add", "sent"), push("3", "sent", "08:05", source="buka_poli"), four)
    for time in (waktu, *others):
        one = one.with_refusal("4", Refusal(mark_of_time(at(time)), at("09:00")))
    return one


@pytest.mark.parametrize(
    ("visit", "known", "state"),
    [
        (EXAM, refused_task(), "refused"),
        (onsite(exams=(exam(on("08:40")),)), refused_task(), "due"),
        (onsite(exams=(exam(on("08:40")),)), refused_task("08:30", "08:40"), "refused"),
        (onsite(), refused_task(), "refused"),  # the exam was deleted
        (onsite(exams=(exam(on("08:40")),)), refused_task(source="manual"), "refused"),
        (onsite(exams=(exam(on("07:00")),), reg={"stts": "Sudah"}), refused_task(), "held"),
    ],
)
def test_another_time_of_a_refused_task_is_sent(visit: Visit, known: Record, state: str) -> None:
    assert planned(visit, known).pushes["4"].state == state


def test_another_time_waits_for_its_minute_and_is_looked_at_until_then() -> None:
    visit, now = onsite(exams=(exam(on("08:40")),)), at("09:00:59")
    after = planned(visit, refused_task(), now)
    assert after.pushes["4"].state == "refused"
    assert words(after.pushes["4"].note) == "Khanza kini mencatat 23-11-2026 08:40:00"
    assert not is_done(visit, after, policy(), now, KEY)
    again = planned(visit, after, at("09:01")).pushes["4"]
    assert (again.state, again.note, again.reason) == ("due", None, None)


def test_a_time_that_a_tie_makes_the_refused_one_is_not_sent() -> None:
    """Khanza says 08:04:30 now, which goes out as 08:05:01: what BPJS refused."""
    one = record(push("add", "sent"), push("3", "sent", "08:05"), push("4", recorded="08:04:30"))
    known = one.with_refusal("4", Refusal(mark_of_time(at("08:05:01")), at("09:00")))
    assert states(arrange(one, policy()))["4"] == "due"
    assert states(arrange(known, policy()))["4"] == "refused"


def test_a_refused_99_goes_out_again_after_another_cancel() -> None:
    cancelled = onsite(reg={"stts": "Batal"})
    absent = push("99", "refused", "08:30", source="stts Batal", reason=NIK)
    one = record(push("add", "sent"), push("3", "sent", "08:05"), absent)
    known = one.with_refusal("99", Refusal(mark_of_time(at("08:30")), at("08:40")))
    same = replace(known, seen=seen("Batal", at("08:30")))
    assert planned(cancelled, same).pushes["99"].state == "refused"
    later = replace(known, seen=seen("Batal", at("09:10")))
    again = planned(cancelled, later).pushes["99"]
    assert (again.state, again.waktu) == ("due", at("09:10"))


def test_refusals_are_forgotten_by_step() -> None:
    one = refused_task().with_refusal("add", Refusal("a", NOW))
    assert one.without_refusals({"4"}).refusals == {"add": (Refusal("a", NOW),)}
    assert one.without_refusals(set()).refusals == one.refusals


def test_a_push_that_is_tried_anew_keeps_bpjss_last_word() -> None:
    add: Push = planned(onsite(**MENDED), refused_add(onsite())).pushes["add"]
    assert (add.reason, add.attempts, add.next_try) == (NIK, 0, None)


# -- at the edges


@pytest.mark.parametrize(
    ("moments", "may"),
    [
        ((), True),
        ((at("10:00"),), False),
        ((at("09:59:01"),), False),
        ((at("09:59"),), True),
        ((at("10:00:01"),), True),  # noted by a clock that ran ahead
    ],
)
def test_from_when_on_another_body_may_be_tried(moments: tuple[Any, ...], may: bool) -> None:
    refused = tuple(Refusal("m", moment) for moment in moments)
    assert may_try(record(refusals={"3": refused}), Step.TASK_3, at("10:00")) is may


MARK = mark_of_add(add_body(onsite(), policy()), KEY)
ONCE = {"add": (Refusal(MARK, at("09:00")),)}


def test_what_bpjs_has_not_refused_is_sent_also_where_there_is_no_add_yet() -> None:
    assert add_to_send(onsite(), record(), policy(), KEY) is not None
    assert add_to_send(onsite(), record(refusals=ONCE), policy(), KEY) is None
    assert add_to_send(onsite(slot=None), record(), policy(), KEY) is None  # it lacks something
    assert not has_another_add(onsite(), record(), policy(), KEY)


@pytest.mark.parametrize(
    ("add", "why"),
    [
        (push("add", reason=reason("ditolak", text="x")), reason("ditolak", text="x")),
        (push("add", code="299"), because(ReasonCode.REFUSED, kode="299")),
        (push("add"), because(ReasonCode.REFUSED, kode="201")),
    ],
)
def test_an_add_of_which_bpjs_has_refused_all_is_refused_again(add: Push, why: Any) -> None:
    refused = unless_refused(add, onsite(), record(refusals=ONCE), policy(), KEY)
    assert (refused.state, refused.reason) == ("refused", why)
    assert unless_refused(add, onsite(), record(), policy(), KEY) == add


@pytest.mark.parametrize(
    ("known", "another"),
    [
        (push("3", "refused", "08:00"), True),
        (push("3", "refused", "08:05"), False),
        (push("3", "refused", "08:00", source=MANUAL), False),
        (push("3", "due", "08:00"), False),
        (push("3", "sent", "08:00"), False),
    ],
)
def test_which_task_has_another_time(known: Push, another: bool) -> None:
    assert has_another_time(known, at("08:05"), record(known)) is another
    refused = record(known, refusals={"3": (Refusal(mark_of_time(at("08:05")), at("09:00")),)})
    assert not has_another_time(known, at("08:05"), refused)
    assert not is_refused_time(refused, Step.TASK_3, None)
    assert is_refused_time(refused, Step.TASK_3, at("08:05"))
