"""Where databases and files of the tests are: in memory where there is room, many times faster than
a disk that syncs.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

SHM = Path("/dev/shm")
LEAST = 500 * 2**20  # bytes: a MariaDB needs 40 MB a worker, all ledgers together little more


def new_folder(name: str) -> Path:
    """Make a folder of this process, to be removed by whoever asks for it.

    Those of processes that were killed are removed here.
    """
    place = _place()
    _sweep(place)
    return Path(tempfile.mkdtemp(prefix=f"antrean-{name}-{os.getpid()}-", dir=place))


def _place() -> Path:
    try:
        roomy = os.access(SHM, os.W_OK) and shutil.disk_usage(SHM).free > LEAST
    except OSError:
        roomy = False
    return SHM if roomy else Path(tempfile.gettempdir())


def _sweep(place: Path) -> None:
    for folder in place.glob("antrean-*-*-*"):
        try:
            os.kill(int(folder.name.split("-")[2]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (ValueError, PermissionError):
            continue
