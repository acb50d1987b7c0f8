"""The log and the metrics of a pass where they cannot be written: told as an outage is.

When it begins, once an hour, and at its end: not in every pass. (rules/README.md, Trouble)
"""

import errno
from datetime import datetime

from antrean_cli.errors import why
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules import outages
from antrean_cli.rules.causes import Cause, trouble
from antrean_cli.rules.outages import Announcement, Outage, OutageKind


def note_file(
    ledger: Ledger, kind: OutageKind, problem: OSError | None, now: datetime
) -> Announcement | None:
    """Keep whether a file could be written; return what people are to be told of it now, if any.

    Raises StateError.
    """
    known = ledger.pass_state().outages.get(kind)
    after: Outage | None = None
    told: Announcement | None = None
    if problem:
        reason = errno.errorcode.get(problem.errno or 0, "")
        unwritable = trouble(Cause.UNWRITABLE, reason, said=why(problem))
        after, told = outages.failed(known, kind, unwritable, now)
    elif known:
        told = outages.recovered(known, now)
    else:
        return None
    with ledger.transaction():
        ledger.update_pass_state(lambda state: state.with_outage(kind, after))
    return told
