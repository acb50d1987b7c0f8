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

from antrean_cli.rules.faults import Cause, Fault

# What an exchange can raise; http.client raises a plain ValueError for some junk, such as a
# negative length of a chunk.
RAISED = (RequestException, HTTPError, OSError, ValueError)
# The first row that fits any exception of the chain decides. A name that is not found is also a
# connection that could not be made, which is also one that took too long: the order matters.
_CAUSES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Cause], ...] = (
    (ssl.SSLCertVerificationError, Cause.TLS),
    (socket.gaierror, Cause.DNS),
    ((NewConnectionError, ConnectTimeoutError), Cause.UNREACHABLE),
    ((TimeoutError, ReadTimeoutError), Cause.TIMEOUT),
)


def fault_of(error: Exception) -> Fault:
    """Return the fault that an exception of `RAISED` stands for.

    Nothing of the exception's text is kept: requests puts the address into it.
    """
    chain = list(_chain(error))
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
