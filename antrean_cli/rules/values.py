"""What a text of Khanza's says: whether it is filled in, which code it is, which number.

- Khanza's database compares codes without case and without trailing blanks: `bpj ` is BPJ
  (khanza/README.md, Things that bite, 12). Whatever is compared or looked up by a code of Khanza's
  goes by `comparable`; what is sent or shown keeps its own spelling.
- Its forms write a dash, 0 or the word null where they have nothing: that is "not filled".
- Times and days are read in times.py.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

# A visit's number, as Khanza gives it: yyyy/mm/dd/nnnnnn.
NO_RAWAT = re.compile(r"(20[0-9]{2})/([0-9]{2})/([0-9]{2})/[0-9]{1,6}")
# Asked some ten times of each visit of a pass, and mostly of the same few codes.
_remembered = lru_cache(maxsize=4096)
_NOTHING = frozenset({"", "0", "null"})
_ZERO_DATE = "0000-00-00"


@_remembered
def filled(text: str | None) -> str:
    """Return Khanza's text without the blanks around it, empty where it means "not filled".

    That is NULL, an empty text, dashes, 0, the word null in any case, and a zero date.
    """
    stripped = (text or "").strip()
    plain = stripped.strip("- ").lower()
    return "" if plain in _NOTHING or stripped.startswith(_ZERO_DATE) else stripped


def first_filled(*texts: str | None) -> str:
    """Return the first of these texts that is filled, empty if none is."""
    return next(filter(None, map(filled, texts)), "")


@_remembered
def comparable(text: str | None) -> str:
    """Return a code in the form in which Khanza's database compares it."""
    return (text or "").rstrip(" ").lower()


def all_comparable(codes: Iterable[str | None]) -> frozenset[str]:
    """Return codes in the form in which they are compared, without those that are empty."""
    return frozenset(filter(None, map(comparable, codes)))


def whole(text: str | None) -> int | None:
    """Return Khanza's text as a number, or None if it is not a whole one."""
    stripped = (text or "").strip()
    return int(stripped) if re.fullmatch(r"-?[0-9]{1,18}", stripped) else None


def not_negative(text: str | None) -> int:
    """Return Khanza's text as a number that BPJS can take, 0 if it is none."""
    return max(whole(text) or 0, 0)


def last_number(text: str | None) -> int:
    """Return the last digits of a queue number ("A-12" → 12), 0 if it has none."""
    digits = re.findall(r"[0-9]{1,9}", text or "")
    return int(digits[-1]) if digits else 0
