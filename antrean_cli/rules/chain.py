"""One booking's pushes: their states, their order, their ties, and which call is next.

- A push is one thing to tell BPJS: "add", a task ("1" to "7", "99"), "farmasi" or "batal".
- Tasks go 3, 4, 5, 6, 7, each only after the one before was accepted; the others are free of order
  and ties.
- BPJS wants strictly rising times; a time that equals or precedes the one before by no more than
  the tie goes out as that one plus one second, and anything further back is held. The one before is
  what BPJS holds, else what we sent.
- "A time must lie on the day of service (text in WIB)": any other is closed.
- *Held* goes on by itself once its reason is gone; *refused* waits for a person; *closed* needs
  nobody.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from antrean_cli.rules.sources import TASKS, Reason, StatusObservation, service_day
from antrean_cli.rules.visits import Policy

HELD, DUE, SENDING, SENT, ALREADY, REFUSED, CLOSED = (
    "held",
    "due",
    "sending",
    "sent",
    "already",
    "refused",
    "closed",
)
ADD, BATAL, FARMASI, ABSENT = "add", "batal", "farmasi", "99"
MANUAL = "manual"  # the source of what was sent by hand
# The steps that have an order. 1 and 2 are sent by hand only, so that they are never waited for.
ORDERED = ("1", "2", *map(str, TASKS))
STEPS = (ADD, *ORDERED, FARMASI, ABSENT, BATAL)
UNLISTED = (ADD, FARMASI)  # what getlisttask never shows
MAX_WAIT = timedelta(hours=1, minutes=1)  # the longest that a push is put off
MAX_AGE = timedelta(days=7)  # "a task must be sent by H+7"

# Reasons that follow from the other pushes of the booking, and are told anew whenever one of them
# changes.
_ORDER = frozenset({"urutan", "antrean", "waktu", "diminta"})
_BEHIND = "task "  # how the text of a closing begins that follows from another push
# Closings that rest on what Khanza or the clock says: another word of theirs opens them again.
REOPENING = frozenset({"hadir", "hari", "batal", "lewat"})

CANCELLED = Reason(code="batal", text="antrean dibatalkan")
EXPIRED = Reason(code="lewat", text="lewat H+7: BPJS tidak menerima lagi")
AFTER_SERVICE = Reason(
    code="selesai", text="batal setelah pelayanan selesai (task 5 sudah terkirim)"
)
NOT_ON_DAY = "di luar hari pelayanan"
REREAD = Reason(code="ulang", text="dibaca ulang dari Khanza pada putaran berikutnya")


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """One thing to tell BPJS and what became of it. All times are aware.

    `recorded` is what Khanza holds, `waktu` what was or will be sent (or what BPJS holds). `ask`
    means that BPJS has to be asked first what it holds, `needs` names the step that BPJS wants to
    see before this one. `since` is when the ledger first saw it in its state (due and sending are
    one there).
    """

    step: str
    state: str
    recorded: datetime | None = None
    waktu: datetime | None = None
    source: str = ""
    reason: Reason | None = None
    code: str = ""
    attempts: int = 0
    ask: bool = False
    needs: str = ""
    next_try: datetime | None = None
    note: str = ""
    since: datetime | None = field(default=None, compare=False)

    @property
    def done(self) -> bool:
        """Whether BPJS has it."""
        return self.state in (SENT, ALREADY)

    @property
    def open(self) -> bool:
        """Whether it still goes on by itself."""
        return self.state in (HELD, DUE)

    @property
    def maybe_sent(self) -> bool:
        """Whether BPJS may have it although it never said so."""
        return self.ask or self.state == SENDING


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What the ledger knows of one booking; `tanggal` is the day of service."""

    kodebooking: str
    kind: str
    tanggal: date
    no_rawat: str = ""
    kd_poli: str = ""
    kd_dokter: str = ""
    kd_pj: str = ""
    seen: StatusObservation | None = None
    settled: str = ""  # the facts and the day on which nothing more was to be done (`pushes.facts`)
    pushes: Mapping[str, Push] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether a cancel was accepted: nothing more is sent after it."""
        return any(step in self.pushes and self.pushes[step].done for step in (BATAL, ABSENT))

    def push(self, step: str) -> Push | None:
        """Return one push, or None."""
        return self.pushes.get(step)

    def having(self, *pushes: Push) -> "Record":
        """Return the record with these pushes put in."""
        return replace(self, pushes={**self.pushes, **{push.step: push for push in pushes}})

    def closing(
        self, reason: Reason, only: Callable[[Push], bool] = lambda push: push.open
    ) -> "Record":
        """Return the record with its open pushes given up."""
        return self.having(*(close(push, reason) for push in self.pushes.values() if only(push)))


class Call(NamedTuple):
    """The next thing to ask of BPJS for one booking: a push, or (`lookup`) what it holds."""

    push: Push
    lookup: bool = False


class Barrier(NamedTuple):
    """What stands before the next task: why it waits, or (`closes`) why it never comes."""

    reason: Reason
    closes: bool = False


class Change(NamedTuple):
    """One push that is no longer what it was; `before` is None for a new one, `after` for one that
    was withdrawn.
    """

    record: Record
    before: Push | None
    after: Push | None

    @property
    def push(self) -> Push:
        """The push as it is now, or as it last was."""
        push = self.after or self.before
        assert push is not None  # noqa: S101 - a change has at least one side
        return push

    @property
    def told(self) -> bool:
        """Whether a person would call it a change: another state, another reason, or a note."""
        if self.before is None or self.after is None:
            return self.push.state != DUE or bool(self.push.ask)
        one, two = self.before, self.after
        return (one.state, one.reason, one.note) != (two.state, two.reason, two.note)


def changes(before: Record | None, after: Record) -> list[Change]:
    """Return what differs between two records of one booking, in the order of the steps."""
    old = before.pushes if before else {}
    pairs = [(old.get(step), after.pushes.get(step)) for step in STEPS]
    return [Change(record=after, before=one, after=two) for one, two in pairs if one != two]


def close(push: Push, reason: Reason) -> Push:
    """Return the push, given up; that BPJS may have it all the same is not forgotten."""
    return replace(push, state=CLOSED, reason=reason, needs="", next_try=None)


def expire(record: Record) -> Record:
    """Return the record of a booking that BPJS takes nothing more of: given up is what is open, and
    every doubt.
    """
    closed = record.closing(EXPIRED)
    return closed.having(*(replace(push, ask=False) for push in closed.pushes.values() if push.ask))


def hold(push: Push, reason: Reason) -> Push:
    """Return the push, waiting for something outside the queue."""
    return replace(push, state=HELD, reason=reason)


def there(push: Push, *, ask: bool = False) -> Push:
    """Return the push, at BPJS by its own word; `ask` where the time that it holds has still to be
    asked for.
    """
    return replace(push, state=ALREADY, reason=None, ask=ask, needs="", next_try=None)


def anew(push: Push) -> Push:
    """Return the push, to be sent as if it had never been tried."""
    return replace(push, state=DUE, reason=None, attempts=0, needs="", next_try=None)


def doubted(push: Push) -> Push:
    """Return a push that was at BPJS, and of which nobody believes that any more:

    BPJS is asked for it first.
    """
    return replace(anew(push), ask=True)


def closed_behind(push: Push) -> bool:
    """Return whether a push is closed because of another one, which stands before it."""
    return push.state == CLOSED and push.reason is not None and push.reason.text.startswith(_BEHIND)


def after_crash(push: Push) -> Push:
    """Return a push that was found in `sending`: nobody knows what became of it."""
    return replace(push, state=DUE, ask=True)


def settle(recorded: datetime, before: datetime | None, tie: timedelta) -> datetime | None:
    """Return the time to send after one that was sent as `before`, or None if the two are in the
    wrong order.

    BPJS: "a lower task first, and its time strictly earlier".
    """
    if before is None or recorded > before:
        return recorded
    return before + timedelta(seconds=1) if tie and before - recorded <= tie else None


def arrange(record: Record, policy: Policy) -> Record:
    """Return the record with order, ties and holds of its tasks worked out anew from the pushes
    themselves.
    """
    add = record.push(ADD)
    # BPJS may have an add that is in doubt: its answer to the first task tells.
    barrier = Barrier(_waiting_for_add(add)) if add and add.state == HELD and not add.ask else None
    before: Push | None = None
    for step in ORDERED:
        push = record.push(step)
        if push is None:
            barrier = barrier or (Barrier(_waiting_for(step)) if int(step) in TASKS else None)
            continue
        if push.open:
            push = _placed(push, record, before, barrier, policy)
            record = record.having(push)
        if push.done or push.state == DUE:
            before, barrier = push, None
        elif push.state == CLOSED:
            barrier = Barrier(_closed_reason(push), closes=True)
        else:
            barrier = Barrier(_waiting_for(step))
    return record


def next_call(record: Record, now: datetime) -> Call | None:
    """Return what to ask of BPJS next for this booking, or None if there is nothing to do now."""
    pushes = record.pushes
    if any(push.state == SENDING for push in pushes.values()):
        return None
    batal = pushes.get(BATAL)
    if batal and batal.state == DUE and not record.ended and _ready(batal, now):
        return Call(
            push=batal
        )  # no doubt about a task keeps it waiting; 99 waits, because task 5 decides about it
    if asking := [push for push in pushes.values() if push.ask and _can_be_looked_up(push)]:
        return (
            None
            if any(_put_off(push, now) for push in asking)
            else Call(push=asking[0], lookup=True)
        )
    if record.ended:
        return None
    for step in (BATAL, ABSENT, ADD):
        push = pushes.get(step)
        if push and push.state == DUE:
            return Call(push=push) if _ready(push, now) else None
    return next((Call(push=push) for push in _heads(pushes) if _ready(push, now)), None)


def _can_be_looked_up(push: Push) -> bool:
    """Return whether getlisttask settles a push in doubt; what it does not show is sent again, 208
    settles it.
    """
    return push.step not in UNLISTED and (push.step != BATAL or push.state == HELD)


def pending(record: Record) -> int:
    """Return how many of its pushes are on their way."""
    return sum(push.state in (DUE, SENDING) or push.ask for push in record.pushes.values())


def _demanding(push: Push) -> bool:
    """Return whether BPJS made a push wait for another step: it is tried again now and then."""
    return push.state == HELD and push.reason is not None and push.reason.code == "diminta"


def _heads(pushes: Mapping[str, Push]) -> Iterable[Push]:
    """Yield farmasi, the first due task, and before it those that BPJS made wait: they are tried
    again.
    """
    if (farmasi := pushes.get(FARMASI)) and farmasi.state == DUE:
        yield farmasi
    for step in ORDERED:
        push = pushes.get(step)
        if push and _demanding(push):
            yield push
        elif push and push.state == DUE:
            yield push
            return


def _ready(push: Push, now: datetime) -> bool:
    return not _put_off(push, now) and (push.waktu is None or push.waktu <= now)


def _put_off(push: Push, now: datetime) -> bool:
    # A next try further ahead than the longest wait was noted by a clock that ran ahead.
    return push.next_try is not None and now < push.next_try <= now + MAX_WAIT


def _placed(
    push: Push, record: Record, before: Push | None, barrier: Barrier | None, policy: Policy
) -> Push:
    """Return one open task in its place in the order."""
    if push.state == HELD and push.reason and push.reason.code not in _ORDER:
        return push
    if barrier:
        return close(push, barrier.reason) if barrier.closes else hold(push, barrier.reason)
    return _demanded(_timed(push, record, before, policy), record)


def _timed(push: Push, record: Record, before: Push | None, policy: Policy) -> Push:
    """Return the task with the time that it goes out with, or held or closed because of it."""
    if push.recorded is None:
        return (
            replace(push, state=DUE, reason=None) if push.waktu else push
        )  # sent by hand, and due once more
    waktu = settle(push.recorded, before.waktu if before else None, policy.tie)
    if waktu is None and before:
        return hold(push, _wrong_order(push, before, policy))
    if waktu is None or service_day(waktu) != record.tanggal:
        return close(
            push, Reason(code="hari", text=f"{NOT_ON_DAY} ({push.recorded:%d-%m-%Y %H:%M:%S})")
        )
    return replace(push, state=DUE, reason=None, waktu=waktu)


def _demanded(push: Push, record: Record) -> Push:
    """Return the task, still held if BPJS wants another step first and that one has not come."""
    if not push.needs or push.state != DUE:
        return push
    needed = record.push(push.needs)
    if needed and needed.done:
        # Asked for once more than that, BPJS contradicts itself: no haste then.
        return replace(push, needs="", next_try=None if push.attempts <= 1 else push.next_try)
    return hold(push, push_needs(push.needs))


def push_needs(step: str) -> Reason:
    """Return the reason "BPJS wants another step first"."""
    if step == ADD:
        return Reason(code="diminta", text="kode booking belum ada di BPJS")
    return Reason(code="diminta", text=f"menunggu task {step} (diminta BPJS)")


def _waiting_for(step: str) -> Reason:
    return Reason(code="urutan", text=f"menunggu task {step}")


def _waiting_for_add(add: Push) -> Reason:
    return Reason(code="antrean", text=f"menunggu antrean: {add.reason.text if add.reason else ''}")


def _closed_reason(push: Push) -> Reason:
    """Return why the tasks behind a closed one never come."""
    code, text = push.reason or ("tutup", "ditutup")
    return Reason(code=code, text=text if closed_behind(push) else f"{_BEHIND}{push.step} {text}")


def _wrong_order(push: Push, before: Push, policy: Policy) -> Reason:
    mine = push.recorded.astimezone(policy.zone) if push.recorded else None
    other = before.waktu.astimezone(policy.zone) if before.waktu else None
    text = (
        f"waktu task {push.step} ({mine:%H:%M:%S}) tidak sesudah "
        f"task {before.step} ({other:%H:%M:%S})"
    )
    return Reason(code="waktu", text=text)
