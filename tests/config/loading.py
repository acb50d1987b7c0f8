"""How settings are loaded in the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from antrean_cli.config.settings import Settings, load
from antrean_cli.errors import SettingsError

NEEDED = {
    "BPJS_BASE_URL": "https://apijkn-dev.bpjs-kesehatan.go.id/antreanrs_dev",
    "BPJS_CONS_ID": "12345",
    "BPJS_SECRET_KEY": "rahasia",
    "BPJS_USER_KEY": "kunci",
    "KHANZA_USER": "antrean",
}


BOTH = frozenset({"bpjs", "khanza"})


def settings(env_file: Path | None = None, /, **environ: str) -> Settings:
    """Load the settings of a complete environment with changes."""
    return load(env_file=env_file, state=None, needs=BOTH, environ={**NEEDED, **environ})


def problems(env_file: Path | None = None, /, **environ: str) -> str:
    """Return what is said of settings that are wrong."""
    with pytest.raises(SettingsError) as caught:
        settings(env_file, **environ)
    assert caught.value.exit_code == 8
    return str(caught.value)


def written(file: Path, text: str, mode: int = 0o600) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file
