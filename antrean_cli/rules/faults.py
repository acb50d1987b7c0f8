"""What kept BPJS's answer from coming, or from being read, and what that says of the request.

- A fault is no answer: an exchange without an envelope says nothing about the request.
- A 401 or 403 without one is an answer first (answers.Reply, `bare`); what it says is held against
  the push as a fault. By a 429, or a 503 with a Retry-After, only the pace goes.
- A list that came and cannot be read is one as well: BPJS is there, and nothing was learned.
- Whether BPJS may have acted on the request follows from the cause alone.
- Decisions rest on the cause; its words stand in cause_words.py.
"""

from dataclasses import dataclass

from antrean_cli.rules.causes import OF_TLS, Cause, Trouble, trouble

_TOO_MANY = 429  # HTTP: a gateway counted the request, and no more
_TURNED_AWAY = (401, 403)  # HTTP: whoever guards the service let nothing through
# Nothing of the request came through to BPJS. (A gateway can give up after BPJS has acted, so that
# an answer without an envelope proves nothing.)
_NOT_ACTED = frozenset(
    {
        *(Cause.DNS, Cause.UNREACHABLE, Cause.REDIRECTED, Cause.PROXY_LOGIN),
        *OF_TLS,
    }
)


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
        """Whether BPJS may have acted on the request: not where it was turned away before."""
        if self.cause is Cause.OVERLOADED:
            return self.status != _TOO_MANY
        return self.status not in _TURNED_AWAY and self.cause not in _NOT_ACTED

    @property
    def answered(self) -> bool:
        """Whether BPJS itself answered: it is there, and this is no outage."""
        return self.cause is Cause.UNREADABLE

    @property
    def why(self) -> Trouble:
        """The trouble that it is."""
        return trouble(self.cause, status=self.status)
