"""The program's beginning, for `antrean` and `python -m antrean_cli` alike."""

import signal

# Ctrl-C just ends the program, without Python's traceback: the ledger stands a kill at any moment.
# Commands that have something to finish or to clear away say so themselves.
if (
    signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
):  # a shell that runs it in the background ignores Ctrl-C
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from antrean_cli.cli import main

if __name__ == "__main__":
    main()
