"""The ledger: what was told to BPJS, in one SQLite file.

Every statement about bookings and pushes stands here.

- No name, NIK, card or phone number: only bookings, times, states and BPJS's answers.
- Each booking is sealed together with its pushes, and so is what a pass remembers (columns.py). A
  broken seal is a damaged file; nothing that it says is believed.
- How the file is opened, checked and locked stands in file.py.
"""

import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timezone
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from antrean_cli.errors import StateError
from antrean_cli.ledger import columns
from antrean_cli.ledger import file as state_file
from antrean_cli.ledger.columns import (
    BOOKING_COLUMNS,
    BOOKING_VALUES,
    PUSH_COLUMNS,
    PUSH_VALUES,
    BookingRow,
    PushRow,
    aware,
)
from antrean_cli.ledger.file import DamagedError, explained
from antrean_cli.ledger.pass_state import PassState, state_of, stored
from antrean_cli.rules.push import Change, Record, changes

if TYPE_CHECKING:
    from antrean_cli.rules.journeys import Journey
    from antrean_cli.rules.report import DaySums

_NO_MORE: tuple[None, tuple[()]] = (None, ())
# The bookings of pushes that are `unfinished`, as the index push_open has them (migrations.py).
_UNFINISHED = "SELECT kodebooking FROM push WHERE state IN ('held', 'due', 'sending') OR ask"


class NamedBooking(NamedTuple):
    """A booking by its numbers: a Mobile JKN one is known by the first, others by the second."""

    kodebooking: str
    no_rawat: str
    kind: str


class Ledger:
    """An open ledger. Everything that a person can mend is raised as StateError (exit 9)."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        zone: timezone,
        file: tuple[int, int] | None,
    ) -> None:
        """Take a connection over; `file` tells the file from another in its place (identity)."""
        self._connection = connection
        self._path = path
        self._zone = zone
        self._file = file
        # What passes remember, as it was last read, and what that meant: it is asked for many times
        # a pass, and mostly nothing has changed.
        self._meta_read: dict[str, str] | None = None
        self._pass_state = PassState()

    @classmethod
    def open(cls, path: Path, zone: timezone) -> "Ledger":
        """Open the ledger, make it if there is none, check it, and bring it to the newest schema.

        `zone` is the one that times are handed out in.
        """
        return cls(state_file.opened(path), path, zone, state_file.identity(path))

    @classmethod
    def copy(cls, path: Path, zone: timezone) -> "Ledger":
        """Return a copy in memory, which is written to without a trace; empty if there is none."""
        return cls(state_file.copied(path), path, zone, None)

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all that is written inside, or nothing of it.

        Raises StateError if the file is not there any more: SQLite would go on writing where nobody
        can read it.
        """
        with explained(self._path):
            if self._file not in (None, state_file.identity(self._path)):
                raise StateError(
                    f"Berkas status {self._path} dihapus atau diganti "
                    f"selagi dipakai; kembalikan dulu"
                )
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Let all that is read inside be of one moment, whatever others write meanwhile."""
        with explained(self._path):
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("COMMIT")

    def writes_of_others(self) -> int:
        """Return a number that changes whenever another connection has committed to this file.

        What this one read or wrote before still stands while the number is the same; inside
        `transaction` it then cannot change any more.
        """
        with explained(self._path):
            number: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        return number

    # -- bookings and their pushes

    def unfinished(self) -> dict[str, Record]:
        """Return the bookings that have an unfinished push, by kode booking."""
        return {record.kodebooking: record for record in self.each_unfinished()}

    def each_unfinished(self) -> Iterator[Record]:
        """Yield them one by one, as of one moment; nothing can be written until the last has come.

        For whoever keeps few of them: after a bad week they are many.
        """
        with self._snapshot():
            rows = self._connection.execute(_UNFINISHED)
            indexed = Counter(kodebooking for (kodebooking,) in rows)
            for record in self._each(f"kodebooking IN ({_UNFINISHED})", {}):
                # A damaged index would hide what is unfinished, and no seal covers an index.
                if indexed.pop(record.kodebooking, 0) != _unfinished_pushes(record):
                    raise DamagedError("index push_open")
                yield record
            if indexed:
                raise DamagedError("index push_open")

    def of_days(self, first: date, last: date) -> dict[str, Record]:
        """Return the bookings of these days of service, by kode booking."""
        return self._records(
            "kodebooking IN (SELECT kodebooking FROM booking WHERE "
            "tanggal BETWEEN :first AND :last)",
            {"first": first.isoformat(), "last": last.isoformat()},
        )

    def since_or_unfinished(self, first: date) -> list[Record]:
        """Return the bookings from a day of service on, and the older ones that are unfinished.

        Refused alone does not make a booking an unfinished one.
        """
        found = self.of_days(first, date.max)
        older = (one for one in self.each_unfinished() if one.kodebooking not in found)
        return [*found.values(), *older]

    def unresolved(self, first: date) -> list[Record]:
        """Return of `since_or_unfinished` the unfinished, with a push refused, and the left alive.

        Nine in ten bookings are through: those are not read, and their seals not looked at.
        """
        with self._snapshot():
            found = self.unfinished()
            refused_or_left = self._records(
                """
                kodebooking IN (
                    SELECT kodebooking FROM booking
                    WHERE tanggal >= :first AND (
                        left_alive IN ('seen', 'told') OR EXISTS (
                            SELECT 1 FROM push
                            WHERE push.kodebooking = booking.kodebooking AND state = 'refused')))
                """,
                {"first": first.isoformat()},
            )
        return list({**found, **refused_or_left}.values())

    def days_since(self, first: date) -> list[date]:
        """Return the days of service, from one on, that there are bookings of; the oldest first."""
        with explained(self._path):
            found = self._connection.execute(
                "SELECT DISTINCT tanggal FROM booking WHERE tanggal >= ? ORDER BY tanggal",
                (first.isoformat(),),
            ).fetchall()
        return [date.fromisoformat(tanggal) for (tanggal,) in found]

    def known(
        self,
        kodebooking: Iterable[str],
        no_rawat: Iterable[str],
        *,
        besides: Collection[str] = (),
    ) -> dict[str, Record]:
        """Return the bookings of these kode booking, and those made at the desk for these visits.

        By kode booking; without those of `besides`, whom the caller has already.
        """
        lists = {"kodebooking": kodebooking, "no_rawat": no_rawat, "besides": besides}
        return self._records(
            """
            kodebooking IN (
                SELECT value FROM json_each(:kodebooking)
                UNION
                SELECT kodebooking FROM booking
                WHERE no_rawat IN (SELECT value FROM json_each(:no_rawat)) AND kind <> 'mobilejkn'
                EXCEPT
                SELECT value FROM json_each(:besides))
            """,
            {name: json.dumps(list(numbers)) for name, numbers in lists.items()},
        )

    def done_fingerprints(self, first: date, last: date) -> dict[str, str]:
        """Return the fingerprints of these days' visits that are through, by kode booking.

        Nothing of their bookings is unfinished (rules/fingerprints.py).
        """
        with explained(self._path):
            rows = self._connection.execute(
                f"""
                SELECT kodebooking, settled FROM booking
                WHERE tanggal BETWEEN :first AND :last AND settled <> ''
                    AND kodebooking NOT IN ({_UNFINISHED})
                """,  # noqa: S608 - a constant of ours
                {"first": first.isoformat(), "last": last.isoformat()},
            )
            return dict(rows.fetchall())

    def journeys(self, first: date, last: date) -> "Iterator[Journey]":
        """Yield what was told of the bookings of these days, as the report counts it.

        Less is read than of `of_days`, and no seal is looked at: a month has tens of thousands.
        """
        return self._journeys(
            "tanggal BETWEEN :first AND :last",
            {"first": first.isoformat(), "last": last.isoformat()},
        )

    def _journeys(self, which: str, values: Mapping[str, str]) -> "Iterator[Journey]":
        with self._snapshot():
            rows = self._connection.execute(
                f"""
                SELECT kodebooking, kind, tanggal, no_rawat, kd_poli, kd_dokter, step, state, waktu,
                       CASE WHEN state IN ('sent', 'already') THEN NULL ELSE reason_code END,
                       reason
                FROM booking JOIN push USING (kodebooking)
                WHERE {which} AND kind <> 'manual'
                ORDER BY kodebooking
                """,  # noqa: S608 - conditions of ours
                values,
            )
            for booking, pushes in groupby(rows, itemgetter(slice(0, 6))):
                yield columns.journey_of(booking, pushes, self._zone)

    def day_sums(self, first: date, last: date) -> "dict[date, DaySums]":
        """Return what is kept of those of these days whose bookings were forgotten, by day."""
        with explained(self._path):
            rows = self._connection.execute(
                "SELECT tanggal, sums FROM daily WHERE tanggal BETWEEN :first AND :last",
                {"first": first.isoformat(), "last": last.isoformat()},
            )
            return {date.fromisoformat(tanggal): self._sums(stored) for tanggal, stored in rows}

    def _sums(self, stored: bytes) -> "DaySums":
        from antrean_cli.ledger.day_sums import sums_from

        try:
            return sums_from(stored, lambda ms: columns.aware(ms, self._zone))
        except (ValueError, KeyError, TypeError, zlib.error) as error:
            raise _broken("daily") from error

    def _keep_sums(self, old: str) -> None:
        """Add what the report needs of bookings that are to be forgotten to what is kept."""
        from antrean_cli.ledger.day_sums import stored_sums
        from antrean_cli.rules.report import sums_of

        journeys = self._journeys(
            "kodebooking IN (SELECT value FROM json_each(:old))", {"old": old}
        )
        for day, sums in sums_of(journeys, date.max, self._zone).items():
            for known in self.day_sums(day, day).values():
                sums.add(known)
            self._connection.execute(
                "INSERT OR REPLACE INTO daily (tanggal, sums) VALUES (:tanggal, :sums)",
                {"tanggal": day.isoformat(), "sums": stored_sums(sums)},
            )

    def left_alive_on(self, tanggal: date) -> dict[str, Record]:
        """Return the bookings of a day that BPJS holds although Khanza has them no more.

        Also those of which nobody was told yet; by kode booking.
        """
        return self._records(
            "kodebooking IN (SELECT kodebooking FROM booking WHERE "
            "tanggal = :tanggal AND left_alive IN ('seen', 'told'))",
            {"tanggal": tanggal.isoformat()},
        )

    def named_on(self, first: date, last: date) -> list[NamedBooking]:
        """Return by what Khanza knows the bookings of these days."""
        with explained(self._path):
            rows = self._connection.execute(
                """
                SELECT kodebooking, no_rawat, kind FROM booking
                WHERE tanggal BETWEEN :first AND :last
                """,
                {"first": first.isoformat(), "last": last.isoformat()},
            )
            return list(map(NamedBooking._make, rows))

    def record(self, kodebooking: str) -> Record | None:
        """Return one booking, or None if the ledger does not know it."""
        found = self._records("kodebooking = :kodebooking", {"kodebooking": kodebooking})
        return found.get(kodebooking)

    def of_visit(self, number: str) -> list[Record]:
        """Return the bookings that a kode booking or a no_rawat means, by their kode booking."""
        found = self._records(
            "kodebooking IN (SELECT kodebooking FROM booking WHERE "
            ":number IN (kodebooking, no_rawat))",
            {"number": number},
        )
        return [record for _, record in sorted(found.items())]

    def save(self, before: Record | None, after: Record, now: datetime) -> list[Change]:
        """Write a booking and those of its pushes that changed; inside `transaction`.

        `before` is what the ledger has, None for a new one. Returns the pushes that changed; a push
        that is in a new state is in it since `now`.
        """
        row = columns.booking_row(after)
        self._save_booking(row)
        changed = changes(before, after)
        for change in changed:
            if change.after is None:
                self._connection.execute(
                    "DELETE FROM push WHERE kodebooking = :kodebooking AND step = :step",
                    {"kodebooking": after.kodebooking, "step": change.push.step},
                )
            else:
                self._save_push(columns.push_row(after.kodebooking, change.after, now))
        self._seal(row)
        return changed

    def forget(self, kodebooking: str) -> None:
        """Forget a booking and its pushes; inside `transaction`."""
        for table in ("push", "booking"):
            self._connection.execute(
                f"DELETE FROM {table} WHERE kodebooking = :kodebooking",  # noqa: S608 - our own
                {"kodebooking": kodebooking},
            )

    def _seal(self, booking: BookingRow) -> None:
        """Seal a booking, together with the pushes that are stored of it now.

        Not with those of the record that was written: a command by hand may have written another
        of them meanwhile.
        """
        values: dict[str, Any] = {"kodebooking": booking.kodebooking}
        pushes = self._connection.execute(
            f"SELECT {PUSH_COLUMNS} FROM push WHERE kodebooking = :kodebooking ORDER BY step",  # noqa: S608
            values,
        )
        values["seal"] = columns.seal(tuple(booking), pushes.fetchall())
        self._connection.execute(
            "UPDATE booking SET seal = :seal WHERE kodebooking = :kodebooking", values
        )

    def _save_booking(self, row: BookingRow) -> None:
        self._connection.execute(
            f"""
            INSERT INTO booking ({BOOKING_COLUMNS}) VALUES ({BOOKING_VALUES})
            ON CONFLICT (kodebooking) DO UPDATE SET ({BOOKING_COLUMNS}) = ({BOOKING_VALUES})
            """,  # noqa: S608 - names of ours
            row._asdict(),
        )

    def _save_push(self, row: PushRow) -> None:
        # Of a column that is set twice, the rightmost counts: a push stays in its state since it
        # came to it, and due and sending are one state there; and when BPJS took it from us is kept
        # while that is doubted, until it takes it once more.
        self._connection.execute(
            f"""
            INSERT INTO push ({PUSH_COLUMNS}) VALUES ({PUSH_VALUES})
            ON CONFLICT (kodebooking, step) DO UPDATE SET ({PUSH_COLUMNS}) = ({PUSH_VALUES}),
                since = CASE
                    WHEN state = :state THEN since
                    WHEN state IN ('due', 'sending') AND :state IN ('due', 'sending') THEN since
                    ELSE :since END,
                sent_at = CASE WHEN :state = 'sent' AND state <> 'sent' THEN :since ELSE sent_at END
            """,  # noqa: S608 - names of ours
            row._asdict(),
        )

    def latest_at_bpjs(self) -> datetime | None:
        """Return the latest time that BPJS has of any push, or None; reads everything.

        Of what came from elsewhere too, as far as the ledger knows of it.
        """
        with explained(self._path):
            query = "SELECT max(waktu) FROM push WHERE state IN ('sent', 'already')"
            (waktu,) = self._connection.execute(query).fetchone()
        return None if waktu is None else aware(waktu, self._zone)

    def newest(self) -> date | None:
        """Return the latest day of service of all bookings, or None if there are none."""
        with explained(self._path):
            (tanggal,) = self._connection.execute("SELECT max(tanggal) FROM booking").fetchone()
        return date.fromisoformat(tanggal) if tanggal else None

    def examine(self) -> int:
        """Read every booking and what passes remember, so that each seal is looked at.

        Returns how many bookings there are; raises StateError for a broken seal.
        """
        of_day = "kodebooking IN (SELECT kodebooking FROM booking WHERE tanggal = :tanggal)"
        with self._snapshot():
            days = self._connection.execute("SELECT DISTINCT tanggal FROM booking").fetchall()
            self.unfinished()
            self.pass_state()
            self.day_sums(date.min, date.max)
            # Day by day: all of them at once would need some hundred megabytes.
            return sum(len(self._records(of_day, {"tanggal": day})) for (day,) in days)

    def prune(self, before: date, most: int) -> int:
        """Forget up to `most` bookings from before a day; inside `transaction`.

        The unfinished stay; of the others sums by day are kept, which the report needs.
        Returns how many were forgotten; SQLite uses the room again.
        """
        found = self._connection.execute(
            f"""
            SELECT kodebooking FROM booking
            WHERE tanggal < :before AND kodebooking NOT IN ({_UNFINISHED})
            ORDER BY tanggal LIMIT :most
            """,  # noqa: S608 - a constant of ours
            {"before": before.isoformat(), "most": most},
        ).fetchall()
        old = json.dumps([kodebooking for (kodebooking,) in found])
        if found:
            self._keep_sums(old)
        for table in ("push", "booking"):
            self._connection.execute(
                f"DELETE FROM {table} WHERE kodebooking IN (SELECT value FROM json_each(:old))",  # noqa: S608
                {"old": old},
            )
        return len(found)

    def _records(self, which: str, values: Mapping[str, str]) -> dict[str, Record]:
        """Return the bookings that a condition of ours on their kode booking fits, by it."""
        return {record.kodebooking: record for record in self._each(which, values)}

    def _each(self, which: str, values: Mapping[str, str]) -> Iterator[Record]:
        """Yield them in the order of their kode booking, each with its pushes."""
        with self._snapshot():
            pushes = groupby(
                self._connection.execute(
                    f"SELECT {PUSH_COLUMNS} FROM push WHERE {which} ORDER BY kodebooking, step",  # noqa: S608
                    values,
                ),
                itemgetter(0),
            )
            bookings = self._connection.execute(
                f"SELECT {BOOKING_COLUMNS}, seal FROM booking WHERE {which} ORDER BY kodebooking",  # noqa: S608
                values,
            )
            whose, rows = next(pushes, _NO_MORE)
            for *booking, seal in bookings:
                mine = []
                if whose == booking[0]:
                    mine = list(rows)
                    whose, rows = next(pushes, _NO_MORE)
                yield self._record(tuple(booking), mine, seal)
            if whose is not None:
                raise _broken("push")

    def _record(
        self, booking: tuple[Any, ...], pushes: list[tuple[Any, ...]], seal: int | None
    ) -> Record:
        # NULL: not written since there are seals
        if seal is not None and seal != columns.seal(booking, pushes):
            raise _broken(booking[0])
        rows = list(map(PushRow._make, pushes))
        try:
            return columns.record_of(BookingRow._make(booking), rows, self._zone)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            if seal is None:
                raise _broken(booking[0]) from error
            raise

    # -- what passes remember

    @cached_property
    def key(self) -> bytes:
        """The random key of this ledger's marks (rules/marks.py): made with it, and never another.

        Raises StateError if it is gone.
        """
        with explained(self._path):
            try:
                return bytes.fromhex(json.loads(self._meta()["key"]))
            except (KeyError, TypeError, ValueError) as error:
                raise DamagedError("key") from error

    def pass_state(self) -> PassState:
        """Return what passes remember, its times in the ledger's zone."""
        return self._state_of(self._meta())

    def update_pass_state(self, change: Callable[[PassState], PassState]) -> None:
        """Change what passes remember, as it stands now; inside `transaction`.

        It is read here, not by the caller before: what a command by hand has changed in between
        would be overwritten. Only rows that differ are written.
        """
        meta = self._meta()
        state = self._state_of(meta)
        before, after = stored(state), stored(change(state))
        changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        for name in changed:
            meta.pop(name, None)
            self._keep(name, after.get(name))
        meta |= {name: after[name] for name in changed if name in after}
        if changed:
            self._keep("seal", str(columns.seal(*sorted(meta.items()))))

    def _state_of(self, meta: dict[str, str]) -> PassState:
        if meta != self._meta_read:
            self._pass_state = state_of(meta, self._zone)
            self._meta_read = dict(meta)
        return self._pass_state

    def _meta(self) -> dict[str, str]:
        """Return the rows of meta but for their seal, in the order of their names."""
        with explained(self._path):
            meta = dict(
                self._connection.execute("SELECT name, value FROM meta ORDER BY name").fetchall()
            )
            seal = meta.pop("seal", None)
            if seal is not None and seal != str(columns.seal(*meta.items())):
                raise _broken("meta")
            return meta

    def _keep(self, name: str, value: str | None) -> None:
        self._connection.execute("DELETE FROM meta WHERE name = :name", {"name": name})
        if value is not None:
            self._connection.execute(
                "INSERT INTO meta (name, value) VALUES (:name, :value)",
                {"name": name, "value": value},
            )


def _broken(what: str) -> DamagedError:
    return DamagedError(f"seal of {what}")


def _unfinished_pushes(record: Record) -> int:
    """Return how many of its pushes `_UNFINISHED` names."""
    return sum(push.unfinished for push in record.pushes.values())
