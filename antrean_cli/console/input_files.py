"""Files that a person names on the command line, to be read or written, and standard input."""

import sys
from pathlib import Path

from antrean_cli.errors import InputError, why


def source_name(source: str) -> str:
    """Return what people call a file, or standard input for "-"."""
    return "masukan standar" if source == "-" else source


def read_text(source: str) -> str:
    """Return the text of a file, or of standard input for "-"; raises InputError with its name."""
    name = source_name(source)
    if source == "-" and sys.stdin is None:
        raise InputError(f"{name} tidak dapat dibaca: ditutup pemanggil")
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise InputError(f"{name} tidak dapat dibaca: {why(error)}") from error
    try:
        return data.decode("utf-8-sig")  # Windows begins a text with a mark
    except UnicodeDecodeError as error:
        raise InputError(f"{name} bukan teks UTF-8") from error


def write_page(path: Path, text: str) -> None:
    """Write a page that others may read to a file, whole or not at all.

    Raises InputError with its name.
    """
    beside = path.parent / f".{path.name}.baru"
    try:
        beside.write_text(text, encoding="utf-8")
        beside.chmod(0o644)  # no patient is on it, and it is made to be opened by others
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InputError(f"{path} tidak dapat ditulis: {why(error)}") from error
