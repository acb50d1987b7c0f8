"""LZ-String's form for addresses, unpacked: it is what BPJS packs its lists with.

It is written out here because the package lzstring has no limit: some hundred kilobytes can name
entries that are gigabytes long together, and whoever unpacks them is out of memory. And junk makes
it raise an IndexError or a KeyError, or return None or an empty text.

How the form is built:

- A letter holds six bits, the highest first; a number's lowest bit comes first.
- The text is a row of numbers, each of just as many bits as the largest that may come needs.
- From 3 on a number names an entry of a dictionary, which begins empty. 0 and 1 announce a new
  entry instead: a character of 8 or of 16 bits. 2 ends the text.
- With each entry that is told, but for the first, the dictionary grows by one more: the entry told
  before, and the first character of this one behind it. So a number can name the very entry that it
  makes.
"""

CHARACTERS = {0: 8, 1: 16}  # a new entry is announced: so many bits of a character
END = 2
FIRST = 3  # the number of the first entry
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"
_BITS = {letter: f"{number:06b}" for number, letter in enumerate(_LETTERS)}
_BITS["$"] = _BITS["A"]  # the packer's own filling at the end
_BITS[" "] = _BITS["+"]  # what an address makes of a plus


def unpack(packed: str, most: int) -> str:
    """Return the text, a character for each unit of UTF-16.

    Raises ValueError for what is no such form, for a text without an end, and for one of more than
    `most` characters.
    """
    bits = _Bits(packed)
    entries: list[str] = []
    told: list[str] = []
    length, before = 0, ""
    while (number := bits.number((FIRST + len(entries)).bit_length())) != END:
        if number in CHARACTERS:
            entries.append(chr(bits.number(CHARACTERS[number])))
            number = FIRST + len(entries) - 1
        entry = _entry(entries, number - FIRST, before)
        if before:
            entries.append(before + entry[0])
        told.append(entry)
        length, before = length + len(entry), entry
        if length > most:
            raise ValueError("too long")
    return "".join(told)


def _entry(entries: list[str], place: int, before: str) -> str:
    """Return an entry, or the one that this very number makes; raises ValueError for no entry."""
    if place < len(entries):
        return entries[place]
    if place > len(entries) or not before:
        raise ValueError("no such entry")
    return before + before[0]


class _Bits:
    """The bits of a packed text, read number by number."""

    def __init__(self, packed: str) -> None:
        """Raise ValueError for a letter that the form does not have."""
        try:
            self._bits = "".join(_BITS[letter] for letter in packed)
        except KeyError as error:
            raise ValueError("no such letter") from error
        self._at = 0

    def number(self, size: int) -> int:
        """Return the next number of so many bits; raises ValueError where the text is cut off."""
        bits = self._bits[self._at : self._at + size]
        if len(bits) < size:
            raise ValueError("no end")
        self._at += size
        return int(bits[::-1], 2)
