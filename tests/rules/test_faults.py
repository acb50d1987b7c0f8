"""Causes of faults: what each says of the request, and the sentence that tells it."""

from __future__ import annotations

import pytest

from antrean_cli.rules.faults import Cause, Fault

# Cause: whether BPJS may have acted, whether BPJS itself answered, and the sentence.
TABLE = {
    "dns": (False, False, "nama server BPJS tidak ditemukan (DNS)"),
    "unreachable": (False, False, "server BPJS tidak dapat dihubungi"),
    "tls": (False, False, "sertifikat TLS BPJS tidak dapat dipercaya"),
    "timeout": (True, False, "BPJS tidak menjawab tepat waktu"),
    "cut": (True, False, "sambungan ke BPJS terputus"),
    "redirected": (False, False, "BPJS_BASE_URL dialihkan ke alamat lain"),
    "overloaded": (False, False, "BPJS sedang kelebihan beban (HTTP 429)"),
    "no_envelope": (True, False, "BPJS tidak menjawab seperti mestinya (HTTP 429)"),
    "unreadable": (True, True, "BPJS menjawab dengan isi yang tidak dapat dibaca"),
}


@pytest.mark.parametrize("cause", Cause)
def test_each_cause_tells_how_far_the_request_came(cause: Cause) -> None:
    fault = Fault(cause=cause, status=429)
    assert (fault.maybe_acted, fault.answered, fault.text) == TABLE[cause.value]


def test_the_table_above_names_every_cause() -> None:
    assert [cause.value for cause in Cause] == list(TABLE)
