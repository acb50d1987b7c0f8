"""The program's beginning, for `antrean` and `python -m antrean_cli` alike.

Any Python can read this file, so that one too old for the others is told in a sentence.
"""

import signal
import sys

if sys.version_info < (3, 10):  # noqa: UP036 - nothing but pip looks at requires-python
    sys.stderr.write(
        "antrean: perlu Python 3.10 atau lebih baru; ini Python " + sys.version.split()[0] + "\n"
    )
    sys.exit(2)

# Ctrl-C just ends the program, without Python's traceback: the ledger stands a kill at any moment.
# Commands that have something to finish or to clear away say so themselves.
if (
    signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
):  # a shell that runs it in the background ignores Ctrl-C
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from antrean_cli.cli import main

if __name__ == "__main__":
    main()
