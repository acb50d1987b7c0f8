"""The codes of the program: what is stored, printed as JSON, and decided by; no sentences.

- A code is a text with a name: it goes into SQL, JSON and a path as it is, and it never changes.
- BPJS's and Khanza's own words (`batal`, task ids, `mobilejkn`) are codes as they are.
"""

from enum import Enum


class Code(str, Enum):
    """An enumeration whose members are the texts that they are stored as."""

    def __str__(self) -> str:
        return str.__str__(self)

    def __format__(self, form: str) -> str:
        return str.__format__(self, form)


class State(Code):
    """Where one push is (rules/README.md, States); the moves stand in transitions.py."""

    HELD = "held"  # cannot go out yet, for a reason; goes on by itself once that is gone
    DUE = "due"  # to be sent, now or when its next try has come
    SENDING = "sending"  # committed before the POST: what died in flight is found by it
    SENT = "sent"  # BPJS took it
    ALREADY = "already"  # BPJS had it: 208, or getlisttask shows it
    REFUSED = "refused"  # BPJS said no; waits until the data is mended
    CLOSED = "closed"  # needs nobody


AT_BPJS = (State.SENT, State.ALREADY)  # by BPJS's own word


class Step(Code):
    """What one push tells BPJS: the booking, the time of a task, a queue number, a cancel."""

    ADD = "add"
    TASK_1 = "1"
    TASK_2 = "2"
    TASK_3 = "3"
    TASK_4 = "4"
    TASK_5 = "5"
    TASK_6 = "6"
    TASK_7 = "7"
    FARMASI = "farmasi"
    TASK_99 = "99"  # "tidak hadir / batal"
    BATAL = "batal"


ADMISSION_TASKS = (1, 2)  # the task ids of the desk, of which only some Khanzas have a time
TASKS = (3, 4, 5, 6, 7)  # the task ids that every Khanza has a time for


class Kind(Code):
    """How a booking came to be; rules/README.md, Which visits."""

    MOBILEJKN = "mobilejkn"  # booked in BPJS's own app: a row in referensi_mobilejkn_bpjs
    ONSITE = "onsite"  # at the desk, BPJS pays
    NONJKN = "nonjkn"  # at the desk, somebody else pays
    MANUAL = "manual"  # known only by what was sent by hand


class LeftAlive(Code):
    """Whether BPJS still holds a booking that Khanza has no more (rules/README.md, Left alive)."""

    NOT = ""
    SEEN = "seen"  # by one look: shown, but Khanza may still be at it, so no pass has told it
    TOLD = "told"
    OVER = "over"  # BPJS has it no more, or a person gave it up: nobody is told again


class CallName(Code):
    """BPJS's calls; bpjs/README.md, Calls. Metrics count by these names."""

    ADD = "add"
    UPDATE = "updatewaktu"
    BATAL = "batal"
    FARMASI = "farmasi"
    LISTTASK = "getlisttask"
    POLI = "ref_poli"
    DOKTER = "ref_dokter"
    JADWAL = "jadwaldokter"
    UBAH_JADWAL = "updatejadwaldokter"
    PER_TANGGAL = "per_tanggal"
    PER_KODEBOOKING = "per_kodebooking"
    AKTIF = "aktif"
    BELUM_DILAYANI = "belum_dilayani"
    POLI_FP = "ref_poli_fp"
    PASIEN_FP = "ref_pasien_fp"
    WAKTU_TANGGAL = "waktu_tanggal"
    WAKTU_BULAN = "waktu_bulan"


def call_of(step: str) -> CallName:
    """Return the call that sends a step."""
    own = {Step.ADD: CallName.ADD, Step.BATAL: CallName.BATAL, Step.FARMASI: CallName.FARMASI}
    return own.get(Step(step), CallName.UPDATE)


ALREADY_THERE = "208"  # BPJS's code of what it had before; nothing was overwritten
REFUSAL = "201"  # BPJS's code of what is refused; its text tells for how long


class OutcomeKind(Code):
    """What an answer of BPJS's means; bpjs/README.md, Answers. Metrics count by these names."""

    DONE = "done"  # it is there
    ALREADY = "already"  # it was there before (208); nothing was overwritten
    RETRY = "again"  # later
    THROTTLED = "slow"  # it came too soon: again, as the pace allows
    PREREQUISITE = "first"  # something else has to go first
    REJECTED = "person"  # refused until somebody mends data
    SUPERSEDED = "later"  # a later task is there already
    BOOKING_CANCELLED = "ended"  # the booking is cancelled at BPJS
    SEP_FIRST = "sep"  # the SEP was issued before the add: nobody can mend that
    AUTH_FAILED = "stop"  # every further call would fail too
