"""Who we are: the signature, and the headers of every request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import replace

from antrean_cli.bpjs.client import Client
from antrean_cli.bpjs.signature import signature
from antrean_cli.rules.answers import Reply
from tests.bpjs.using import ACCESS, BODY, client
from tests.support.canned import canned, metadata
from tests.support.site import CONS_ID, SECRET_KEY, USER_KEY


def test_the_known_answer_of_bpjs() -> None:
    assert signature("aaa", "bbb") == "20BKS3PWnD3XU4JbSSZvVlGi2WWnDa8Sv9uHJ+wsELA="


def test_each_request_carries_the_four_headers_and_the_secret_in_none() -> None:
    """The signature is base64(HMAC-SHA256(secret, consid&timestamp)), in unix seconds, UTC."""
    with canned(metadata(200)) as server:
        before = int(time.time())
        client(server.url).call("add", BODY)
        after = int(time.time())
    ((headers, given),) = server.heard
    stamp = headers["x-timestamp"]
    assert before <= int(stamp) <= after
    proof = hmac.new(SECRET_KEY.encode(), f"{CONS_ID}&{stamp}".encode(), hashlib.sha256).digest()
    assert headers["x-signature"] == base64.b64encode(proof).decode()
    assert (headers["x-cons-id"], headers["user_key"]) == (CONS_ID, USER_KEY)
    assert headers["content-type"] == "application/json"
    assert [name for name, value in headers.items() if SECRET_KEY in value] == []
    assert json.loads(given) == BODY


def test_every_attempt_is_signed_afresh() -> None:
    with canned(metadata(200)) as server:
        one = client(server.url)
        one.call("add", BODY)
        time.sleep(1.1)
        one.call("add", BODY)
    stamps = {headers["x-timestamp"] for headers, _ in server.heard}
    signatures = {headers["x-signature"] for headers, _ in server.heard}
    assert (len(stamps), len(signatures)) == (2, 2)


def test_a_secret_may_hold_any_letters() -> None:
    with canned(metadata(200)) as server:
        found = Client(replace(ACCESS, base_url=server.url, secret_key="ké☺ #")).call("add", BODY)
    assert isinstance(found, Reply)
    ((headers, _),) = server.heard
    proof = hmac.new(
        "ké☺ #".encode(), f"{CONS_ID}&{headers['x-timestamp']}".encode(), hashlib.sha256
    ).digest()
    assert headers["x-signature"] == base64.b64encode(proof).decode()


def test_who_we_are_is_signed_for_lists_as_well() -> None:
    """The four headers, the signature over the request's own timestamp, and the secret nowhere."""
    with canned(metadata(204)) as door:
        before = int(time.time())
        client(door.url).ask("per_tanggal", "2026-11-23")
        after = int(time.time())
    ((headers, _),) = door.heard
    stamp = headers["x-timestamp"]
    assert before <= int(stamp) <= after
    proof = hmac.new(SECRET_KEY.encode(), f"{CONS_ID}&{stamp}".encode(), hashlib.sha256).digest()
    assert headers["x-signature"] == base64.b64encode(proof).decode()
    assert (headers["x-cons-id"], headers["user_key"]) == (CONS_ID, USER_KEY)
    assert SECRET_KEY not in str(headers) + str(door.asked)
