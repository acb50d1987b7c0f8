"""Telling people elsewhere: the hospital's own command is run with what there is to tell.

- It runs once a kind of alert, with the sentences on its standard input and the kind as
  ANTREAN_ALERT in its environment, which has none of our settings: they hold secrets. Of several
  hospitals on one computer, ANTREAN_SITE is the one that it is about.
- It has fifteen seconds, after which all that it started is killed. What does not come back is not
  asked again in the same pass.
"""

import os
import signal
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from antrean_cli.config.settings import environment_for_others
from antrean_cli.errors import why
from antrean_cli.rules.alerts import Alert, AlertKind

SECONDS = 15.0
_MOST_LETTERS = 3500  # of one message: Telegram takes 4096


class ToldAlerts(NamedTuple):
    """Which alerts were told, and why the others were not (Indonesian, empty if all were)."""

    alerts: tuple[Alert, ...]
    problem: str = ""


def tell(
    command: str, alerts: Iterable[Alert], seconds: float = SECONDS, *, site: str = ""
) -> ToldAlerts:
    """Run the hospital's command for each kind of these alerts, until one of the runs fails.

    Returns those that were told, and what was wrong with a run that failed.
    """
    told: list[Alert] = []
    by_kind: dict[AlertKind, list[Alert]] = {}
    for one in alerts:
        by_kind.setdefault(one.kind, []).append(one)
    for kind, found in by_kind.items():
        if problem := run(command, kind, message(one.text for one in found), seconds, site=site):
            return ToldAlerts(tuple(told), problem)
        told += found
    return ToldAlerts(tuple(told))


def message(texts: Iterable[str]) -> str:
    """Return texts as one message; of what is too long, how many lines were left out."""
    text = "\n".join(texts)
    if len(text) <= _MOST_LETTERS:
        return text
    lines = text[:_MOST_LETTERS].split("\n")
    # A line that is cut is left out, unless there is no other.
    shown = lines[:-1] or lines
    left = text.count("\n") + 1 - len(shown)
    return "\n".join([*shown, f"… dan {left} baris lagi" if left else "…"])


def run(
    command: str,
    kind: AlertKind,
    text: str,
    seconds: float = SECONDS,
    *,
    site: str = "",
    aloud: bool = False,
) -> str:
    """Run the hospital's command once; return why it failed (Indonesian), empty if it did not.

    What it prints is thrown away, or with `aloud` goes to stderr: it may hold its own secrets.
    """
    whose = {"ANTREAN_SITE": site} if site else {}
    printed = 2 if aloud else subprocess.DEVNULL  # ours is the command's as well
    try:
        process = subprocess.Popen(  # noqa: S603 - the administrator's own, from trusted settings
            ["/bin/sh", "-c", command],
            stdin=subprocess.PIPE,
            stdout=printed,
            stderr=printed,
            env={**environment_for_others(), "ANTREAN_ALERT": kind, **whose},
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
    except OSError as error:
        return f"tidak dapat dijalankan: {why(error)}"
    with process:
        try:
            process.communicate(f"{text}\n", timeout=seconds)
        except subprocess.TimeoutExpired:
            return f"tidak selesai dalam {seconds:.0f} detik"
        finally:
            # Whatever it left behind, the shell's own children too.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
    if code := process.returncode:
        return f"berakhir dengan kode {code}" if code > 0 else f"dihentikan sinyal {-code}"
    return ""
