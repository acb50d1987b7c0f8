"""Letters that nobody sees: control characters, escapes, marks that turn the direction of a text.

- Khanza's codes and names can hold any letter, and so can BPJS's words. What cannot be seen would
  forge lines of a log, and do what it likes to a terminal.
- So such letters are written out (`\\x1b`) where a text comes in: none of Khanza's (connection.py)
  or BPJS's (replies.py) has one. Where Khanza is asked by a number, they are put back.
- A code or number with one is none that Khanza makes: its visit is held (planner.py).

(khanza/README.md, Forms of values)
"""

import re

# All kinds of blanks but those that are no letters of a text.
_BLANKS = "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
CUT = "\N{HORIZONTAL ELLIPSIS}\0"  # ends what was cut, because no value of Khanza's is so wide
_WRITTEN_OUT = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")


def visible(text: str) -> str:
    """Return a text whose letters that nobody sees are written out."""
    return text if text.isprintable() else "".join(map(_visible, text))


def raw(text: str) -> str:
    """Return a text as it was before `visible`."""
    return _WRITTEN_OUT.sub(lambda found: chr(int(found[0][2:], 16)), text)


def is_odd(code: str | None) -> bool:
    """Return whether a code or number has a letter that nobody sees, written out."""
    return code is not None and "\\" in code and _WRITTEN_OUT.search(code) is not None


def _visible(letter: str) -> str:
    if letter.isprintable() or letter in _BLANKS:
        return letter
    number = ord(letter)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
