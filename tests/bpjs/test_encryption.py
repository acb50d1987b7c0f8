"""What BPJS encrypts: read, or told as unreadable."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from antrean_cli.bpjs.encryption import decrypt
from tests.bpjs.using import ACCESS, TASKS
from tests.support.encrypted import encrypted, sealed


@pytest.mark.parametrize(
    "plain", ['[{"a":1}]', '"é☺🏥 \\ud800"', "[]", json.dumps(TASKS), json.dumps(["abcab" * 100])]
)
def test_an_encrypted_response_is_read(plain: str) -> None:
    found = decrypt(encrypted(plain, "1795395900"), ACCESS, "1795395900")
    assert found == json.loads(plain)


JUNK: dict[str, Callable[[], str]] = {
    "no base64": lambda: "ini bukan base64!",
    "empty": lambda: "",
    "not a block": lambda: base64.b64encode(b"abc").decode(),
    "another key": lambda: encrypted("[]", "1795395901"),
    "another secret": lambda: encrypted("[]", "1795395900", secret="lain"),
    "no packing": lambda: sealed(b'[{"a": 1}]', "1795395900"),
    "packed nothing": lambda: sealed(b"", "1795395900"),
    "packed junk": lambda: sealed(b"$$$$$$$$$$$$", "1795395900"),
    "not ascii": lambda: sealed("é☺".encode(), "1795395900"),
    "no json": lambda: encrypted("bukan JSON", "1795395900"),
    "cut json": lambda: encrypted('[{"a": ', "1795395900"),
    "no end to it": lambda: encrypted("[" * 5000, "1795395900"),
}


@pytest.mark.parametrize("kind", JUNK)
def test_a_response_that_cannot_be_read_is_told_as_such(kind: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the class is private, that it is a ValueError is agreed
        decrypt(JUNK[kind](), ACCESS, "1795395900")
