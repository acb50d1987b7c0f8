"""The ledger: what was committed stays, what is not ours stays untouched, and no patient is ever in
it.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from antrean_cli.errors import LockedError, StateError
from antrean_cli.ledger.file import locked
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.causes import Cause
from antrean_cli.rules.codes import Kind, LeftAlive, State, Step
from antrean_cli.rules.push import Push, PushFault, Record, Refusal, StatusObservation
from antrean_cli.rules.reasons import ReasonCode, because
from antrean_cli.simulator.faults import Fault
from tests.support.site import MONDAY, WIB, Site

NOW = datetime(2026, 11, 23, 14, tzinfo=WIB)
WITA = timezone(timedelta(hours=8), "WITA")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "status" / "antrean.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, WIB) as opened:
        yield opened


def save(ledger: Ledger, record: Record, before: Record | None = None) -> None:
    with ledger.transaction():
        ledger.save(before, record, NOW)


def a_record(kodebooking: str = "A1", *pushes: Push, tanggal: date = MONDAY) -> Record:
    return Record(
        kodebooking=kodebooking,
        kind=Kind.ONSITE,
        tanggal=tanggal,
        pushes={one.step: one for one in pushes},
    )


def python(script: str, *arguments: str, stdout: int | None = None) -> subprocess.Popen[bytes]:
    """Start a program of its own that knows this package."""
    return subprocess.Popen([sys.executable, "-c", script, *arguments], stdout=stdout)


# -- the file


def test_an_index_that_calls_open_what_is_not_is_not_believed(path: Path) -> None:
    """Its rows are not looked at when the file is opened: that would take too long."""
    with Ledger.open(path, WIB) as ledger:
        save(ledger, a_record("A1", Push(step=Step.ADD, state=State.SENT)))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        """
        CREATE TEMP TABLE made AS SELECT sql FROM sqlite_master WHERE name = 'push_open';
        DROP INDEX push_open;
        CREATE INDEX push_open ON push (kodebooking) WHERE state <> '';
        PRAGMA writable_schema = ON;
        UPDATE sqlite_master SET sql = (SELECT sql FROM made) WHERE name = 'push_open';
        """
    )
    connection.close()
    with Ledger.open(path, WIB) as ledger, pytest.raises(StateError, match="rusak"):
        ledger.unfinished()


@pytest.mark.usefixtures("ledger")
def test_its_mark_is_that_of_the_ledgers_of_today(path: Path) -> None:
    """SQLite's application_id: ledgers that hospitals have are known by it."""
    assert path.read_bytes()[68:72] == b"antr"


def test_only_the_owner_can_read_any_of_its_files(path: Path) -> None:
    """The file, its -wal and its -shm, whatever the umask; and the folder that was made for it."""
    umask = os.umask(0)
    try:
        with Ledger.open(path, WIB) as ledger, locked(path):
            save(ledger, a_record())
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
            folder = stat.S_IMODE(path.parent.stat().st_mode)
    finally:
        os.umask(umask)
    names = (
        "antrean.sqlite3",
        "antrean.sqlite3-wal",
        "antrean.sqlite3-shm",
        "antrean.sqlite3.lock",
        "antrean.sqlite3.open.lock",
    )
    assert modes == dict.fromkeys(names, 0o600)
    assert folder == 0o700


def test_a_ledger_that_others_could_read_is_made_private(path: Path) -> None:
    Ledger.open(path, WIB).__exit__(None, None, None)
    path.chmod(0o644)
    with Ledger.open(path, WIB) as ledger:
        save(ledger, a_record())
        assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_a_commit_survives_a_power_cut(ledger: Ledger, path: Path) -> None:
    """WAL for all who open it; synchronous=FULL is of each connection, so it is
    asked of this one.
    """
    with sqlite3.connect(path) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()
    assert ledger._connection.execute("PRAGMA synchronous").fetchone() == (2,)


COLUMNS = {
    "meta": {"name", "value"},
    "daily": {"tanggal", "sums"},  # test_day_sums.py
    "booking": {
        *("kodebooking", "kind", "tanggal", "no_rawat", "kd_poli", "kd_dokter", "kd_pj"),
        *("stts", "stts_since", "stts_first", "stts_exact", "settled", "seal"),
        # Keyed marks of the patient's numbers: no number stands there.
        *("mark_norm", "mark_nik", "mark_nomorkartu"),
        *("registered", "handed_on", "compared", "left_alive"),
        "refused",  # keyed marks as well
        "faults",  # counts and causes
    },
    "push": {
        *(
            "kodebooking",
            "step",
            "state",
            "recorded",
            "waktu",
            "source",
            "reason_code",
            "reason",
            "code",
        ),
        *("attempts", "ask", "needs", "next_try", "note", "since", "note_code", "sent_at"),
    },
}


@pytest.mark.usefixtures("ledger")
def test_no_column_is_meant_for_a_patient(path: Path) -> None:
    """Whoever adds a column has to add it here, and to think about it."""
    with sqlite3.connect(path) as other:
        found = other.execute(
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c"
        ).fetchall()
    other.close()
    columns: dict[str, set[str]] = {}
    for table, column in found:
        if not table.startswith(("sqlite_", "push_", "booking_")):  # indexes
            columns.setdefault(table, set()).add(column)
    assert columns == COLUMNS


# -- the key of its marks


def test_each_ledger_has_a_random_key_that_stays_with_it(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.transaction():
        ledger.update_pass_state(lambda state: state._replace(faults_in_row=1))
    with Ledger.open(ledger._path, WIB) as again, Ledger.open(tmp_path / "b", WIB) as other:
        assert ledger.key == again.key != other.key
        assert {len(one.key) for one in (ledger, other)} == {32}
    with Ledger.copy(ledger._path, WIB) as copy, Ledger.copy(tmp_path / "c", WIB) as empty:
        assert copy.key == ledger.key != empty.key


@pytest.mark.parametrize("value", [None, '"xyz"', "7", "x"])
def test_a_ledger_without_its_key_is_damaged(ledger: Ledger, path: Path, value: str | None) -> None:
    """Another key in its place would take every patient for somebody else."""
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("DELETE FROM meta")
        if value is not None:
            other.execute("INSERT INTO meta (name, value) VALUES ('key', :value)", {"value": value})
    with pytest.raises(StateError, match="rusak"):
        _ = ledger.key


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "'entah'"),
        ("step", "'88'"),
        ("needs", "'88'"),
        ("since", "'x'"),
        ("since", "1e30"),
    ],
)
def test_of_a_booking_of_a_version_without_seals_what_cannot_be_is_damage(
    ledger: Ledger, path: Path, column: str, value: str
) -> None:
    """One with a seal is not read at all where something else stands there."""
    save(ledger, a_record("A1", Push(step=Step.ADD, state=State.SENT)))
    with closing(sqlite3.connect(path)) as other, other:
        other.execute(f"UPDATE push SET {column} = {value}")
        other.execute("UPDATE booking SET seal = NULL")
    with pytest.raises(StateError, match="rusak"):
        ledger.record("A1")


# -- starting


STARTS = """
import os, sys, time
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.codes import Kind
from antrean_cli.rules.push import Record

def start(number):
    record = Record(kodebooking=f"start{number}", kind=Kind.ONSITE, tanggal=date(2026, 11, 23))
    while not Path(sys.argv[2]).exists():
        time.sleep(0.001)
    with Ledger.open(Path(sys.argv[1]), timezone(timedelta(hours=7))) as ledger:
        with ledger.transaction():
            ledger.save(None, record, datetime.now(timezone.utc))

for number in range(20):
    if os.fork() == 0:
        start(number)
        os._exit(0)
print("ready", flush=True)
sys.exit(any(os.wait()[1] for _ in range(20)))
"""


@pytest.mark.parametrize("attempt", range(3))
def test_twenty_first_starts_at_once_all_succeed(tmp_path: Path, path: Path, attempt: int) -> None:
    """Cron, an operator and a script may all be the first; each of them writes, and nobody's word
    is lost.
    """
    go = tmp_path / "go"
    with python(STARTS, str(path), str(go), stdout=subprocess.PIPE) as starts:
        assert starts.stdout is not None
        assert starts.stdout.readline() == b"ready\n"
        go.touch()
        assert starts.wait(60) == 0, attempt
    with Ledger.open(path, WIB) as ledger:
        assert set(remembered(ledger)) == {f"start{number}" for number in range(20)}


def test_twenty_threads_may_start_at_once(path: Path) -> None:
    barrier = threading.Barrier(20)

    def start(number: int) -> None:
        barrier.wait()
        with Ledger.open(path, WIB) as ledger:
            save(ledger, a_record(f"start{number}"))

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(start, range(20)))
    with Ledger.open(path, WIB) as ledger:
        assert set(remembered(ledger)) == {f"start{number}" for number in range(20)}


def test_a_second_start_waits_for_a_writer(ledger: Ledger, path: Path) -> None:
    """A commit of somebody else delays a start, it does not break it."""
    released = threading.Event()

    def hold() -> None:
        with Ledger.open(path, WIB) as other, other.transaction():
            other.save(None, a_record("lain"), NOW)
            released.set()
            time.sleep(1)

    holder = threading.Thread(target=hold)
    holder.start()
    released.wait(10)
    save(ledger, a_record())
    holder.join()
    assert remembered(ledger) == ["A1", "lain"]


# -- a copy


def files(folder: Path) -> dict[str, bytes]:
    return {
        file.name: file.read_bytes() for file in folder.iterdir() if not file.name.endswith("-shm")
    }


def test_a_copy_of_none_creates_nothing(path: Path) -> None:
    with Ledger.copy(path, WIB) as copy:
        save(copy, a_record())
        assert copy.record("A1") is not None
    assert not path.parent.exists()


def test_a_copy_leaves_its_original_alone(path: Path) -> None:
    with Ledger.open(path, WIB) as ledger:
        save(ledger, a_record("A1"))
    before = files(path.parent)
    with Ledger.copy(path, WIB) as copy:
        save(copy, a_record("A2"))
        assert copy.record("A1") is not None
    assert before.keys() == {"antrean.sqlite3", "antrean.sqlite3.open.lock"}
    assert files(path.parent) == before


def test_a_copy_beside_a_running_pass_shows_what_it_committed(ledger: Ledger, path: Path) -> None:
    save(ledger, a_record("A1"))
    before, names = files(path.parent), {file.name for file in path.parent.iterdir()}
    with Ledger.copy(path, WIB) as copy:
        assert copy.record("A1") == ledger.record("A1")
        save(copy, a_record("A2"))
    assert (files(path.parent), {file.name for file in path.parent.iterdir()}) == (before, names)
    assert ledger.record("A2") is None


KILLED = """
import os, sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.codes import Kind
from antrean_cli.rules.push import Record
WIB = timezone(timedelta(hours=7))
ledger = Ledger.open(Path(sys.argv[1]), WIB)
for kodebooking in ("A1", "A2"):
    record = Record(kodebooking=kodebooking, kind=Kind.ONSITE, tanggal=date(2026, 11, 23))
    with ledger.transaction():
        ledger.save(None, record, datetime.now(WIB))
        if kodebooking == "A2":
            os.kill(os.getpid(), 9)
"""


def test_what_was_committed_survives_kill_9_and_what_was_not_is_not_there(path: Path) -> None:
    assert python(KILLED, str(path)).wait(30) == -signal.SIGKILL
    before = files(path.parent)
    with Ledger.copy(path, WIB) as copy:
        assert (copy.record("A1") is not None, copy.record("A2")) == (True, None)
    assert files(path.parent) == before
    with Ledger.open(path, WIB) as ledger:
        assert (ledger.record("A1") is not None, ledger.record("A2")) == (True, None)


def test_a_copy_of_a_damaged_ledger_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"rusak" * 1000)
    with pytest.raises(StateError, match="rusak"):
        Ledger.copy(path, WIB)
    assert files(path.parent) == {"antrean.sqlite3": b"rusak" * 1000}


# -- a transaction


def test_a_transaction_is_all_or_nothing(ledger: Ledger) -> None:
    def interrupted() -> None:
        with ledger.transaction():
            ledger.update_pass_state(lambda state: state._replace(begin=MONDAY))
            ledger.save(None, a_record(), NOW)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (ledger.pass_state().begin, ledger.record("A1")) == (None, None)
    save(ledger, a_record())  # and the next one is not in the way of the last


# -- what goes in comes out

# Everything SQLite can hold: lone surrogates are no text.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)
times = st.integers(946_684_800_000, 4_102_444_799_999).map(
    lambda ms: datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=ms)
)
days = st.dates(date(2020, 1, 1), date(2040, 1, 1))
values = st.one_of(texts, st.integers(0, 2**31), times)
reasons = st.builds(
    lambda code, params, behind: because(code, **params)._replace(behind=behind),
    st.sampled_from(ReasonCode),
    st.dictionaries(st.sampled_from(["step", "text", "waktu"]), values),
    st.sampled_from(["", "3", "5"]),
)
steps = st.sampled_from(Step)
states = st.sampled_from(State)
pushes = st.builds(
    Push,
    step=steps,
    state=states,
    recorded=st.none() | times,
    waktu=st.none() | times,
    source=texts,
    reason=st.none() | reasons,
    code=texts,
    attempts=st.integers(0, 2**31),
    needs_lookup=st.booleans(),
    blocked_by=st.none() | st.sampled_from(Step),
    next_try=st.none() | times,
    note=st.none() | reasons,
)
seens = st.builds(
    StatusObservation, stts=names, since=times, first=st.booleans(), exact=st.booleans()
)
steps = st.sampled_from(Step).map(str)
records = st.builds(
    Record,
    kodebooking=names,
    kind=st.sampled_from(Kind),
    tanggal=days,
    no_rawat=texts,
    kd_poli=texts,
    kd_dokter=texts,
    kd_pj=texts,
    seen=st.none() | seens,
    done_fingerprint=texts,
    handed_on=st.booleans(),
    compared=st.booleans(),
    left_alive=st.sampled_from(LeftAlive),
    pushes=st.lists(pushes, max_size=5).map(lambda many: {one.step: one for one in many}),
    refusals=st.dictionaries(
        steps, st.lists(st.builds(Refusal, mark=names, at=times), min_size=1).map(tuple)
    ),
    faults=st.dictionaries(
        steps,
        st.builds(
            PushFault,
            times=st.integers(1, 2**31),
            since=times,
            cause=st.sampled_from(Cause),
            status=st.none() | st.integers(100, 599),
            own=st.booleans(),
        ),
    ),
)
fixtures_stay = trials(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)


@fixtures_stay
@given(record=records)
def test_every_field_of_a_booking_and_its_pushes_comes_back_as_it_went_in(
    ledger: Ledger, record: Record
) -> None:
    """To the millisecond, in any letters; a booking saved over another leaves
    nothing of that one.
    """
    save(ledger, record, ledger.record(record.kodebooking))
    assert ledger.record(record.kodebooking) == record
    assert ledger.of_days(record.tanggal, record.tanggal)[record.kodebooking] == record
    assert ledger.known([record.kodebooking], [])[record.kodebooking] == record
    unfinished = any(
        push.state in ("held", "due", "sending") or push.needs_lookup
        for push in record.pushes.values()
    )
    assert (record.kodebooking in ledger.unfinished()) == unfinished
    done = ledger.done_fingerprints(record.tanggal, record.tanggal)
    assert done.get(record.kodebooking, "") == ("" if unfinished else record.done_fingerprint)


@fixtures_stay
@given(before=records, after=records)
def test_a_change_writes_just_what_changed(ledger: Ledger, before: Record, after: Record) -> None:
    """Pushes that were withdrawn are gone, new ones are there, the rest is as it was."""
    kodebooking = "SATU"
    before = Record(kodebooking=kodebooking, kind=Kind.ONSITE, tanggal=MONDAY, pushes=before.pushes)
    after = Record(kodebooking=kodebooking, kind=Kind.ONSITE, tanggal=MONDAY, pushes=after.pushes)
    save(ledger, before, ledger.record(kodebooking))
    save(ledger, after, before)
    assert ledger.record(kodebooking) == after


def test_what_somebody_writes_while_a_booking_is_read_is_not_seen_by_half(path: Path) -> None:
    before = a_record("A1", Push(step=Step.ADD, state=State.DUE))
    after = a_record("A1", Push(step=Step.ADD, state=State.SENT))
    with Ledger.open(path, WIB) as reader, Ledger.open(path, WIB) as writer:
        save(writer, before)

        def between(sql: str) -> None:
            if "seal FROM booking" in sql:  # its pushes are read by now
                reader._connection.set_trace_callback(None)
                save(writer, after, before)

        reader._connection.set_trace_callback(between)
        seen = [reader.of_days(MONDAY, MONDAY)["A1"].pushes["add"].state for _ in range(2)]
        assert seen == [State.DUE, State.SENT]


def test_what_passes_remember_is_written_where_it_changed(ledger: Ledger, path: Path) -> None:
    with Ledger.open(path, WIB) as other:
        before = other.writes_of_others()
        for faults, written in ((0, False), (1, True), (1, False)):
            with ledger.transaction():
                ledger.update_pass_state(lambda state: state._replace(faults_in_row=faults))  # noqa: B023
            assert (other.writes_of_others() != before) is written
            before = other.writes_of_others()


def test_a_write_of_another_is_noticed_and_none_of_ones_own(ledger: Ledger, path: Path) -> None:
    with ledger.transaction():
        before = ledger.writes_of_others()
    save(ledger, a_record("A1"))
    with ledger.transaction():
        assert ledger.writes_of_others() == before
    with Ledger.open(path, WIB) as other:
        save(other, a_record("A2"))
    with ledger.transaction():
        assert ledger.writes_of_others() != before


def test_times_are_handed_out_in_the_hospitals_zone(path: Path) -> None:
    waktu = datetime(2026, 11, 23, 8, 5, tzinfo=WIB)
    with Ledger.open(path, WIB) as ledger:
        save(ledger, a_record("A1", Push(step=Step("3"), state=State("sent"), waktu=waktu)))
    with Ledger.open(path, WITA) as ledger:
        record = ledger.record("A1")
    assert record is not None
    found = record.pushes["3"].waktu
    assert found == waktu
    assert f"{found:%H:%M %z}" == "09:05 +0800"


def test_of_many_bookings_those_of_the_days_or_the_unfinished_are_handed_out(
    ledger: Ledger,
) -> None:
    done = Push(step=Step("3"), state=State("sent"))
    week_ago, before = MONDAY - timedelta(days=7), MONDAY - timedelta(days=1)
    save(ledger, a_record("done", done, tanggal=week_ago))
    save(
        ledger, a_record("open", done, Push(step=Step("4"), state=State("held")), tanggal=week_ago)
    )
    save(
        ledger,
        a_record(
            "doubt",
            Push(step=Step("4"), state=State("already"), needs_lookup=True),
            tanggal=week_ago,
        ),
    )
    save(ledger, a_record("flight", Push(step=Step("4"), state=State("sending")), tanggal=week_ago))
    save(ledger, a_record("new", done))
    assert set(ledger.unfinished()) == {"doubt", "flight", "open"}
    assert set(ledger.of_days(before, MONDAY)) == {"new"}
    assert set(ledger.known(["new", "lain", "open"], [])) == {"new", "open"}


# -- pruning


def a_day(name: str, days_ago: int, *, state: str = "sent", ask: bool = False) -> Record:
    return a_record(
        name,
        Push(step=Step("3"), state=State(state), needs_lookup=ask),
        tanggal=MONDAY - timedelta(days=days_ago),
    )


def remembered(ledger: Ledger) -> list[str]:
    return sorted(ledger.of_days(date.min, date.max))


def test_pruning_forgets_what_is_old_and_through(ledger: Ledger) -> None:
    for record in (
        a_day("OLD", 91),
        a_day("REFUSED", 91, state="refused"),
        a_day("LAST", 90),
        a_day("NEW", 0),
    ):
        save(ledger, record)
    with ledger.transaction():
        assert ledger.prune(MONDAY - timedelta(days=90), 100) == 2
    assert remembered(ledger) == ["LAST", "NEW"]
    assert ledger.record("OLD") is None


@pytest.mark.parametrize(
    ("state", "ask"), [("held", False), ("due", False), ("sending", False), ("already", True)]
)
def test_pruning_leaves_what_is_open(ledger: Ledger, state: str, ask: bool) -> None:
    save(ledger, a_day("OPEN", 1000, state=state, ask=ask))
    with ledger.transaction():
        assert ledger.prune(MONDAY, 100) == 0
    assert remembered(ledger) == ["OPEN"]


def test_a_long_backlog_is_pruned_from_its_old_end(ledger: Ledger) -> None:
    for days_ago in range(100, 110):
        save(ledger, a_day(f"A{days_ago}", days_ago))
    with ledger.transaction():
        assert ledger.prune(MONDAY, 7) == 7
    assert remembered(ledger) == ["A100", "A101", "A102"]


# -- the lock

HOLD = """
import subprocess, sys, time
from pathlib import Path
from antrean_cli.ledger.file import locked
with locked(Path(sys.argv[1])):
    child = subprocess.Popen(["sleep", "30"], stdout=subprocess.DEVNULL)
    print(child.pid, flush=True)
    time.sleep(60)
"""


def try_lock(path: Path) -> None:
    with locked(path):
        pass


def test_only_one_has_the_lock(path: Path) -> None:
    with locked(path):
        with pytest.raises(LockedError) as caught:
            try_lock(path)
        assert (caught.value.exit_code, caught.value.silent) == (11, True)
    try_lock(path)


def test_the_lock_is_freed_by_kill_9_even_if_a_child_lives_on(path: Path) -> None:
    """Nothing has to be unlocked by hand."""
    with python(HOLD, str(path), stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        child = int(holder.stdout.readline())
        try:
            with pytest.raises(LockedError):
                try_lock(path)
            holder.kill()
            holder.wait(10)
            try_lock(path)
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_manual_command_does_not_wait_for_a_pass(live_site: Site) -> None:
    """The lock is the pass's own; an operator may send while it runs."""
    live_site.bpjs.bookings.mobile_jkn("A1", MONDAY.isoformat())
    with locked(live_site.state):
        assert live_site.run("sync").returncode == 11
        assert live_site.run("update", "A1", "3", "2026-11-23 08:05").returncode == 0


# -- the patient

CANARY = {
    "nm_pasien": "KANARI JAYA",
    "no_ktp": "9988776655443322",
    "no_tlp": "081987654321",
    "no_peserta": "0008765432109",
}
NORM = "771177"


def test_a_day_leaves_no_patient_in_the_state_the_log_or_on_the_screen(live_site: Site) -> None:
    """Every kind of visit, refusals, faults, a cancel, by sync and by hand, with everything told
    that can be told.
    """
    today = datetime.now(WIB).date()
    khanza, folder = live_site.khanza, live_site.folder
    khanza.patient(NORM, **CANARY)
    onsite = khanza.visit(today, jam="00:00:01", norm=NORM)
    khanza.sep(onsite)
    khanza.exam(onsite, f"{today} 00:00:02")
    waiting = khanza.visit(today, jam="00:00:01", norm=NORM, kd_poli="ANA")  # has no reference
    others = khanza.visit(today, jam="00:00:01", norm=NORM, kd_pj="UMU")
    khanza.visit(today, jam="00:00:01", norm=NORM, kd_poli="MAT", kd_pj="UMU")  # an unmapped clinic
    booked = khanza.visit(today, jam="00:00:01", norm=NORM)
    nobooking = khanza.booking(booked, today, status="Checkin", validasi=f"{today} 00:00:03")
    gone = khanza.booking(None, today, norm=NORM, status="Batal")
    khanza.batal(gone, keterangan="KANARI JAYA tidak jadi datang")
    live_site.bpjs.bookings.mobile_jkn(gone, today.isoformat())
    live_site.bpjs.bookings.refuse("rujukan_tidak_valid", nomorkartu=CANARY["no_peserta"])
    env = {
        "ANTREAN_TASK_3": "checkin,daftar",
        "ANTREAN_DELAY_NONJKN": "0",
        "ANTREAN_LOG_FILE": str(folder / "log"),
    }

    said = [live_site.run("-v", "sync", "--dry-run", "--json", **env)]
    live_site.bpjs.faults.add(
        Fault("reset_after", path="/antrean/add"), Fault("cut", path="/antrean/updatewaktu")
    )
    said += [live_site.run("-v", "sync", **env) for _ in range(2)]
    live_site.bpjs.bookings.forgive("rujukan_tidak_valid")
    said += [
        live_site.run("-v", "add", "--no-rawat", no_rawat, **env)
        for no_rawat in (onsite, waiting, others)
    ]
    said += [
        live_site.run("-v", "sync", "--json", **env),
        live_site.run("-v", "listtask", nobooking, **env),
    ]

    heard = "".join(str(one.body) for one in live_site.bpjs.received)
    secrets = [CANARY["no_ktp"], CANARY["no_tlp"], CANARY["no_peserta"], "KANARI", NORM]
    assert [secret for secret in secrets if secret not in heard] == [], (
        "BPJS was told, so there was something to keep"
    )
    shown = "".join(done.stdout + done.stderr for done in said)
    assert onsite in shown
    assert (folder / "log").stat().st_size > 0
    written = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    assert {"antrean.sqlite3", "log"} <= set(written)
    for secret in (*secrets, "rahasia-uji", "rahasia-khanza"):
        assert secret not in shown
        assert [name for name, content in written.items() if secret.encode() in content] == []


def test_a_ledger_is_made_by_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes second waits until the first is done, and does not meet a file half made."""
    path, waits = tmp_path / "antrean.sqlite3", threading.Event()
    first = os.open(tmp_path / "antrean.sqlite3.open.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(first, fcntl.LOCK_EX)
    sleep = time.sleep

    def seen(seconds: float) -> None:
        waits.set()
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", seen)
    second = threading.Thread(target=lambda: Ledger.open(path, WIB).__exit__(None, None, None))
    second.start()
    try:
        assert waits.wait(5)
        assert not path.exists()
    finally:
        os.close(first)
        second.join()
    assert path.exists()


def test_a_transaction_shuts_out_other_writers_from_its_first_read(
    ledger: Ledger, path: Path
) -> None:
    """What it read is still so when it writes: a command by hand waits, and
    nobody's word is lost.
    """
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    with ledger.transaction():
        ledger.pass_state()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.close()


@fixtures_stay
@given(before=records, after=records)
def test_a_booking_saved_over_another_leaves_nothing_of_that_one(
    ledger: Ledger, before: Record, after: Record
) -> None:
    after = replace(after, kodebooking=before.kodebooking)
    save(ledger, before, ledger.record(before.kodebooking))
    save(ledger, after, before)
    assert ledger.record(after.kodebooking) == after
