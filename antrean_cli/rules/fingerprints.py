"""Short marks by which a pass knows that a visit is as it was: nothing new can come of it.

- A visit's fingerprint follows from everything that the rules are handed of it: every field of
  Visit and of the rows in it. So whoever adds a field, a source or a table has nothing to add here.
- Left out is only what NOT_COVERED names, each for a reason of its own.
- It covers the patient's numbers, of which the body of an add is made, and is kept in the ledger:
  so it is made with the ledger's own key, as marks are (marks.py; rules/README.md, Safety).
- The rules go by settings and by the day as well: the policy's fingerprint stands in front.
- A mark of another version fits nothing: its visit is looked at once more, and marked anew.
"""

import marshal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from hashlib import blake2b
from operator import attrgetter, itemgetter
from typing import Any
from zlib import crc32

from antrean_cli.rules.codes import Kind
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.rows import (
    Berkas,
    Booking,
    Cancel,
    DoctorMapping,
    Exam,
    PoliMapping,
    Registration,
    Resep,
    Sep,
    Slot,
    Ticket,
)
from antrean_cli.rules.visits import Visit

# The last format of marshal's that writes equal values as equal bytes: later ones note which values
# are shared. Of all ways to write them down it is by far the quickest, and every pass does it for
# each visit of two days.
_FORMAT = 2
_DIGEST = 8  # bytes

# Of each table the fields that no fingerprint covers, each for a reason of its own.
NOT_COVERED: Mapping[type, frozenset[str]] = {
    # Asked for every five minutes only; it fills what an add lacks, and an open add is looked at in
    # every pass whatever its fingerprint.
    Visit: frozenset({"surat_kontrol", "surat_asked"}),
    Registration: frozenset({"nama"}),  # is never sent
    Booking: frozenset(),
    Cancel: frozenset({"keterangan"}),  # the patient's own words: no rule goes by them
    Sep: frozenset(),
    Berkas: frozenset(),
    Exam: frozenset(),
    Resep: frozenset(),
    Slot: frozenset(),
    PoliMapping: frozenset(),
    DoctorMapping: frozenset(),
    Ticket: frozenset(),
}


def policy_fingerprint(policy: Policy, today: date) -> str:
    """Return the mark of what holds for all visits of a day: the settings, and the day itself."""
    chosen = _all_plain(getattr(policy, one.name) for one in fields(policy))
    return f"{today}:{crc32(repr(chosen).encode()):08x}"


def visit_fingerprint(visit: Visit, policy_mark: str, key: bytes) -> str:
    """Return the mark of all that the rules go by for one visit, besides the minute.

    `policy_mark` is the policy's fingerprint, `key` the ledger's.
    """
    written = marshal.dumps(_all_plain(_COVERED[Visit](visit)), _FORMAT)
    # A third of what marks.mark takes; every pass does it for each visit of two days.
    return f"{policy_mark}:{blake2b(written, key=key, digest_size=_DIGEST).hexdigest()}"


def _all_plain(values: Iterable[Any]) -> list[Any]:
    """Return values that every process writes down alike, without what is left out."""
    return [plain(value) if (plain := _PLAIN.get(type(value))) else value for value in values]


def _covered(table: type) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads the fields of a table that a fingerprint covers, as a plain tuple."""
    if not NOT_COVERED[table]:
        return tuple
    names: Sequence[str] | None = getattr(table, "_fields", None)
    if names is None:  # a dataclass, not a named tuple
        own = (one.name for one in fields(table))
        return attrgetter(*(name for name in own if name not in NOT_COVERED[table]))
    return itemgetter(*(at for at, name in enumerate(names) if name not in NOT_COVERED[table]))


_COVERED = {table: _covered(table) for table in NOT_COVERED}
_PLAIN: Mapping[type, Callable[[Any], Any]] = {
    **_COVERED,
    tuple: _all_plain,
    frozenset: sorted,  # a set has another order in every process
    date: date.isoformat,
    Kind: str,
}
