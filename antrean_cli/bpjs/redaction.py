"""What may be shown of BPJS's words: one line, without anything that tells of the patient.

- Hidden, as "…": the values of the request that are the patient's, the words of the patient's name,
  our secrets (each as a word of its own, whatever its case), and every number that could be a NIK,
  a card or a telephone: BPJS knows more of the patient than we sent.
- A value of fewer than three characters stays: it tells of nobody ("-", "0", "12"), and hiding it
  would blank the numbers of tasks and of hours. Of a name a single letter stays.
- Kept: the kode booking of the request, dates and times.
"""

import re
from collections.abc import Iterable

MAX_SAID = 3_000  # characters of what is said that are looked at
MAX_MESSAGE = 300  # characters that are left of it
SHORTEST, SHORTEST_OF_NAME = 3, 2  # characters of what is hidden
_HIDDEN = "…"
# A date with or without its time, in either order.
_MOMENT = r"\b(?:\d{4}-\d\d-\d\d|\d\d-\d\d-\d{4})(?: \d\d:\d\d(?::\d\d)?)?\b"
# Eight digits and more, also with something between them: 3212 3456 7898, 0812-3456-7890,
# 0812%203456.
_NUMBER = r"\d(?:(?:%\w\w| {1,9}|[\W_])?\d){7,}"
_START, _END = r"(?:(?<!\w)|(?<=%\w\w))", r"(?!\w)"  # of a word, also after a %20
_PATTERN = re.compile(rf"(?P<kept>{_MOMENT})|{_NUMBER}")


class Redactor:
    """Makes what BPJS says to one request fit to be shown, stored and logged."""

    def __init__(
        self, private: Iterable[str] = (), *, name: str = "", kodebooking: str = ""
    ) -> None:
        """`private` are values to be hidden whole, `name` is the patient's, hidden word by word."""
        words = [value for value in private if len(value) >= SHORTEST]
        words += filter(_tells, re.findall(r"\w+", name))
        self._private = {word.casefold(): word for word in words}
        self._kodebooking = kodebooking

    def __call__(self, said: object) -> str:
        """Return what is left of something BPJS said, at most `MAX_MESSAGE` characters of it."""
        text = one_line(str(said or "")[:MAX_SAID])
        return self._pattern(text).sub(lambda found: found["kept"] or _HIDDEN, text)[:MAX_MESSAGE]

    def _pattern(self, text: str) -> re.Pattern[str]:
        """Return what to look for in this text."""
        # To compile an expression takes ten times as long as the rest of a call's work, and hardly
        # an answer repeats anything of its request.
        folded = text.casefold()
        private = [word for key, word in self._private.items() if key in folded]
        known = self._kodebooking if self._kodebooking.casefold() in folded else ""
        if not private and not known:
            return _PATTERN
        kept = "|".join(([rf"{_whole(known)}"] if known else []) + [_MOMENT])
        hidden = "|".join([*(f"{_START}{re.escape(word)}{_END}" for word in private), _NUMBER])
        return re.compile(rf"(?P<kept>{kept})|{hidden}", re.IGNORECASE)


def _tells(word: str) -> bool:
    """Return whether a word of a name tells of somebody; two digits are no name's."""
    return len(word) >= SHORTEST or (len(word) >= SHORTEST_OF_NAME and word.isalpha())


def _whole(kodebooking: str) -> str:
    """Return a pattern for a kode booking that is not a part of a longer word or number."""
    return rf"(?<!\w){re.escape(kodebooking)}(?!\w)"


def one_line(text: str) -> str:
    """Return a text without control characters, and without blanks at its ends."""
    return "".join(char if char.isprintable() else " " for char in text).strip()
