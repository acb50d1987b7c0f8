"""The sites of this computer: several hospitals, each with a file of settings and a ledger.

- Their files lie in one folder, NAME.env each (env_file.py says which names can be one).
- Of the environment nothing counts: what is set for one site would reach them all.
"""

import os
from pathlib import Path

from antrean_cli.config.env_file import site_of
from antrean_cli.config.settings import LoadResult, try_load
from antrean_cli.errors import SettingsError, why

_OF_THE_USER = ("XDG_STATE_HOME",)  # where ledgers lie that no setting names


def site_files(folder: Path) -> list[Path]:
    """Return the files of settings in a folder, by name.

    Raises SettingsError if there are none, or the folder cannot be read.
    """
    try:
        files = [file for file in folder.iterdir() if file.suffix == ".env" and file.stem[0] != "."]
    except OSError as error:
        raise SettingsError(f"Folder {folder} tidak dapat dibaca: {why(error)}") from error
    if not files:
        raise SettingsError(f"Belum ada berkas pengaturan di {folder} (NAMA.env, satu tiap RS)")
    return sorted(files)


def load_site(file: Path, *, state_home: Path | None = None) -> LoadResult:
    """Return the settings of one site, with everything that is wrong with them.

    `state_home` stands for the folder in which the user's programs keep their state. Raises
    SettingsError for a file that cannot be read, must not be trusted, or is named as no site can
    be.
    """
    if not site_of(file):
        raise SettingsError(
            f"{file} bukan nama rumah sakit: tulis huruf kecil, angka, dan tanda hubung, "
            "paling banyak 40, seperti rs-kota.env, di folder bernama sites"
        )
    env = {name: os.environ[name] for name in _OF_THE_USER if name in os.environ}
    env |= {"XDG_STATE_HOME": str(state_home)} if state_home else {}
    return try_load(env_file=file, state=None, needs=frozenset({"bpjs", "khanza"}), environ=env)
