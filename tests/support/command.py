"""The command `antrean`, run in this process or as one of its own: both through `cli.main`, both
with the same outcome.

- `run` takes a few milliseconds. `spawn`, `start` and `on_a_terminal` take a good part of a second:
  for what needs a process (signals, kills, streams that are closed or full, terminals, zones and
  locales of the host, limits, and what happens while the program is loaded).
- The environment variable CLOCK gives the time at which the command begins, in ISO form with its
  zone; from there the clock runs on, or with CLOCK_STANDS it does not. Without it the command is
  the real one to the last byte.
- `python -m tests.support.command ARGUMENTS` is the command of its own process that has a CLOCK.
"""

from __future__ import annotations

import fcntl
import gc
import io
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import antrean_cli
from antrean_cli.cli import main
from antrean_cli.console.app import Clock

# Its name only: to import it takes Ctrl-C away from the tests.
BEGINNING = str(Path(antrean_cli.__file__).with_name("__main__.py"))
SECONDS = 90  # a command that hangs is ended by then
# What a process reads when it begins: to change it here would change nothing, or too much.
OF_A_PROCESS = ("TZ", "LANG", "LC_", "PYTHON")


def clock_of(environ: Mapping[str, str]) -> Clock:
    """Return the clock that an environment asks for."""
    start = environ.get("CLOCK")
    if start is None:
        return datetime.now
    first, began = datetime.fromisoformat(start), time.monotonic()
    if environ.get("CLOCK_STANDS"):
        return first.astimezone

    def now(zone: timezone) -> datetime:
        return (first + timedelta(seconds=time.monotonic() - began)).astimezone(zone)

    return now


def run(
    *args: str,
    environ: Mapping[str, str] | None = None,
    input: str | None = None,  # noqa: A002 - subprocess's own name
) -> subprocess.CompletedProcess[str]:
    """Run the command in this process and return what `spawn` would.

    Raises KeyboardInterrupt if the tests were to end meanwhile.
    """
    environ = os.environ if environ is None else environ
    with ExitStack() as stack:
        stdin, stdout, stderr = (stack.enter_context(TemporaryFile()) for _ in range(3))
        stdin.write((input or "").encode())
        stdin.seek(0)
        with (
            _environment(environ),
            _streams(stdin, stdout, stderr),
            _signals() as interrupted,
            _garbage(),
        ):
            sys.argv = [BEGINNING, *args]
            code = _exit_code(clock_of(environ))
        if interrupted.is_set():
            raise KeyboardInterrupt
        return subprocess.CompletedProcess(args, code, _text(stdout), _text(stderr))


def spawn(
    *args: str,
    environ: Mapping[str, str] | None = None,
    input: str | None = None,  # noqa: A002 - subprocess's own name
) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own and return its exit code and output."""
    return subprocess.run(
        command_line(*args, environ=environ),
        env=environ,
        capture_output=True,
        text=True,
        input=input,
        timeout=SECONDS,
        check=False,
    )


def start(*args: str, environ: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start the command as a process of its own and go on."""
    return subprocess.Popen(
        command_line(*args, environ=environ),
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def on_a_terminal(
    *args: str,
    environ: Mapping[str, str] | None = None,
    typed: str = "",
    size: tuple[int, int] = (0, 0),
    **streams: Any,
) -> subprocess.CompletedProcess[str]:
    """Run the command on a terminal of its own, but for the streams that are given.

    The terminal has `size` rows and columns, or does not know how many. Returns the exit code and,
    as stdout, what is shown there: what was typed among it.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    os.write(ours, typed.encode())
    with subprocess.Popen(
        command_line(*args, environ=environ),
        env=environ,
        **{"stdin": theirs, "stdout": theirs, "stderr": theirs, **streams},
    ) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # how a terminal tells that nobody is left on it
            while more := os.read(ours, 65536):
                shown += more
    os.close(ours)
    return subprocess.CompletedProcess(args, process.returncode, shown.decode(), "")


def command_line(*args: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """Return what to type for the command; with a CLOCK it is the one that has a clock."""
    module = "tests.support.command" if "CLOCK" in (environ or os.environ) else "antrean_cli"
    return [sys.executable, "-m", module, *args]


def _exit_code(clock: Clock) -> int:
    code: object = None
    try:
        main(clock)
    except SystemExit as end:
        code = end.code
    assert isinstance(code, int)
    sys.stdout.flush()  # as Python does on its way out
    sys.stderr.flush()
    return code


@contextmanager
def _environment(environ: Mapping[str, str]) -> Iterator[None]:
    """Change the process's environment and arguments, and put them and its umask back."""
    before, arguments = dict(os.environ), sys.argv
    changed = {name for name in environ.keys() | before if environ.get(name) != before.get(name)}
    assert not [name for name in changed if name.startswith(OF_A_PROCESS)], "spawn it instead"
    umask = os.umask(0o022)
    os.umask(umask)
    os.environ.clear()
    os.environ.update(environ)
    try:
        yield
    finally:
        os.umask(umask)
        os.environ.clear()
        os.environ.update(before)
        sys.argv = arguments


@contextmanager
def _streams(stdin: IO[bytes], stdout: IO[bytes], stderr: IO[bytes]) -> Iterator[None]:
    """Give the program files of its own: it wraps, detaches and replaces its streams."""
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(stream, encoding="utf-8") for stream in (stdin, stdout, stderr)
    )
    try:
        yield
    finally:
        # Whatever it put in place of them is not to close the files when it goes.
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            stream.detach()
        sys.stdin, sys.stdout, sys.stderr = before


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """Keep the program's handlers out, which would end the tests by `os._exit`.

    Yields what tells that the tests were to end.
    """
    assert threading.current_thread() is threading.main_thread(), "spawn it instead"
    interrupted = threading.Event()

    def interrupt(*_: object) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    setter = signal.signal
    signal.signal = lambda number, _: signal.getsignal(number)  # type: ignore[assignment]
    try:
        yield interrupted
    finally:
        signal.signal = setter
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _garbage() -> Iterator[None]:
    """Collect garbage again as before: a process that ends in seconds does not."""
    collected = gc.isenabled()
    try:
        yield
    finally:
        gc.unfreeze()
        if collected:
            gc.enable()


def _text(stream: IO[bytes]) -> str:
    """Return what was written, as `text=True` does."""
    stream.seek(0)
    return stream.read().decode().replace("\r\n", "\n").replace("\r", "\n")


if __name__ == "__main__":
    import antrean_cli.__main__  # the real beginning

    main(clock_of(os.environ))
