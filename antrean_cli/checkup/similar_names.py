"""BPJS's names that are like one of Khanza's: a help to fill a mapping table with.

Whole words are compared, so that Sari is no Lestari: one that is misspelled (Syaraf), cut short
with a full stop (Peny.), or goes on (Anestesiologi) counts as the same.
"""

import difflib
import re
from collections.abc import Mapping, Sequence

MOST_ALIKE = 3
_SLIP, _LONG, _STEM = 0.85, 5, 6  # a slip of the pen, and letters that a word needs to have one
_NO_NAME = re.compile(r"\b(poli|poliklinik|klinik|unit|dr|drg|prof|h|hj|sp|m)\b\.?|,.*")


def similar_names(name: str, codes: Mapping[str, str]) -> list[str]:
    """Return BPJS's names that are like one of Khanza's, as "code name"; titles do not count.

    `codes` are BPJS's by name. Alike are names if more than half of the words of the shorter one
    stand in the other; the most alike come first.
    """
    ours = _words(name)
    ranked = [(_alike(ours, _words(theirs)), theirs) for theirs in codes]
    ranked.sort(key=lambda one: -one[0])  # stable: else in BPJS's order
    return [f"{codes[theirs]} {theirs}" for alike, theirs in ranked if alike][:MOST_ALIKE]


def _words(name: str) -> list[str]:
    return re.findall(r"\w+\.?", _NO_NAME.sub(" ", name.lower()))


def _alike(ours: Sequence[str], theirs: Sequence[str]) -> float:
    """Return how much of two names is the same, 0 to 1; 0 for those that are not alike."""
    few, many = sorted((ours, theirs), key=len)
    shared = sum(any(_same(word, other) for other in many) for word in few)
    return 2 * shared / len([*few, *many]) if 2 * shared > len(few) else 0


def _same(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    if short == long:
        return True
    for word, whole in ((short, long), (long, short)):
        if word.endswith(".") and whole.startswith(word[:-1]):
            return True
    if len(short) >= _STEM and long.startswith(short):
        return True
    slip = difflib.SequenceMatcher(None, short, long).ratio() >= _SLIP
    return len(short) >= _LONG and slip
