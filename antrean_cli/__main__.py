"""Let `python -m antrean_cli` do what `antrean` does."""

from antrean_cli.cli import main

main()
