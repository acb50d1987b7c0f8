"""The command `antrean` by CLOCK, weighed at its end:

`python -m tests.attacks.weighing sync`.

The file that the environment variable WEIGHT names gets one line of JSON: the most memory that was
in use (kB), the descriptors that are still open, and the CPU time (ms). The kernel's own account,
wait4, would count the memory of the process that forked as well.
"""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path

import antrean_cli.__main__  # noqa: F401 - the real beginning
from antrean_cli.cli import main
from tests.support.command import clock_of


def weigh() -> None:
    """Write down what this process needed."""
    peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert peak
    weight = {
        "memory": int(peak[1]),
        "descriptors": len(os.listdir("/proc/self/fd")) - 1,  # noqa: PTH208 - one of them is this listing's own
        "cpu": round(time.process_time() * 1000),
    }
    Path(os.environ["WEIGHT"]).write_text(json.dumps(weight))


if __name__ == "__main__":
    try:
        main(clock_of(os.environ))
    finally:
        weigh()
