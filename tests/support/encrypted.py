"""What BPJS encrypts, made by the openssl command and an LZ-String encoder of our own.

So neither the client's libraries nor the simulator's have to be believed.
"""

from __future__ import annotations

import hashlib

from tests.support.certificates import openssl
from tests.support.site import CONS_ID, SECRET_KEY

URI_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-$"


def packed(text: str) -> str:
    """Pack a text in LZ-String's form for addresses, every letter written out.

    LZ-String counts UTF-16 units; a number's lowest bit goes first, and six bits make a letter, the
    highest first.
    """
    units = text.encode("utf-16-le", "surrogatepass")
    letters = [units[at] | units[at + 1] << 8 for at in range(0, len(units), 2)]
    bits: list[int] = []
    size, room = 2, 2  # bits of a token; so many more entries until it needs another bit

    def put(number: int, width: int) -> None:
        bits.extend(number >> at & 1 for at in range(width))

    def entry() -> None:
        nonlocal size, room
        room -= 1
        if room == 0:
            room, size = 2**size, size + 1

    for place, letter in enumerate(letters):
        wide = letter > 255
        put(int(wide), size)  # "a new letter of 8 bits follows", or of 16
        put(letter, 16 if wide else 8)
        if place == 0:
            size, room = 3, 4
            continue
        entry()  # the letter is one entry of the reader's dictionary, what it ends another
        entry()
    put(2, size)  # the end
    bits += [0] * (6 - len(bits) % 6)
    return "".join(
        URI_SAFE[int("".join(map(str, bits[at : at + 6])), 2)] for at in range(0, len(bits), 6)
    )


def encrypted(plain: str, stamp: str, secret: str = SECRET_KEY, cons_id: str = CONS_ID) -> str:
    """Encrypt a JSON text as BPJS does: packed, then AES-256-CBC by the openssl command.

    The key is sha256(consid + secret + timestamp), the IV its first half.
    """
    return sealed(packed(plain).encode(), stamp, secret, cons_id)


def sealed(content: bytes, stamp: str, secret: str = SECRET_KEY, cons_id: str = CONS_ID) -> str:
    key = hashlib.sha256(f"{cons_id}{secret}{stamp}".encode()).hexdigest()
    arguments = ("enc", "-aes-256-cbc", "-K", key, "-iv", key[:32], "-a", "-A")
    return openssl(*arguments, given=content).decode().strip()


def bomb(tokens: int) -> str:
    """Return a packed text of which each number names the entry that it makes itself.

    So every entry is one letter longer than the one before.
    """
    bits = [0, 0, *(ord("x") >> at & 1 for at in range(8))]
    for token in range(4, tokens):
        bits += [token >> at & 1 for at in range(token.bit_length())]
    bits += [0] * (-len(bits) % 6)
    return "".join(
        URI_SAFE[int("".join(map(str, bits[at : at + 6])), 2)] for at in range(0, len(bits), 6)
    )
