"""The command `antrean` with a clock that is handed in: `python -m tests.attacks.program sync …`.

The environment variable CLOCK gives the time at which the process begins, in ISO form with its
zone; from there the clock runs on. Without it the program is the real one to the last byte.
"""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta, timezone

import antrean_cli.__main__  # noqa: F401 - the real beginning
from antrean_cli.cli import main


def clock() -> None:
    """Run the command line by the clock of the environment."""
    began, start = time.monotonic(), os.environ.get("CLOCK")
    if start is None:
        main()
    first = datetime.fromisoformat(start)

    def now(zone: timezone) -> datetime:
        return (first + timedelta(seconds=time.monotonic() - began)).astimezone(zone)

    main(now)


if __name__ == "__main__":
    clock()
