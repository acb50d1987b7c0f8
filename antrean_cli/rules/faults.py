"""What kept BPJS's envelope from coming: its causes, and the sentence that tells each.

- A fault is no answer: whatever the HTTP status, an exchange without an envelope says nothing about
  the request.
- Whether BPJS may have acted on the request follows from the cause alone.
- Decisions rest on the cause, never on the sentence; and a sentence holds no address, no body and
  no word of an exception.
"""

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Cause(Enum):
    """Why an exchange brought no envelope, in the order of how far it came."""

    DNS = "dns"  # nobody knows the server's name
    UNREACHABLE = "unreachable"  # no connection: refused, or no way there
    TLS = "tls"  # the server's certificate is not trusted, so nothing was said to it
    TIMEOUT = "timeout"  # the time of the call was up, wherever it was
    CUT = "cut"  # the connection broke, or what came over it was junk
    REDIRECTED = "redirected"  # an HTTP 3xx: the address is wrong, and nothing is followed
    OVERLOADED = "overloaded"  # an HTTP 429, or a 503 with Retry-After: not let through
    NO_ENVELOPE = "no_envelope"  # a body that is none: empty, cut, HTML of a proxy or a firewall
    UNREADABLE = "unreadable"  # an envelope came, but its list cannot be decrypted or read


class _Meaning(NamedTuple):
    maybe_acted: bool
    sentence: str


_MEANINGS = {
    Cause.DNS: _Meaning(maybe_acted=False, sentence="nama server BPJS tidak ditemukan (DNS)"),
    Cause.UNREACHABLE: _Meaning(maybe_acted=False, sentence="server BPJS tidak dapat dihubungi"),
    Cause.TLS: _Meaning(maybe_acted=False, sentence="sertifikat TLS BPJS tidak dapat dipercaya"),
    Cause.TIMEOUT: _Meaning(maybe_acted=True, sentence="BPJS tidak menjawab tepat waktu"),
    Cause.CUT: _Meaning(maybe_acted=True, sentence="sambungan ke BPJS terputus"),
    Cause.REDIRECTED: _Meaning(
        maybe_acted=False, sentence="BPJS_BASE_URL dialihkan ke alamat lain"
    ),
    Cause.OVERLOADED: _Meaning(
        maybe_acted=False, sentence="BPJS sedang kelebihan beban (HTTP {status})"
    ),
    # A gateway can give up after BPJS has acted.
    Cause.NO_ENVELOPE: _Meaning(
        maybe_acted=True, sentence="BPJS tidak menjawab seperti mestinya (HTTP {status})"
    ),
    Cause.UNREADABLE: _Meaning(
        maybe_acted=True, sentence="BPJS menjawab dengan isi yang tidak dapat dibaca"
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """An exchange that brought no envelope, or one whose list cannot be read.

    `status` is the HTTP status if one came, `retry_after` the seconds that BPJS asked to be left
    alone for.
    """

    cause: Cause
    status: int | None = None
    retry_after: float | None = None

    @property
    def maybe_acted(self) -> bool:
        """Whether BPJS may have acted on the request."""
        return _MEANINGS[self.cause].maybe_acted

    @property
    def answered(self) -> bool:
        """Whether BPJS itself answered: it is there, and this is no outage."""
        return self.cause is Cause.UNREADABLE

    @property
    def text(self) -> str:
        """The sentence for people (Indonesian)."""
        return _MEANINGS[self.cause].sentence.format(status=self.status)
