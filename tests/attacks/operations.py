"""A random day of a hospital, made of Khanza's operations: who comes, what is done with whom, when.

- A day is a list of actions. One that does not apply (an exam of nobody's visit) is left out, so
  that any part of a day is a day too: a failing one can be cut down to the actions that matter.
- Each patient has seconds of the minute of their own, and nobody writes in the others': a time
  tells whose it is.
- Statements of several people fall between each other, as forms that stay open let them.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import NamedTuple

from antrean_cli.simulator.hospital import DOCTORS, Hospital
from tests.support.hands import Operation, cashier, clinic, desk, mobile_jkn, pharmacy, sep
from tests.support.hands.statements import FORBIDDEN, has

PEOPLE = 4
OWN_SECONDS = 12  # of each minute; the last ones are the passes'
MINUTE = timedelta(minutes=1)
SLOW = 90  # seconds between two statements of a form that stays open


class Action(NamedTuple):
    """Something that somebody does: when (seconds after the day begins), for whom, and what.

    `dose` chooses among what it can be.
    """

    at: int
    who: int
    what: str
    dose: int


@dataclass
class Person:
    """One patient, and what Khanza calls what belongs to them."""

    index: int
    norm: str
    kd_pj: str = "BPJ"
    no_rawat: str | None = None
    nobooking: str | None = None
    no_sep: str | None = None
    exams: list[datetime] = field(default_factory=list)
    reseps: list[str] = field(default_factory=list)
    rooms: list[datetime] = field(default_factory=list)
    drugs: list[datetime] = field(default_factory=list)  # when some were issued
    billed: bool = False

    def comes(self, no_rawat: str | None) -> None:
        """Begin a visit of which nothing is known yet; None if it came to nothing."""
        self.no_rawat, self.billed = no_rawat or None, False
        self.exams, self.reseps, self.rooms, self.drugs = [], [], [], []

    def has_no_exam(self, at: datetime) -> bool:
        """Return whether no exam of that second is there, as the key of the table wants it."""
        return at not in self.exams

    def has_no_drugs(self, at: datetime) -> bool:
        """Return whether no drugs of that second are there, and note them."""
        if at in self.drugs:
            return False
        self.drugs.append(at)
        return True


class Turn(NamedTuple):
    """Whose turn it is, and when; `dose` chooses among what it can be."""

    one: Person
    now: datetime
    dose: int

    @property
    def no_rawat(self) -> str:
        """The visit that Khanza has of them."""
        return self.one.no_rawat or ""

    @property
    def typed(self) -> datetime:
        """The form's time: the client's clock, or what somebody typed."""
        return self.now - MINUTE * (0, 0, 0, 0, 3, 17, 45, 0, -2, 80)[self.dose % 10]


Done = Operation[None]
# What wants nobody to be there, and what wants a Mobile JKN booking; the rest wants a visit.
COMING = frozenset({"register", "register_with_sep", "book", "is_the_same"})
BOOKED = frozenset({"check_in", "cancel_booking", "admin"})


class Doing:
    """Whoever works in the hospital: each method is an action, and the operation that it is.

    One that does not apply ends without a statement.
    """

    def __init__(
        self,
        khanza: Hospital,
        begin: datetime,
        *,
        adds: Callable[[dict[str, object]], bool],
        booked: Callable[..., None],
    ) -> None:
        """Begin with people of whom nobody is there yet.

        `adds` is what BPJS answers to a form's add; `booked` tells it of a Mobile JKN booking,
        which it may not know all the same.
        """
        self.khanza, self.begin, self._adds, self._booked = khanza, begin, adds, booked
        payers = ["BPJ"] * (PEOPLE - 1) + ["UMU"]
        self.people = [Person(who, khanza.patient(), payers[who]) for who in range(PEOPLE)]
        self.persons = {person.norm: person.index for person in self.people}

    def operation(self, action: Action) -> Done | None:
        """Return the operation of an action, None where nobody is there for it."""
        one, what = self.people[action.who], action.what
        if what in BOOKED:
            fits = one.nobooking is not None
        else:
            fits = self._is_there(one) != (what in COMING)
        if not fits:
            return None
        method: Callable[[Turn], Done] = getattr(self, what)
        return method(Turn(one, self.begin + timedelta(seconds=action.at), action.dose))

    def _is_there(self, one: Person) -> bool:
        """Return whether Khanza has the visit that is known as theirs: under their own number."""
        return bool(one.no_rawat) and one.norm == self.khanza.value(
            "reg_periksa", "no_rkm_medis", no_rawat=one.no_rawat
        )

    # -- registration

    def is_the_same(self, turn: Turn) -> Done:
        """One patient with two visits: whoever this is, it is the first one too."""
        turn.one.norm = self.people[0].norm
        yield from ()

    def register(self, turn: Turn) -> Done:
        """At the desk."""
        one, kd_poli = turn.one, ("INT", "INT", "ANA")[turn.dose % 3]
        made = desk.register(self.khanza, one.norm, at=turn.now, kd_poli=kd_poli, kd_pj=one.kd_pj)
        one.comes((yield from made))

    def register_with_sep(self, turn: Turn) -> Done:
        """In the form of the SEP, which tells BPJS of it; now and then the SEP is refused."""
        one = turn.one
        if one.kd_pj != "BPJ":
            return

        def add(no_rawat: str) -> bool:
            one.no_rawat = no_rawat
            return self._adds(sep.form_adds(self.khanza, no_rawat, f"0301U0011126P9{turn.dose:05}"))

        issued = turn.dose % 3 > 0
        made = desk.register_with_sep(self.khanza, one.norm, at=turn.now, add=add, issued=issued)
        one.comes((yield from made))

    def issue_sep(self, turn: Turn) -> Done:
        """The SEP, once; of a second visit of the patient it is an internal one."""
        one, first = turn.one, self.people[0]
        if not one.no_sep and one.kd_pj == "BPJ":
            same = one is not first and one.norm == first.norm and self._has_sep(first)
            number = {"no_sep": first.no_sep} if same else {}
            one.no_sep = yield from sep.issue(self.khanza, turn.no_rawat, **number)

    def _has_sep(self, one: Person) -> bool:
        return has(self.khanza, "bridging_sep", no_sep=one.no_sep)

    def plan_control(self, turn: Turn) -> Done:
        """The visit is a planned one, by a letter of last month."""
        kd_poli = self.khanza.value("reg_periksa", "kd_poli", no_rawat=turn.no_rawat)
        self.khanza.surat_kontrol(turn.one.norm, turn.now.date(), kd_poli)
        yield "INSERT bridging_surat_kontrol_bpjs"

    def delete_sep(self, turn: Turn) -> Done:
        """Take it back."""
        no_sep, turn.one.no_sep = turn.one.no_sep, None
        if no_sep:
            yield from sep.remove(self.khanza, no_sep)

    def change_payer(self, turn: Turn) -> Done:
        """Somebody else pays."""
        if not turn.one.nobooking:
            turn.one.kd_pj = "UMU" if turn.one.kd_pj == "BPJ" else "BPJ"
            yield from desk.edit(self.khanza, turn.no_rawat, kd_pj=turn.one.kd_pj)

    def change_clinic(self, turn: Turn) -> Done:
        """Another clinic, and its doctor."""
        kd_poli = ("INT", "ANA")[turn.dose % 2]
        changes = {"kd_poli": kd_poli, "kd_dokter": DOCTORS[kd_poli]}
        yield from desk.edit(self.khanza, turn.no_rawat, **changes)

    def change_hour(self, turn: Turn) -> Done:
        """The hour of registration, typed."""
        yield from desk.edit(self.khanza, turn.no_rawat, jam_reg=f"{turn.typed:%H:%M:%S}")

    def change_day(self, turn: Turn) -> Done:
        """To the next day, or back."""
        today = self.begin.date()
        now = self.khanza.value("reg_periksa", "tgl_registrasi", no_rawat=turn.no_rawat)
        other = today + timedelta(days=1) if now == str(today) else today
        yield from desk.edit(self.khanza, turn.no_rawat, tgl_registrasi=other)

    def change_number(self, turn: Turn) -> Done:
        """Another number, and all that belongs to the visit with it but its booking."""
        new = f"{turn.no_rawat[:-6]}{100 + turn.dose:06}"
        if not has(self.khanza, "reg_periksa", no_rawat=new):
            old, turn.one.no_rawat = turn.no_rawat, new
            yield from desk.edit(self.khanza, old, no_rawat=new)

    def merge_visits(self, turn: Turn) -> Done:
        """Two visits of one patient become one."""
        one, first = turn.one, self.people[0]
        if one is not first and one.norm == first.norm and self._is_there(first):
            old, one.no_rawat = turn.no_rawat, None
            yield from desk.merge_visits(self.khanza, old, str(first.no_rawat))

    def delete_visit(self, turn: Turn) -> Done:
        """Unless something keeps it."""
        yield from desk.delete_visit(self.khanza, turn.no_rawat)

    def delete_all(self, turn: Turn) -> Done:
        """With whatever keeps it."""
        yield from desk.delete_all(self.khanza, turn.no_rawat)

    def merge_records(self, turn: Turn) -> Done:
        """The patient had a medical record already: the new one is merged into it."""
        columns = ("no_ktp", "no_tlp", "no_peserta")
        old = {"no_rkm_medis": turn.one.norm}
        row = {column: self.khanza.value("pasien", column, **old) for column in columns}
        turn.one.norm, turn.one.nobooking = self.khanza.patient(**row), None
        self.persons[turn.one.norm] = turn.one.index
        yield from desk.merge_patients(self.khanza, old["no_rkm_medis"], turn.one.norm)

    # -- Mobile JKN

    def book(self, turn: Turn) -> Done:
        """One booking a patient; now and then it comes to nothing."""
        one, fails = turn.one, turn.dose % 20 == 0
        if one.kd_pj != "BPJ" or one.nobooking:
            return
        made = mobile_jkn.book(
            self.khanza, one.norm, now=turn.now, tanggal=turn.now.date(), fails=fails
        )
        one.nobooking = yield from made
        if one.nobooking:
            self._booked(one.nobooking, one, known=turn.dose % 10 > 0)
        appointment = {"no_rkm_medis": one.norm, "jam_reg": "08:00:00"}
        one.comes(self.khanza.value("reg_periksa", "MAX(no_rawat)", **appointment))

    def check_in(self, turn: Turn) -> Done:
        """In Mobile JKN, about the hour of the appointment."""
        yield from mobile_jkn.check_in(self.khanza, str(turn.one.nobooking), now=turn.now)

    def cancel_booking(self, turn: Turn) -> Done:
        """In Mobile JKN."""
        yield from mobile_jkn.cancel(self.khanza, str(turn.one.nobooking), now=turn.now)

    def admin(self, turn: Turn) -> Done:
        """The admin's window: check in, cancel, or as before."""
        khanza, nobooking, now = self.khanza, str(turn.one.nobooking), turn.now
        if turn.dose % 4 < 2:
            yield from mobile_jkn.admin_checks_in(khanza, nobooking, now=now)
        elif turn.dose % 4 == 2:
            yield from mobile_jkn.admin_resets(khanza, nobooking)
        else:
            yield from mobile_jkn.admin_cancels(khanza, nobooking, now=now)

    # -- the clinic

    def examine(self, turn: Turn) -> Done:
        """By a nurse or the doctor."""
        if turn.one.has_no_exam(turn.typed):
            nip = clinic.NURSE if turn.dose % 2 else "D01"
            turn.one.exams.append(turn.typed)
            yield from clinic.examine(self.khanza, turn.no_rawat, at=turn.typed, nip=nip)

    def edit_exam(self, turn: Turn) -> Done:
        """Another time."""
        exams = turn.one.exams
        if exams and turn.one.has_no_exam(turn.typed):
            was = exams.pop(turn.dose % len(exams))
            exams.append(turn.typed)
            yield from clinic.edit_exam(self.khanza, turn.no_rawat, was, to=turn.typed)

    def misplace_exam(self, turn: Turn) -> Done:
        """It was another patient's."""
        other, exams = self.people[turn.dose % PEOPLE], turn.one.exams
        if exams and other is not turn.one and self._is_there(other):
            was = exams.pop()
            other.exams.append(was)
            yield from clinic.edit_exam(self.khanza, turn.no_rawat, was, of=other.no_rawat, to=was)

    def delete_exam(self, turn: Turn) -> Done:
        """Typed by mistake."""
        exams = turn.one.exams
        if exams:
            was = exams.pop(turn.dose % len(exams))
            yield from clinic.delete_exam(self.khanza, turn.no_rawat, was)

    def use_template(self, turn: Turn) -> Done:
        """Exam and prescription of one moment."""
        if turn.one.has_no_exam(turn.typed):
            made = clinic.use_template(self.khanza, turn.no_rawat, at=turn.typed)
            turn.one.exams.append(turn.typed)
            turn.one.reseps.append((yield from made))

    def act(self, turn: Turn) -> Done:
        """Something done to the patient; the window sets stts, and may be left without it."""
        window, kept = turn.dose % 3 == 0, turn.dose % 2 > 0
        yield from clinic.act(self.khanza, turn.no_rawat, at=turn.now, window=window, kept=kept)

    def move_folder(self, turn: Turn) -> Done:
        """In the monitor of folders."""
        columns: tuple[clinic.Folder, ...] = ("dikirim", "dikirim", "kembali", "tidakada")
        column = columns[turn.dose % 4]
        yield from clinic.move_folder(self.khanza, turn.no_rawat, column, now=turn.now)

    def return_folder(self, turn: Turn) -> Done:
        """It is back where it is kept."""
        yield from clinic.move_folder(self.khanza, turn.no_rawat, "kembali", now=turn.now)

    def ask_for_folder(self, turn: Turn) -> Done:
        """What was noted of it is gone."""
        yield from clinic.ask_for_folder(self.khanza, turn.no_rawat)

    def receive_folder(self, turn: Turn) -> Done:
        """In the clinic."""
        yield from clinic.receive_folder(self.khanza, turn.no_rawat, now=turn.now)

    def call(self, turn: Turn) -> Done:
        """The patient is called in."""
        yield from clinic.call(self.khanza, turn.no_rawat, now=turn.now)

    def finish(self, turn: Turn) -> Done:
        """Sudah, as the cashier's list and the window of the exam set it."""
        yield from clinic.finish(self.khanza, turn.no_rawat, now=turn.now)

    def set_stts(self, turn: Turn) -> Done:
        """The state alone."""
        stts = ("Sudah", "Sudah", "Belum", "Dirujuk", "Pulang Paksa")[turn.dose % 5]
        yield from clinic.set_stts(self.khanza, turn.no_rawat, stts)

    def cancel_visit(self, turn: Turn) -> Done:
        """At the desk."""
        yield from clinic.cancel(self.khanza, turn.no_rawat)

    def folder_to_ward(self, turn: Turn) -> Done:
        """The patient stays."""
        yield from clinic.folder_to_ward(self.khanza, turn.no_rawat, now=turn.now)

    # -- pharmacy, cashier, ward

    def prescribe(self, turn: Turn) -> Done:
        """By the doctor."""
        made = pharmacy.prescribe(self.khanza, turn.no_rawat, at=turn.typed)
        turn.one.reseps.append((yield from made))

    def prescribe_at_pharmacy(self, turn: Turn) -> Done:
        """By the pharmacy: validated, and never prescribed."""
        made = pharmacy.prescribe_at_pharmacy(self.khanza, turn.no_rawat, at=turn.typed)
        turn.one.reseps.append((yield from made))

    def validate(self, turn: Turn) -> Done:
        """One of the prescriptions, once."""
        no_resep = self._resep(turn)
        day_and_time = turn.typed
        if no_resep and turn.one.has_no_drugs(day_and_time):
            yield from pharmacy.validate(self.khanza, no_resep, at=day_and_time)

    def hand_over(self, turn: Turn) -> Done:
        """The drugs of one of them, perhaps again."""
        if no_resep := self._resep(turn):
            yield from pharmacy.hand_over(self.khanza, no_resep, now=turn.now)

    def remove_resep(self, turn: Turn) -> Done:
        """One of them."""
        if no_resep := self._resep(turn):
            turn.one.reseps.remove(no_resep)
            yield from pharmacy.remove(self.khanza, no_resep)

    def _resep(self, turn: Turn) -> str:
        reseps = turn.one.reseps
        return reseps[turn.dose % len(reseps)] if reseps else ""

    def pay(self, turn: Turn) -> Done:
        """Once."""
        if not turn.one.billed:
            turn.one.billed = True
            yield from cashier.pay(self.khanza, turn.no_rawat, at=turn.now)

    def admit(self, turn: Turn) -> Done:
        """A room."""
        if not turn.one.rooms:
            turn.one.rooms.append(turn.now)
            yield from cashier.admit(self.khanza, turn.no_rawat, at=turn.now)

    def delete_room(self, turn: Turn) -> Done:
        """It was a mistake."""
        if turn.one.rooms:
            yield from cashier.delete_room(self.khanza, turn.no_rawat, turn.one.rooms.pop())


def play(
    doing: Doing, actions: Sequence[Action], until: Callable[[datetime], None]
) -> Iterator[datetime]:
    """Let a day happen; yield the moment of each statement after it was made.

    `until` lets the time before a statement pass.
    """
    order = count()
    waiting: list[tuple[datetime, int, Action, Done | None]] = [
        (doing.begin + timedelta(seconds=one.at), next(order), one, None) for one in actions
    ]
    heapq.heapify(waiting)
    while waiting:
        now, _, action, operation = heapq.heappop(waiting)
        until(now)
        operation = operation or doing.operation(action)
        try:
            if operation is None or next(operation, None) is None:
                continue
        except (desk.NoNumberError, *FORBIDDEN):
            continue  # the form, or the database, refuses: whoever typed it gives up
        yield now
        pause = SLOW if action.dose % 7 == 0 else 1
        heapq.heappush(waiting, (now + timedelta(seconds=pause), next(order), action, operation))


# -- which days

# What happens to somebody now and then, at any time.
SURPRISES = (
    *("change_payer", "change_clinic", "change_hour", "delete_visit", "delete_all", "register"),
    *("merge_records", "delete_sep", "admin", "cancel_booking", "check_in", "edit_exam"),
    *("delete_exam", "use_template", "act", "move_folder", "ask_for_folder", "receive_folder"),
    *("call", "set_stts", "cancel_visit", "folder_to_ward", "prescribe_at_pharmacy"),
    *("hand_over", "remove_resep", "admit", "delete_room", "register_with_sep", "examine"),
    *("change_number", "change_day", "misplace_exam", "merge_visits"),
)
LAST = 24 * 3600 + 10 * 60  # of the next morning, when a folder may come back


def random_day(random: Random) -> list[Action]:
    """Return a day on which several people come, most of whom go their way, and much goes wrong."""
    actions: list[Action] = []
    if random.random() < 0.15:
        actions.append(Action(0, 1, "is_the_same", 0))
    for who in range(random.randint(2, PEOPLE)):
        actions += _visit(random, who, random.randrange(70))
    for _ in range(random.randrange(5)):
        minute = random.randrange(200)
        actions.append(_action(random, minute, random.randrange(PEOPLE), random.choice(SURPRISES)))
    return sorted(actions)


def _visit(random: Random, who: int, minute: int) -> Iterator[Action]:
    """Yield the way of one patient, from `minute` on; what is recorded of it can be missing."""
    arrival = random.choice(
        (("register", "issue_sep"),) * 4
        + (("register",), ("register_with_sep",), ("register", "issue_sep", "delete_visit"))
        + (("register", "plan_control"),)
        + (("book", "check_in", "issue_sep"), ("book", "issue_sep"), ("book", "admin"))
        + (("book", "cancel_booking", "register", "issue_sep"),)
    )
    way = (
        *(*arrival, "examine", "examine", "prescribe", "finish", "validate", "hand_over"),
        *random.sample(("receive_folder", "call", "pay", "return_folder"), random.randrange(3)),
    )
    for what in way:
        if what in arrival or random.random() < 0.8:
            yield _action(random, minute, who, what)
        minute += random.randrange(1, 20)
        if random.random() < 0.15:
            minute -= random.randrange(12)
    if random.random() < 0.15:
        yield _action(random, LAST // 60 - 5, who, "return_folder")


def _action(random: Random, minute: int, who: int, what: str) -> Action:
    second = who * OWN_SECONDS + random.randrange(4)
    return Action(max(minute, 0) * 60 + second, who, what, random.randrange(1000))
