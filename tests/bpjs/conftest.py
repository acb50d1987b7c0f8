"""A stand-in BPJS for each test that asks for one, and certificates for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from antrean_cli.simulator.server import Simulator
from tests.support.certificates import certificate
from tests.support.site import CONS_ID, SECRET_KEY, USER_KEY


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY) as bpjs:
        yield bpjs


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return two authorities, and what the first signed: good, for another host, expired, to come.

    `chain` is the good one with its authority behind it, as a proxy that reads along sends it.
    """
    folder = tmp_path_factory.mktemp("pems")
    authority = certificate(folder, "authority", "")
    here, ours, past = "IP:127.0.0.1,DNS:localhost", "20490101000000Z", "20210101000000Z"
    good = certificate(folder, "good", here, signed_by=authority, until=ours)
    chain = folder / "chain.pem"
    chain.write_text(good.read_text() + _certificate_in(authority))
    return {
        "authority": authority,
        "chain": chain,
        "other": certificate(folder, "other", ""),
        "good": good,
        "elsewhere": certificate(
            folder, "elsewhere", "DNS:bpjs.example", signed_by=authority, until=ours
        ),
        "expired": certificate(folder, "expired", here, signed_by=authority, until=past),
        "tomorrow": certificate(
            folder, "tomorrow", here, signed_by=authority, since="20480101000000Z", until=ours
        ),
    }


def _certificate_in(pem: Path) -> str:
    text = pem.read_text()
    return text[text.index("-----BEGIN CERTIFICATE") :]
