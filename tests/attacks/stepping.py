"""The command `antrean` that kills itself at a step:

`python -m tests.attacks.stepping` takes orders from its input.

- An order is a line of JSON: arguments, environment, and the number of the step to die at (0:
  none). Each is carried out by a child of its own, forked from this process, which has imported
  everything: a tenth of what a start costs.
- A step is a moment at which something outside may just have changed, or is about to: a file made,
  a lock taken, a transaction begun, a commit before and after it, Khanza read, a call begun, on the
  wire, answered but unread, back.
- The answer is a line of JSON: how the child ended, and the names of its steps, in order.
- The clock stands still at CLOCK: what two runs leave behind can be compared to the millisecond.
"""

from __future__ import annotations

import functools
import http.client
import importlib
import json
import os
import re
import select
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from antrean_cli.bpjs.client import Client
from antrean_cli.cli import main
from antrean_cli.khanza.queries import Khanza

SECONDS = 60  # a child that hangs is ended by then
READING = re.compile(r"\s*(SELECT|BEGIN$|PRAGMA (\w+(\(\d+\))?$|synchronous|foreign_keys))")
FILES = ("os.mkdir", "os.rename", "os.remove")
# What commands import only when they need it.
IMPORTED = (
    *(
        f"antrean_cli.{name}"
        for name in ("commands.add", "commands.batal", "commands.sync", "commands.update")
    ),
    *(
        "antrean_cli.sync.deliver",
        "antrean_cli.operator.manual",
        "antrean_cli.bpjs.transport",
        "pymysql",
    ),
    *("Crypto.Cipher.AES", "Crypto.Util.Padding"),
)


class Steps:
    """Counts the steps of this process, tells their names, and dies at one of them."""

    def __init__(self, die_at: int, names: int, folder: Path) -> None:
        self._die_at, self._names, self._folder = die_at, names, str(folder)
        self._count, self._turn = 0, threading.Lock()

    def __call__(self, name: str) -> None:
        """Count one step; the others wait, so that it is this one that is died at."""
        with self._turn:
            self._count += 1
            os.write(self._names, f"{name}\n".encode())
            if self._count == self._die_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Count what is about to happen to the ledger's folder and files,
        locks, and connections.
        """
        made = event in FILES or (event == "open" and arguments[2] & os.O_CREAT)
        if event in ("fcntl.flock", "socket.connect") or (
            made and str(arguments[0]).startswith(self._folder)
        ):
            self(event)


def place(step: Steps) -> None:
    """Put the steps into the program."""
    sqlite3.connect = functools.partial(sqlite3.connect, factory=connection_with(step))  # type: ignore[assignment]
    sys.addaudithook(step.audit)

    def wait_for_the_answer(connection: http.client.HTTPConnection) -> None:
        step("request is on the wire")
        select.select([connection.sock], [], [], SECONDS)
        step("answer is unread")

    surround(http.client.HTTPConnection, "getresponse", before=wait_for_the_answer)
    surround(Client, "call", before=lambda _: step("call"), after=lambda: step("call is back"))
    surround(Khanza, "read", after=lambda: step("Khanza is read"))


def connection_with(step: Steps) -> type[sqlite3.Connection]:
    """Return a connection to SQLite whose commits are steps, and whatever writes outside of a
    transaction.
    """

    class Connection(sqlite3.Connection):
        writing = False

        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            outside = not self.in_transaction
            if outside:
                self.writing = not READING.match(sql)
            if self.writing and (outside or sql == "COMMIT"):
                step(" ".join(sql.split()))
            cursor = super().execute(sql, parameters)
            if self.writing and sql == "COMMIT":
                step("committed")
            return cursor

        def close(self) -> None:
            step("close")
            super().close()

    return Connection


def surround(
    owner: type,
    name: str,
    *,
    before: Callable[[Any], None] = lambda _: None,
    after: Callable[[], None] = lambda: None,
) -> None:
    """Do something before and after a method."""
    method = getattr(owner, name)

    @functools.wraps(method)
    def surrounded(self: Any, *args: Any, **kwargs: Any) -> Any:
        before(self)
        result = method(self, *args, **kwargs)
        after()
        return result

    setattr(owner, name, surrounded)


def obey(order: dict[str, Any], names: int) -> None:
    """Be the command that was ordered; never returns."""
    os.environ.clear()
    os.environ.update(order["env"])
    signal.alarm(SECONDS)
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(2, 1)
    sys.argv[1:] = order["args"]
    place(Steps(order["die_at"], names, Path(os.environ["ANTREAN_STATE"]).parent))
    standing = datetime.fromisoformat(os.environ["CLOCK"])
    main(lambda zone: standing.astimezone(zone))


def serve() -> None:
    """Carry out one order after another."""
    for name in IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            obey(json.loads(line), writing)
        os.close(writing)
        with closing(os.fdopen(reading)) as steps:
            names = steps.read().splitlines()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps({"returncode": code, "steps": names}), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    serve()
