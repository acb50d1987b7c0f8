"""Commands in a process that took something from itself first, and a disk that is nearly full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.command import SECONDS
from tests.support.site import Site

# File modes bind root too once it has dropped CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (prctl
# PR_CAPBSET_DROP) and starts the next program; ordinary users are bound already, and may not drop
# anything.
POWERLESS = (
    "import ctypes; drop = ctypes.CDLL(None).prctl; drop(24, 1, 0, 0, 0); drop(24, 2, 0, 0, 0)"
)


def room(size: int) -> str:
    """Let no file grow beyond `size` bytes: from there on the disk is full to whoever writes.

    A real full disk needs a mount of its own, which tests may not make everywhere. Python ignores
    SIGXFSZ, so the write fails as it does on a full disk.
    """
    return f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))"


def limited(
    limit: str, site: Site, *args: str, given: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process that took something from itself first (Python statements)."""
    become = "os.execv(sys.executable, [sys.executable, '-m', 'antrean_cli', *sys.argv[1:]])"
    return subprocess.run(
        [sys.executable, "-c", f"{limit}; import os, sys; {become}", *args],
        env=site.environment(**env),
        input=given,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


NEARLY_FULL = """
import os, sys
from datetime import timedelta, timezone
from pathlib import Path
from antrean_cli.ledger.ledger import Ledger
path, size = Path(sys.argv[1]), int(sys.argv[2])
with Ledger.open(path, timezone(timedelta(hours=7))):
    pass  # makes it
ledger = Ledger.open(path, timezone(timedelta(hours=7)))
wal = path.with_name(path.name + "-wal")
number = 0
while not wal.exists() or wal.stat().st_size + 4096 < size:
    number += 1
    with ledger.transaction():
        ledger.update_pass_state(lambda state: state._replace(exit_code=number))
os.kill(os.getpid(), 9)
"""


def nearly_full(state: Path, size: int) -> None:
    """Leave a ledger whose -wal has room for less than a page more, of `size` bytes."""
    subprocess.run([sys.executable, "-c", NEARLY_FULL, str(state), str(size)], check=False)
    assert size - 4096 <= state.with_name(state.name + "-wal").stat().st_size <= size
