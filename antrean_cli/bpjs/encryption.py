"""BPJS's lists, decrypted: base64, AES-256-CBC, LZ-String, JSON (bpjs/README.md, Encryption)."""

import base64
import hashlib
import json

from antrean_cli.bpjs.decompression import unpack
from antrean_cli.config.settings import BpjsSettings

MAX_LIST = 4_000_000  # characters of an unpacked list; a booking takes some 450


class UnreadableError(ValueError):
    """A `response` that is not what was agreed on."""


def decrypt(text: str, settings: BpjsSettings, timestamp: str) -> object:
    """Return the JSON value of an encrypted `response`; `timestamp` is that of the request.

    Raises UnreadableError for anything else, and for what unpacks to more than MAX_LIST.
    """
    from Crypto.Cipher import AES
    from Crypto.Util.Padding import unpad

    key = hashlib.sha256(f"{settings.cons_id}{settings.secret_key}{timestamp}".encode()).digest()
    try:
        cipher = AES.new(key, AES.MODE_CBC, key[:16])
        padded = cipher.decrypt(base64.b64decode(text, validate=True))
        packed = unpad(padded, AES.block_size).decode("ascii")
        # LZ-String works on UTF-16: a character beyond it comes back as a pair of surrogates.
        plain = unpack(packed, MAX_LIST).encode("utf-16", "surrogatepass").decode("utf-16")
        return json.loads(plain)
    except (ValueError, RecursionError) as error:  # json raises the latter for brackets without end
        raise UnreadableError from error
