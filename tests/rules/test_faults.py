"""Faults: what each says of the request, and the trouble that it is."""

from __future__ import annotations

import pytest

from antrean_cli.rules.causes import Cause, trouble
from antrean_cli.rules.faults import Fault

# Cause: whether BPJS may have acted, and whether BPJS itself answered.
TABLE = {
    Cause.DNS: (False, False),
    Cause.UNREACHABLE: (False, False),
    Cause.TLS: (False, False),
    Cause.TLS_EXPIRED: (False, False),
    Cause.TLS_NOT_YET_VALID: (False, False),
    Cause.TLS_OTHER_NAME: (False, False),
    Cause.TLS_UNKNOWN_ISSUER: (False, False),
    Cause.TLS_SELF_SIGNED: (False, False),
    Cause.TLS_NOT_SPOKEN: (False, False),
    Cause.TIMEOUT: (True, False),
    Cause.CUT: (True, False),
    Cause.REDIRECTED: (False, False),
    Cause.NO_ROUTE: (True, False),
    Cause.PROXY_LOGIN: (False, False),
    Cause.NOT_TAKEN: (True, False),
    Cause.WEB_PAGE: (True, False),
    Cause.OVERLOADED: (False, False),
    Cause.NO_ENVELOPE: (True, False),
    Cause.UNREADABLE: (True, True),
}


@pytest.mark.parametrize("cause", TABLE)
def test_each_cause_tells_how_far_the_request_came(cause: Cause) -> None:
    fault = Fault(cause=cause, status=429)
    assert (fault.maybe_acted, fault.answered) == TABLE[cause]
    assert fault.why == trouble(cause, status=429)


def test_an_overloaded_gateway_may_have_passed_on_what_one_that_only_counts_has_not() -> None:
    overloaded = [Fault(cause=Cause.OVERLOADED, status=status) for status in (429, 503)]
    assert [fault.maybe_acted for fault in overloaded] == [False, True]


@pytest.mark.parametrize("cause", [Cause.WEB_PAGE, Cause.NO_ENVELOPE])
def test_what_a_guard_turned_away_has_not_come_through(cause: Cause) -> None:
    turned_away = [Fault(cause=cause, status=status) for status in (401, 403, 200, 502)]
    assert [fault.maybe_acted for fault in turned_away] == [False, False, True, True]


def test_a_fault_without_an_answer_has_no_status() -> None:
    assert Fault(cause=Cause.DNS).why == trouble(Cause.DNS)


def test_the_table_above_names_every_cause_of_the_way_to_bpjs() -> None:
    assert list(TABLE) == list(Cause)[: len(TABLE)]
