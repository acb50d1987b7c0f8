"""Under which of the ledger's bookings a visit goes on, and when it begins one of its own.

- A visit keeps the kode booking that it was first given, or added anew with after a cancel, as long
  as it is the same patient's (patients.Owner).
- A patient who is registered anew under the number of a booking that was cancelled has another
  visit: it begins one of its own.
- A visit that the desk moved to another day after BPJS was told of it begins one of its own there:
  BPJS's booking stays on the day of service that it was added for.
- A visit to which the desk gave another number has the booking that vanished with the old one: the
  same patient, registered at the same moment for the same clinic.
- A number that Khanza handed to another patient begins a booking of its own: under the number if
  BPJS was never told of the old booking, else under the number with "-2" ("-3" …).
- A Mobile JKN booking has BPJS's own code, unless that was another patient's before: Khanza hands
  out anew what a merge of record numbers left free. (rules/README.md, Whose visit)
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import NamedTuple

from antrean_cli.rules.codes import Kind
from antrean_cli.rules.patients import NOBODY, Owner, owner_of
from antrean_cli.rules.push import Record
from antrean_cli.rules.rows import Registration
from antrean_cli.rules.values import comparable
from antrean_cli.rules.visits import Visit


class Standing(NamedTuple):
    """Where a visit stands in the ledger.

    - `kodebooking` is the one that it goes on under; `known` is the ledger's booking of it, None
      for a new one.
    - `replaced` is what the ledger has under that code of another patient, and BPJS never heard of.
    - `owner` is whose visit it is.
    - `others` are the bookings that were made for its number and are another patient's.
    - `desks` are those that were made for it at the desk, and that it needs no more: a Mobile JKN
      booking has it now.
    - `moved` are those that BPJS has of it on another day.
    """

    kodebooking: str
    known: Record | None
    owner: Owner
    replaced: Record | None = None
    others: tuple[Record, ...] = ()
    desks: tuple[Record, ...] = ()
    moved: tuple[Record, ...] = ()


def standings(
    visits: Sequence[Visit],
    records: Mapping[str, Record],
    key: bytes,
    vanished: Collection[str] = (),
) -> Iterator[tuple[Visit, Standing]]:
    """Yield the visits with where each of them stands; `key` is the ledger's.

    `records` is what the ledger knows of them, by kode booking; `vanished` are those of them whose
    number Khanza has no more. Left out is a Mobile JKN booking without a visit whose code is
    another patient's in the ledger: nobody comes with it.
    """
    own_codes = {visit.kodebooking for visit in visits if visit.kind == Kind.MOBILEJKN}
    known = _KnownBookings(records, key, own_codes, vanished)
    for visit in visits:
        if standing := known.standing(visit):
            yield visit, standing


class _KnownBookings:
    """The bookings of the ledger, found by whose they are and for which visit they were made.

    `taken` are kode booking that BPJS has given itself (nobooking), `vanished` those whose number
    Khanza has no more.
    """

    def __init__(
        self,
        records: Mapping[str, Record],
        key: bytes,
        taken: Collection[str],
        vanished: Collection[str],
    ) -> None:
        self._records = records
        self._key = key
        self._taken = taken
        self._by_number: dict[str, list[Record]] = {}
        for record in records.values():
            if record.kind != Kind.MOBILEJKN and record.no_rawat:
                self._by_number.setdefault(comparable(record.no_rawat), []).append(record)
        # By patient, moment and clinic: the desk can give a visit another number.
        gone = (records[code] for code in vanished if code in records)
        self._vanished = {
            (one.owner.numbers.norm, one.owner.registered, comparable(one.kd_poli)): one
            for one in gone
            if one.kind != Kind.MOBILEJKN and one.owner.registered and not one.ended
        }

    def standing(self, visit: Visit) -> Standing | None:
        """Return where a visit stands; None if it is a booking alone, with another's code."""
        owner = owner_of(visit.registration, visit.booking, self._key)
        row = visit.registration
        made = self._by_number.get(comparable(row.no_rawat), ()) if row else ()
        same = [record for record in made if is_theirs(record, owner)]
        others = tuple(record for record in made if not is_theirs(record, owner))
        own = self._records.get(visit.kodebooking)
        if visit.kind == Kind.MOBILEJKN:
            if own is None or is_theirs(own, owner):
                return Standing(visit.kodebooking, own, owner, others=others, desks=tuple(same))
            if row is None:
                return None
            others += (own,)
            same += self._numbered_anew(visit.kodebooking, owner)
        if own and own.kind != Kind.MOBILEJKN and is_theirs(own, owner) and own not in same:
            same.append(own)  # what was sent by hand is made for no number yet
        moved = tuple(record for record in same if _is_of_another_day(record, visit))
        its_own = [
            record
            for record in same
            if record not in moved and not _is_of_another_registration(record, owner)
        ]
        if known := _goes_on(visit.kodebooking, its_own):
            return Standing(known.kodebooking, known, owner, others=others, moved=moved)
        if row and not same and (before := self._of_its_number_before(row, owner)):
            return Standing(before.kodebooking, before, owner, others=others)
        kodebooking = self._free(visit.kodebooking)
        replaced = self._records.get(kodebooking)
        left = tuple(record for record in others if record is not replaced)
        return Standing(kodebooking, None, owner, replaced, left, moved=moved)

    def _numbered_anew(self, nobooking: str, owner: Owner) -> Iterator[Record]:
        """Yield a patient's bookings of a number of Mobile JKN's that was another one's before."""
        for code in renumbered(nobooking):
            known = self._records.get(code)
            if known is None:
                return
            if is_theirs(known, owner):
                yield known

    def _of_its_number_before(self, row: Registration, owner: Owner) -> Record | None:
        """Return the booking of a visit that had another number.

        It is of the same patient, clinic and moment: two visits of a day can begin at one opening.
        """
        place = (owner.numbers.norm, owner.registered, comparable(row.kd_poli))
        known = self._vanished.pop(place, None)
        return known if known and is_theirs(known, owner) else None

    def _free(self, kodebooking: str) -> str:
        """Return a kode booking that BPJS does not have of somebody else."""
        codes = chain([kodebooking], renumbered(kodebooking))
        return next(code for code in codes if self._is_free(code))

    def _is_free(self, kodebooking: str) -> bool:
        if kodebooking in self._taken:
            return False
        known = self._records.get(kodebooking)
        return known is None or not known.may_be_at_bpjs


def is_theirs(record: Record, owner: Owner) -> bool:
    """Return whether a booking is of a visit's patient.

    One of which nobody knows whose it is belongs to the visit of its number. Of a Mobile JKN
    booking the record number settles it: its visit, and with it the moment of registration, can be
    another.
    """
    if record.owner == NOBODY:
        return not record.handed_on
    norm = record.owner.numbers.norm
    if record.kind == Kind.MOBILEJKN and norm and norm == owner.numbers.norm:
        return True
    return record.owner.is_same(owner)


def _goes_on(kodebooking: str, same: Iterable[Record]) -> Record | None:
    """Return under which of its patient's bookings a visit goes on.

    Its own, unless that was cancelled; else the one first given, or added anew with after a cancel.
    """
    own = next((record for record in same if record.kodebooking == kodebooking), None)
    if own and not own.ended:
        return own
    alive = (record for record in same if not record.ended)
    return next(alive, own or next(iter(same), None))


def _is_of_another_day(record: Record, visit: Visit) -> bool:
    """Return whether BPJS has a visit's booking on another day than the visit is on by now.

    Of what came by hand alone nobody knows the day.
    """
    if record.kind == Kind.MANUAL or record.ended or not record.known_at_bpjs:
        return False
    return record.tanggal != visit.tanggal


def _is_of_another_registration(record: Record, owner: Owner) -> bool:
    """Return whether a booking was cancelled, and is of another registration than the visit.

    That one was deleted, and its number given to the same patient once more.
    """
    before = record.owner.registered
    return record.ended and bool(before and owner.registered) and before != owner.registered


def renumbered(kodebooking: str) -> Iterator[str]:
    """Yield the kode booking that come after one which somebody else has: "-2", "-3" …"""
    for number in count(2):
        yield f"{kodebooking}-{number}"
