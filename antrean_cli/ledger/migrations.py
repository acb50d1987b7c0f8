"""The ledger's schema: an ordered list of steps that only ever grows.

- A new file runs the same steps as an old one; each step and its number are committed together.
- Times are epoch milliseconds, days are yyyy-mm-dd; no column may ever hold a patient's name, NIK,
  card or phone.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from antrean_cli.ledger.columns import seal
from antrean_cli.ledger.reasons import params_of

# A step is a list of statements; what SQL cannot say is a function of the connection.
Statement = str | Callable[[sqlite3.Connection], None]


class _Told(NamedTuple):
    """What of a push was a sentence until schema 4."""

    step: str
    reason_code: str | None
    reason: str | None
    note: str


# What a seal covered until schema 4, in its order; `note_code` came to its end then. These lists
# are history: they stay as they are, whatever columns come later.
_BOOKING = (
    "kodebooking, kind, tanggal, no_rawat, kd_poli, kd_dokter, kd_pj, stts, stts_since, "
    "stts_first, stts_exact, settled"
)
_PUSH = (
    "kodebooking, step, state, recorded, waktu, source, reason_code, reason, code, attempts, ask, "
    "needs, next_try, note, since"
)
# What came to the bookings' seal with schema 6, behind the above.
_OWNERS = "mark_norm, mark_nik, mark_nomorkartu, registered, handed_on, compared"


def _name_reasons(connection: sqlite3.Connection) -> None:
    """Turn the sentences of reasons and notes into codes with parameters, and seal them anew.

    A booking whose seal is broken is left as it is, so that whoever reads it hears of the damage.
    """
    bookings = connection.execute(f"SELECT {_BOOKING}, seal FROM booking").fetchall()  # noqa: S608
    for *booking, sealed in bookings:
        kodebooking = {"kodebooking": booking[0]}
        if sealed is not None and sealed != seal(
            tuple(booking), _pushes(connection, _PUSH, booking)
        ):
            continue
        for row in _pushes(connection, "step, reason_code, reason, note", booking):
            _name_reason(connection, kodebooking, _Told._make(row))
        if sealed is not None:
            now = seal(tuple(booking), _pushes(connection, f"{_PUSH}, note_code", booking))
            connection.execute(
                "UPDATE booking SET seal = :seal WHERE kodebooking = :kodebooking",
                {"seal": now, **kodebooking},
            )


def _seal_with_owners(connection: sqlite3.Connection) -> None:
    """Seal every booking together with the columns of whose it is."""
    _seal_anew(connection, _BOOKING, _OWNERS)


def _seal_with_refusals(connection: sqlite3.Connection) -> None:
    """Seal every booking together with what BPJS refused of it."""
    _seal_anew(connection, f"{_BOOKING}, {_OWNERS}", "refused")


def _seal_with_left_alive(connection: sqlite3.Connection) -> None:
    """Seal every booking together with whether BPJS holds it although Khanza has it no more."""
    _seal_anew(connection, f"{_BOOKING}, {_OWNERS}, refused", "left_alive")


def _seal_with_faults(connection: sqlite3.Connection) -> None:
    """Seal every booking together with its pushes that BPJS does not answer."""
    _seal_anew(connection, f"{_BOOKING}, {_OWNERS}, refused, left_alive", "faults")


def _seal_with_sent_at(connection: sqlite3.Connection) -> None:
    """Fill in when BPJS took what it took from us, and seal every booking together with that."""
    connection.execute("UPDATE push SET sent_at = since WHERE state = 'sent'")
    known = f"{_BOOKING}, {_OWNERS}, refused, left_alive, faults"
    _seal_anew(connection, known, pushes_added="sent_at")


def _seal_anew(
    connection: sqlite3.Connection, known: str, added: str = "", *, pushes_added: str = ""
) -> None:
    """Seal every booking, sealed with the columns `known`, with those that were added behind them.

    `pushes_added` came to its pushes, behind what a seal covers of them since schema 4. A broken
    seal stays broken, so that whoever reads it hears of the damage.
    """
    of_pushes = f"{_PUSH}, note_code"
    width, push_width = known.count(",") + 1, of_pushes.count(",") + 1
    columns = ", ".join(filter(None, (known, added)))
    of_pushes = ", ".join(filter(None, (of_pushes, pushes_added)))
    rows = connection.execute(f"SELECT {columns}, seal FROM booking").fetchall()  # noqa: S608
    for *booking, sealed in rows:
        pushes = _pushes(connection, of_pushes, booking)
        before = [push[:push_width] for push in pushes]
        if sealed is not None and sealed == seal(tuple(booking[:width]), before):
            connection.execute(
                "UPDATE booking SET seal = :seal WHERE kodebooking = :kodebooking",
                {"seal": seal(tuple(booking), pushes), "kodebooking": booking[0]},
            )


def _pushes(
    connection: sqlite3.Connection, columns: str, booking: Sequence[Any]
) -> list[tuple[Any, ...]]:
    return connection.execute(
        f"SELECT {columns} FROM push WHERE kodebooking = :kodebooking ORDER BY step",  # noqa: S608
        {"kodebooking": booking[0]},
    ).fetchall()


def _name_reason(
    connection: sqlite3.Connection, kodebooking: Mapping[str, str], told: _Told
) -> None:
    # Hardly any ledger is so old: a pass must not pay for them.
    from antrean_cli.ledger.old_sentences import from_sentence, note_from_sentence

    reason = from_sentence(told.reason_code, told.reason or "") if told.reason_code else None
    note = note_from_sentence(told.note)
    if reason or note:
        connection.execute(
            """
            UPDATE push SET reason_code = :reason_code, reason = :reason, note_code = :note_code,
                note = :note
            WHERE kodebooking = :kodebooking AND step = :step
            """,
            {
                **kodebooking,
                "step": told.step,
                "reason_code": str(reason.code) if reason else None,
                "reason": params_of(reason) if reason else None,
                "note_code": str(note.code) if note else None,
                "note": params_of(note) if note else "",
            },
        )


def _give_key(connection: sqlite3.Connection) -> None:
    """Give the ledger the random key of its marks (rules/marks.py), and seal it.

    A broken seal stays broken, so that whoever reads what passes remember hears of the damage.
    """
    meta = dict(connection.execute("SELECT name, value FROM meta ORDER BY name").fetchall())
    sealed = meta.pop("seal", None)
    key = json.dumps(os.urandom(KEY_BYTES).hex())
    connection.execute("INSERT INTO meta (name, value) VALUES ('key', :key)", {"key": key})
    if sealed is None or sealed == str(seal(*meta.items())):
        now = str(seal(*sorted({**meta, "key": key}.items())))
        connection.execute(
            "INSERT OR REPLACE INTO meta (name, value) VALUES ('seal', :seal)", {"seal": now}
        )


KEY_BYTES = 32
STEPS: tuple[tuple[Statement, ...], ...] = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """
        CREATE TABLE booking (
            kodebooking TEXT PRIMARY KEY,
            kind TEXT NOT NULL,
            tanggal TEXT NOT NULL,
            no_rawat TEXT NOT NULL,
            kd_poli TEXT NOT NULL,
            kd_dokter TEXT NOT NULL,
            kd_pj TEXT NOT NULL,
            stts TEXT,
            stts_since INTEGER,
            stts_first INTEGER,
            stts_exact INTEGER,
            settled TEXT NOT NULL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX booking_tanggal ON booking (tanggal)",
        "CREATE INDEX booking_no_rawat ON booking (no_rawat)",
        """
        CREATE TABLE push (
            kodebooking TEXT NOT NULL REFERENCES booking,
            step TEXT NOT NULL,
            state TEXT NOT NULL,
            recorded INTEGER,
            waktu INTEGER,
            source TEXT NOT NULL,
            reason_code TEXT,
            reason TEXT,
            code TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            ask INTEGER NOT NULL,
            needs TEXT NOT NULL,
            next_try INTEGER,
            note TEXT NOT NULL,
            changed_at INTEGER NOT NULL,
            PRIMARY KEY (kodebooking, step)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX push_open ON push (kodebooking) WHERE state "
        "IN ('held', 'due', 'sending') OR ask",
    ),
    ("ALTER TABLE booking ADD COLUMN seal INTEGER",),
    ("ALTER TABLE push RENAME COLUMN changed_at TO since",),
    ("ALTER TABLE push ADD COLUMN note_code TEXT", _name_reasons),
    (_give_key,),
    (
        *(
            f"ALTER TABLE booking ADD COLUMN {name} TEXT NOT NULL DEFAULT ''"
            for name in ("mark_norm", "mark_nik", "mark_nomorkartu", "registered")
        ),
        "ALTER TABLE booking ADD COLUMN handed_on INTEGER NOT NULL DEFAULT 0",
        # Of what BPJS was told before, nobody asks any more whose it is.
        "ALTER TABLE booking ADD COLUMN compared INTEGER NOT NULL DEFAULT 1",
        _seal_with_owners,
    ),
    ("ALTER TABLE booking ADD COLUMN refused TEXT NOT NULL DEFAULT ''", _seal_with_refusals),
    ("ALTER TABLE booking ADD COLUMN left_alive TEXT NOT NULL DEFAULT ''", _seal_with_left_alive),
    ("ALTER TABLE booking ADD COLUMN faults TEXT NOT NULL DEFAULT ''", _seal_with_faults),
    ("CREATE TABLE daily (tanggal TEXT PRIMARY KEY, sums BLOB NOT NULL) WITHOUT ROWID",),
    ("ALTER TABLE push ADD COLUMN sent_at INTEGER", _seal_with_sent_at),
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring an open ledger to the newest schema, each step in one transaction.

    Raises sqlite3.Error.
    """
    while version(connection) < len(STEPS):
        connection.execute("BEGIN IMMEDIATE")
        # Another first start may have run this step while we waited: only now is the number ours to
        # read.
        done = version(connection)
        for statement in STEPS[done] if done < len(STEPS) else ():
            if isinstance(statement, str):
                connection.execute(statement)
            else:
                statement(connection)
        connection.execute(f"PRAGMA user_version = {min(done + 1, len(STEPS))}")
        connection.execute("COMMIT")


def version(connection: sqlite3.Connection) -> int:
    """Return the number of steps that this file has seen."""
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number
