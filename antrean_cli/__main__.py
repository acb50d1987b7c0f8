"""The program's beginning, for `antrean` and `python -m antrean_cli` alike."""

import signal

# While the modules load nothing has begun: Ctrl-C then just ends the program, without Python's traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from antrean_cli.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
