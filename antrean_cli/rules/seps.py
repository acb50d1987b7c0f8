"""Which of its SEPs counts for a visit.

- The one of its clinic, and of those the newest. What Khanza does not say the clinic of comes next.
- A second clinic of a day bears the number of the first one's SEP, in a table of its own
  (khanza/README.md, The 23 fields): a SEP of the visit's very own goes before that.
- An admission's SEP stands under the same no_rawat, and is not read at all.
"""

from collections.abc import Sequence

from antrean_cli.rules.rows import Sep
from antrean_cli.rules.values import comparable, filled


def sep_that_counts(seps: Sequence[Sep], kd_poli_bpjs: str | None) -> Sep | None:
    """Return the SEP that counts for a visit at a clinic of BPJS's, None if there is none."""
    if len(seps) < 2:
        return next(iter(seps), None)
    own = comparable(filled(kd_poli_bpjs))

    def rank(sep: Sep) -> tuple[bool, bool, bool, tuple[str, ...]]:
        clinic = comparable(filled(sep.kodepoli))
        fits = bool(own) and clinic in (own, "")
        return fits, fits and bool(clinic), not sep.internal, _age(sep.no_sep)

    return max(seps, key=rank)


def _age(no_sep: str) -> tuple[str, ...]:
    """Return what grows from a SEP to the next one: its number bears month, year, and a count."""
    return no_sep[10:12], no_sep[8:10], no_sep[12:]
