"""What the tests of the client share: access, a client, bodies, a booking."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from antrean_cli.bpjs.client import Client
from antrean_cli.config.settings import BpjsSettings
from antrean_cli.simulator.server import Simulator
from tests.support.canned import Answer
from tests.support.encrypted import encrypted
from tests.support.site import CONS_ID, MONDAY, SECRET_KEY, USER_KEY

ACCESS = BpjsSettings(
    base_url="",
    cons_id=CONS_ID,
    secret_key=SECRET_KEY,
    user_key=USER_KEY,
    update_path="/antrean/updatewaktu",
    timeout=20,
    ca_bundle=None,
)


BODY = {"kodebooking": "A1"}


PATIENT = {
    "kodebooking": "20261123000001",
    "nik": "3212345678987654",
    "nomorkartu": "0001234567890",
    "nohp": "0856-3522-8888",
    "norm": "123345",
}


TASKS: list[dict[str, Any]] = [
    {
        "wakturs": "16-03-2021 11:32:49 WIB",
        "waktu": "24-03-2021 12:55:23 WIB",
        "taskname": "mulai waktu tunggu admisi",
        "taskid": 1,
        "kodebooking": "Y03-20#1617068533",
    }
]


def client(
    url: str, *, connections: int = 1, timeout: float = 20, ca_bundle: Path | None = None
) -> Client:
    found = replace(
        ACCESS, base_url=url, timeout=timeout, ca_bundle=str(ca_bundle) if ca_bundle else None
    )
    return Client(found, connections=connections)


def booked(simulator: Simulator, kodebooking: str = "A1", taskid: int = 3) -> None:
    at = int(datetime(2026, 11, 23, 8, 5, tzinfo=timezone.utc).timestamp() * 1000)
    simulator.bookings.mobile_jkn(
        kodebooking, MONDAY.isoformat(), [{"taskid": taskid, "waktu": at}]
    )


def listtask(plain: object) -> Answer:
    """Answer getlisttask with this value, encrypted for the request that asks."""

    def answer(headers: Mapping[str, str]) -> bytes:
        response = encrypted(json.dumps(plain), headers["x-timestamp"])
        return json.dumps(
            {"metadata": {"code": 200, "message": "Ok"}, "response": response}
        ).encode()

    return answer


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds
