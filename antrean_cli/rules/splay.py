"""A hospital's own second of the minute, so that not all of them knock at BPJS at once.

Cron starts the passes of thousands of hospitals in the same second. Each waits a little first: how
long follows from its cons id, so that it is the same in every minute, and passes of one hospital
stay a minute apart. (rules/README.md, Pacing)
"""

from zlib import crc32

MOST_SPLAY = 55  # seconds
USUAL_SPLAY = 20  # of cron and systemd, where the settings say nothing


def delay_of(cons_id: str, splay: int) -> float:
    """Return the seconds that a hospital's passes wait, below `splay`."""
    return splay * (crc32(cons_id.encode()) % 65_536) / 65_536
