"""Why BPJS does not accept who we are: from its words, and from how far our clock is off its own.

- BPJS says it in words alone, which are hearsay (bpjs/README.md, Between us and BPJS); that it does
  not accept us is decided before (answers.py), and these only tell people where to look.
- "Authentication parameters missing" and "Authentication failed" are what a gateway of the kind
  that says "No Mapping Rule matched" says of a user_key that did not come, and of a wrong one.
- A clock that is a minute off or more is named before a signature, which is made of the time.
"""

import re
from datetime import timedelta

from antrean_cli.rules.causes import Cause, Trouble, trouble

MUCH = timedelta(seconds=60)
_KEY = r"user.?key|api.?key|\bapp.?key"
_MISSING = r"missing|required|not (?:provided|present|sent)|\bno\b|empty"
_MISSING += r"|tidak (?:ada|dikirim|diisi|terkirim)|kosong|wajib|harus"
# Read from above, in a text in small letters whose runs of spaces are folded.
_SAID: tuple[tuple[str, Cause], ...] = (
    (r"<html|<!doctype", Cause.BLOCKED),
    (rf"(?:{_KEY}).*(?:{_MISSING})|(?:{_MISSING}).*(?:{_KEY})", Cause.KEY_NOT_RECEIVED),
    (r"authentication parameters missing", Cause.KEY_NOT_RECEIVED),
    (rf"{_KEY}|authentication failed", Cause.KEY_REFUSED),
    (r"timestamp|\bjam\b|\bclock\b", Cause.CLOCK_OFF),
    (r"cons(?:umer)?.?id", Cause.CONS_ID_REFUSED),
    (r"signature|tanda tangan", Cause.SIGNATURE_REFUSED),
)
_BY_THE_CLOCK = (Cause.CLOCK_OFF, Cause.SIGNATURE_REFUSED, Cause.IDENTITY_REFUSED)


def why_unaccepted(folded: str, said: str, ahead: timedelta | None) -> Trouble:
    """Return why BPJS refused a request for who sent it.

    `folded` is its message folded, `said` what of it is fit to be shown, `ahead` how far our clock
    is ahead of BPJS's, None if BPJS did not tell the time.
    """
    cause = next((one for text, one in _SAID if re.search(text, folded)), Cause.IDENTITY_REFUSED)
    if cause not in _BY_THE_CLOCK or ahead is None or abs(ahead) < MUCH:
        return trouble(cause, said=said)
    return trouble(Cause.CLOCK_OFF, said=said, seconds=round(ahead.total_seconds()))
