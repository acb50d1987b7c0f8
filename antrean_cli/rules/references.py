"""What kind of a visit BPJS is told, and by which number: jeniskunjungan and nomorreferensi.

- khanza/README.md, The 23 fields, has the table that the kind is read from.
- A SEP can hold two true numbers, that of the rujukan and that of the surat kontrol. Which of them
  BPJS wants it does not say: one that it refuses is followed by the other (rules/README.md, Add).
- After a stay in the ward Khanza writes the number of that stay's SEP where that of a rujukan
  belongs; then the surat kontrol comes first.
"""

import re
from typing import NamedTuple

from antrean_cli.rules.codes import Kind, State, Step
from antrean_cli.rules.push import Record
from antrean_cli.rules.rows import Sep
from antrean_cli.rules.values import filled
from antrean_cli.rules.visits import Visit

CONTROL, INTERNAL = 3, 2
_NO_SEP = re.compile(r"[0-9A-Z]{8}[0-9]{4}V[0-9]{6}", re.IGNORECASE)


class References(NamedTuple):
    """jeniskunjungan (1 to 4, None if not known), and the numbers to tell, the better one first."""

    jeniskunjungan: int | None
    numbers: tuple[str, ...]


def lacks_reference(visit: Visit, record: Record | None) -> bool:
    """Return whether a planned control visit (surat kontrol) could fill what the add lacks."""
    if visit.kind != Kind.ONSITE or visit.cancelled_at_desk or references_of(visit).numbers:
        return False
    add = record.push(Step.ADD) if record else None
    return add is None or add.open or add.state == State.REFUSED


def references_of(visit: Visit) -> References:
    """Return kind and numbers of a JKN visit; no number if none is known yet.

    Those of its booking, else of its SEP; where that names none, and before there is one, of the
    surat kontrol planned for it.
    """
    unknown = References(None if visit.booking else CONTROL, ())
    found = _of_sep(visit.sep) if visit.sep else unknown
    if not found.numbers and (letter := visit.surat_kontrol) and filled(letter.no_surat):
        found = References(CONTROL, (filled(letter.no_surat),))
    if visit.booking is None:
        return found
    own = re.match(r"[1-4]", filled(visit.booking.jeniskunjungan))
    jeniskunjungan = int(own[0]) if own else found.jeniskunjungan
    nomorreferensi = filled(visit.booking.nomorreferensi)
    return References(jeniskunjungan, (nomorreferensi,) if nomorreferensi else found.numbers)


def _of_sep(sep: Sep) -> References:
    jeniskunjungan = _jeniskunjungan(sep)
    noskdp, no_rujukan = filled(sep.noskdp), filled(sep.no_rujukan)
    first_skdp = jeniskunjungan == CONTROL or _NO_SEP.fullmatch(no_rujukan)
    both = (noskdp, no_rujukan) if first_skdp else (no_rujukan, noskdp)
    return References(jeniskunjungan, tuple(dict.fromkeys(filter(None, both))))


def _jeniskunjungan(sep: Sep) -> int:
    """Return 1 (rujukan FKTP), 2 (rujukan internal), 3 (kontrol) or 4 (rujukan antar RS)."""
    if sep.tujuankunjungan == "0" and not sep.internal and _is_plain(sep):
        if (sep.asal_rujukan or "").startswith("1"):
            return 1
        return CONTROL if filled(sep.noskdp) else 4
    if sep.tujuankunjungan == "2" and sep.asesmenpelayanan == "5":
        return CONTROL
    return INTERNAL


def _is_plain(sep: Sep) -> bool:
    """Return whether a SEP is for no procedure, support or consultation: its flags are empty.

    0 is a flag, unlike in a number.
    """
    flags = (sep.flagprosedur, sep.penunjang, sep.asesmenpelayanan)
    return not any(flag == "0" or filled(flag) for flag in flags)
