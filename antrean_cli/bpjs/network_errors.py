"""From what requests and urllib3 raise to the cause of a fault.

Whoever imports this pays for requests: only who sends does.
"""

import socket
import ssl
from collections.abc import Iterator

from requests import RequestException
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
)

from antrean_cli.rules.causes import Cause
from antrean_cli.rules.faults import Fault

# What an exchange can raise; http.client raises a plain ValueError for some junk, such as a
# negative length of a chunk.
RAISED = (RequestException, HTTPError, OSError, ValueError)
# What OpenSSL has against a certificate, by its own codes (X509_V_ERR_…).
_CERTIFICATES = {
    9: Cause.TLS_NOT_YET_VALID,
    10: Cause.TLS_EXPIRED,
    18: Cause.TLS_SELF_SIGNED,  # the certificate itself
    19: Cause.TLS_SELF_SIGNED,  # an authority in the chain that nobody vouches for
    20: Cause.TLS_UNKNOWN_ISSUER,
    21: Cause.TLS_UNKNOWN_ISSUER,
    62: Cause.TLS_OTHER_NAME,
    64: Cause.TLS_OTHER_NAME,  # an address instead of a name
}
# OpenSSL's names for a server that speaks no TLS, or none that we speak too.
_NO_TLS = frozenset(
    {
        *("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST"),
        *("UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE", "UNKNOWN_PROTOCOL"),
        *("TLSV1_ALERT_PROTOCOL_VERSION", "SSLV3_ALERT_HANDSHAKE_FAILURE", "DH_KEY_TOO_SMALL"),
        *("TLSV1_UNRECOGNIZED_NAME", "UNSAFE_LEGACY_RENEGOTIATION_DISABLED"),
    }
)
# The first row that fits any exception of the chain decides. A name that is not found is also a
# connection that could not be made, which is also one that took too long: the order matters.
_CAUSES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Cause], ...] = (
    (socket.gaierror, Cause.DNS),
    ((NewConnectionError, ConnectTimeoutError), Cause.UNREACHABLE),
    ((TimeoutError, ReadTimeoutError), Cause.TIMEOUT),
)


def fault_of(error: Exception) -> Fault:
    """Return the fault that an exception of `RAISED` stands for.

    Nothing of the exception's text is kept: requests puts the address into it.
    """
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, ssl.SSLCertVerificationError):
            return Fault(cause=_CERTIFICATES.get(getattr(one, "verify_code", 0), Cause.TLS))
        if isinstance(one, ssl.SSLError) and getattr(one, "reason", "") in _NO_TLS:
            return Fault(cause=Cause.TLS_NOT_SPOKEN)
    for kinds, cause in _CAUSES:
        if any(isinstance(one, kinds) for one in chain):
            return Fault(cause=cause)
    return Fault(cause=Cause.CUT)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that it wraps, each once.

    requests and urllib3 hide the cause in `reason` or among the arguments, Python in `__cause__`
    and `__context__`.
    """
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
