"""Why a pass cannot do its work: causes by code, with what they are about, and no sentence.

- A code is stored, shown as JSON and decided by; it never changes.
- What a cause is about is a name of the program's or of Khanza's schema, and what is counted are
  numbers: no address, no body, no key, and nothing of a patient.
- Another number does not make another cause: a clock that is 6 minutes off was 5 minutes off.
- Sentences, and what to type, stand in cause_words.py, by these codes.
"""

from typing import NamedTuple

from antrean_cli.rules.codes import Code


class Cause(Code):
    """Every cause, with the numbers that it is told with behind it."""

    # -- the way to BPJS: why an exchange brought no envelope, in the order of how far it came
    DNS = "dns"  # nobody knows the server's name
    UNREACHABLE = "unreachable"  # no connection: refused, or no way there
    TLS = "tls"  # the certificate is not trusted, so nothing was said to it
    TLS_EXPIRED = "tls_expired"
    TLS_NOT_YET_VALID = "tls_not_yet_valid"
    TLS_OTHER_NAME = "tls_other_name"
    TLS_UNKNOWN_ISSUER = "tls_unknown_issuer"
    TLS_SELF_SIGNED = "tls_self_signed"  # as a proxy that reads along shows it
    TLS_NOT_SPOKEN = "tls_not_spoken"  # the two find no TLS in common, or the server speaks none
    TIMEOUT = "timeout"  # the time of the call was up, wherever it was
    CUT = "cut"  # the connection broke, or what came over it was junk
    REDIRECTED = "redirected"  # HTTP 3xx, nothing is followed: status
    NO_ROUTE = "no_route"  # HTTP 404, 405, 410, 501 of a gateway that knows no such address: status
    PROXY_LOGIN = "proxy_login"  # HTTP 407
    NOT_TAKEN = "not_taken"  # HTTP 400, 411 of who does not take the request as it came: status
    WEB_PAGE = "web_page"  # HTTP 200 and a page for people: of a firewall, or of another server
    OVERLOADED = "overloaded"  # HTTP 429, or 503 with Retry-After, of a gateway: status
    NO_ENVELOPE = "no_envelope"  # any other body that is none: empty, cut, a gateway's page: status
    UNREADABLE = "unreadable"  # an envelope came, but its list cannot be decrypted or read
    # -- what BPJS says of who we are; `seconds` that our clock is ahead of BPJS's, if that is known
    KEY_NOT_RECEIVED = "user_key_not_received"  # and it was sent
    KEY_REFUSED = "user_key_refused"
    CONS_ID_REFUSED = "cons_id_refused"
    SIGNATURE_REFUSED = "signature_refused"
    CLOCK_OFF = "clock_off"
    BLOCKED = "blocked"  # HTTP 403 and a page for people
    IDENTITY_REFUSED = "identity_refused"  # in words that say no more
    # -- what BPJS says of everything
    PUT_OFF = "put_off"  # kode
    # -- Khanza; `galat` is the server's own number
    KHANZA_LOGIN = "khanza_login"
    KHANZA_LOGIN_METHOD = "khanza_login_method"  # it lets the account in by other means: galat
    KHANZA_CLEAR = "khanza_clear"  # it asks an unchecked line for the password itself
    KHANZA_TLS = "khanza_tls"  # its certificate is not trusted
    KHANZA_NO_TLS = "khanza_no_tls"  # it speaks none
    KHANZA_CA = "khanza_ca"  # about a file that holds no certificates
    KHANZA_ACCOUNT = "khanza_account"  # locked, or its password has run out: galat
    KHANZA_CLIENT = "khanza_client"  # it lets nobody in from this computer: galat
    KHANZA_GRANT = "khanza_grant"  # about tables and columns that the account may not read
    KHANZA_DATABASE_GRANT = "khanza_database_grant"
    KHANZA_DATABASE = "khanza_database"  # there is none of that name
    KHANZA_SCHEMA = "khanza_schema"  # about tables and columns that are not there
    KHANZA_LOCKED = "khanza_locked"  # somebody else holds the rows: galat
    KHANZA_CRASHED = "khanza_crashed"  # about a table that has to be repaired
    KHANZA_FULL = "khanza_full"  # no room for another connection: galat
    KHANZA_SLOW = "khanza_slow"
    KHANZA_HOST = "khanza_host"  # no name of a server at all
    KHANZA_DNS = "khanza_dns"
    KHANZA_SOCKET = "khanza_socket"  # no such file
    KHANZA_UNREACHABLE = "khanza_unreachable"
    KHANZA_CUT = "khanza_cut"
    KHANZA_GARBLED = "khanza_garbled"  # what comes is no answer of a database's
    KHANZA_SAMPLE = "khanza_sample"  # about a file that is no sample of Khanza
    KHANZA_PAYER = "khanza_payer"  # nobody says which payer is BPJS
    KHANZA_OTHER = "khanza_other"  # galat
    # -- this computer
    NO_CLOCK = "no_clock"  # its clock has lost its battery
    UNWRITABLE = "unwritable"  # about what the system calls the reason, such as ENOSPC


# What keeps a connection from being trusted, so that nothing was said to the server.
OF_TLS = (
    Cause.TLS,
    Cause.TLS_EXPIRED,
    Cause.TLS_NOT_YET_VALID,
    Cause.TLS_OTHER_NAME,
    Cause.TLS_UNKNOWN_ISSUER,
    Cause.TLS_SELF_SIGNED,
    Cause.TLS_NOT_SPOKEN,
)


class Trouble(NamedTuple):
    """One cause, what it is `about` (names, with commas between), and its numbers by name.

    `said` is what BPJS said of it in its own words, fit to be shown; it is not kept.
    """

    cause: Cause
    about: str = ""
    numbers: tuple[tuple[str, int], ...] = ()
    said: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it is about."""
        return tuple(filter(None, self.about.split(", ")))

    @property
    def key(self) -> str:
        """What tells it from other troubles: cause and names, and no number."""
        return f"{self.cause} {self.about}".strip()


def trouble(cause: Cause, about: str = "", *, said: str = "", **numbers: int | None) -> Trouble:
    """Return a trouble with its numbers, as far as they are known."""
    known = ((name, number) for name, number in sorted(numbers.items()) if number is not None)
    return Trouble(cause, about, tuple(known), said)
