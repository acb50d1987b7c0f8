"""LZ-String's form for addresses, unpacked: it is what BPJS packs its lists with.

- A letter holds six bits, the highest first; a number's lowest bit comes first.
- A number names an entry of a dictionary that grows by one with each; 0 and 1 announce a new entry,
  a character of 8 or 16 bits, and 2 ends the text.
- Some hundred kilobytes can name entries that are gigabytes long together: so a text has a limit.
"""

NEW, END, FIRST = (0, 1), 2, 3  # FIRST is the number of the first entry
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-"
_BITS = {letter: f"{number:06b}" for number, letter in enumerate(_LETTERS)}
_BITS |= {
    "$": _BITS["A"],
    " ": _BITS["+"],
}  # the packer's own filling, and what an address makes of a plus


def unpack(packed: str, most: int) -> str:
    """Return the text, a character for each unit of UTF-16; raises ValueError for junk, and for
    more than `most`.
    """
    bits = _Bits(packed)
    entries: list[str] = []
    text: list[str] = []
    length, before = 0, ""
    while (number := bits.number((FIRST + len(entries)).bit_length())) != END:
        if number in NEW:
            entries.append(chr(bits.number(8 << number)))
            number = FIRST + len(entries) - 1
        entry = _entry(entries, number - FIRST, before)
        if before:
            entries.append(before + entry[0])
        text.append(entry)
        length, before = length + len(entry), entry
        if length > most:
            raise ValueError("too long")
    return "".join(text)


def _entry(entries: list[str], place: int, before: str) -> str:
    """Return an entry; the one that this very number makes is the one before with its own beginning
    behind it.
    """
    if place < len(entries):
        return entries[place]
    if place > len(entries) or not before:
        raise ValueError("no such entry")
    return before + before[0]


class _Bits:
    """The bits of a packed text, read number by number."""

    def __init__(self, packed: str) -> None:
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
