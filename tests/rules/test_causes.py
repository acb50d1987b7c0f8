"""Causes by code: the codes stay, and what tells one trouble from another."""

from __future__ import annotations

from antrean_cli.rules.causes import Cause, Trouble, trouble

# Ledgers, scripts and alert rules know them.
CODES = [
    "dns",
    "unreachable",
    "tls",
    "tls_expired",
    "tls_not_yet_valid",
    "tls_other_name",
    "tls_unknown_issuer",
    "tls_self_signed",
    "tls_not_spoken",
    "timeout",
    "cut",
    "redirected",
    "no_route",
    "proxy_login",
    "not_taken",
    "web_page",
    "overloaded",
    "no_envelope",
    "unreadable",
    "user_key_not_received",
    "user_key_refused",
    "cons_id_refused",
    "signature_refused",
    "clock_off",
    "blocked",
    "identity_refused",
    "put_off",
    "khanza_login",
    "khanza_login_method",
    "khanza_clear",
    "khanza_tls",
    "khanza_no_tls",
    "khanza_ca",
    "khanza_account",
    "khanza_client",
    "khanza_grant",
    "khanza_database_grant",
    "khanza_database",
    "khanza_schema",
    "khanza_locked",
    "khanza_crashed",
    "khanza_full",
    "khanza_slow",
    "khanza_host",
    "khanza_dns",
    "khanza_socket",
    "khanza_unreachable",
    "khanza_cut",
    "khanza_garbled",
    "khanza_sample",
    "khanza_payer",
    "khanza_other",
    "no_clock",
    "unwritable",
]


def test_the_codes_are_those_that_others_know() -> None:
    """More may come; none changes."""
    assert [str(one) for one in Cause] == CODES


def test_a_trouble_is_told_from_others_by_its_cause_and_its_names() -> None:
    why = trouble(Cause.KHANZA_GRANT, "jadwal, pasien.no_ktp", galat=1142)
    assert (why.key, why.names) == (
        "khanza_grant jadwal, pasien.no_ktp",
        ("jadwal", "pasien.no_ktp"),
    )
    assert why.key == why._replace(numbers=(("galat", 1143),), said="…").key


def test_a_trouble_without_more_is_its_cause() -> None:
    assert trouble(Cause.DNS, status=None) == Trouble(Cause.DNS)
    assert (Trouble(Cause.DNS).key, Trouble(Cause.DNS).names, Trouble(Cause.DNS).said) == (
        "dns",
        (),
        "",
    )
