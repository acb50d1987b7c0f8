"""BPJS's names that are like one of Khanza's: a help to fill a mapping table with."""

import difflib
import re
from collections.abc import Mapping

ALIKE, MOST_ALIKE = 0.6, 3
_NO_NAME = re.compile(r"\b(poli|poliklinik|klinik|unit|dr|drg|prof|h|hj|sp|m)\b\.?|,.*")


def similar_names(name: str, codes: Mapping[str, str]) -> list[str]:
    """Return BPJS's names that are like one of Khanza's, as "code name"; titles do not count.

    `codes` are BPJS's by name.
    """
    plain: dict[str, list[str]] = {}
    for theirs in codes:
        plain.setdefault(_plain(theirs), []).append(theirs)
    alike = difflib.get_close_matches(_plain(name), plain, n=MOST_ALIKE, cutoff=ALIKE)
    return [f"{codes[theirs]} {theirs}" for key in alike for theirs in plain[key]][:MOST_ALIKE]


def _plain(name: str) -> str:
    return " ".join(_NO_NAME.sub(" ", name.lower()).split())
