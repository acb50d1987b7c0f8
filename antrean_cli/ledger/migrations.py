"""The ledger's schema: an ordered list of steps that only ever grows.

- A new file runs the same steps as an old one; each step and its number are committed together.
- Times are epoch milliseconds, days are yyyy-mm-dd; no column may ever hold a patient's name, NIK,
  card or phone.
"""

import sqlite3

STEPS: tuple[tuple[str, ...], ...] = (
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
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring an open ledger to the newest schema, each step in one transaction; raises
    sqlite3.Error.
    """
    while version(connection) < len(STEPS):
        connection.execute("BEGIN IMMEDIATE")
        # Another first start may have run this step while we waited: only now is the number ours to
        # read.
        done = version(connection)
        for statement in STEPS[done] if done < len(STEPS) else ():
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {min(done + 1, len(STEPS))}")
        connection.execute("COMMIT")


def version(connection: sqlite3.Connection) -> int:
    """Return the number of steps that this file has seen."""
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number
