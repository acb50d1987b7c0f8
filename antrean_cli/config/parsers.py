"""What a setting's text means: one parser for each form in which a setting can be typed.

A parser raises ValueError with the Indonesian phrase that follows the setting's name.
"""

import os
import re
from collections.abc import Callable, Mapping
from datetime import time
from pathlib import Path
from typing import NamedTuple, TypeVar

Value = TypeVar("Value")

KODEBOOKING_PARTS = ("no_rawat", "no_rawat_angka", "kode_ppk", "kd_poli", "no_reg")
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def text(value: str) -> str:
    """Return any text as it is."""
    return value


def header(value: str) -> str:
    """Return a text that can travel in an HTTP header."""
    if not value.isascii() or not value.isprintable():
        raise ValueError("hanya boleh berisi huruf, angka, dan tanda biasa")
    return value


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from `low` to `high`."""

    def parse(value: str) -> int:
        if not re.fullmatch(r"\d{1,9}", value) or not low <= int(value) <= high:
            raise ValueError(f"harus bilangan bulat {low} sampai {high}")
        return int(value)

    return parse


def time_of_day(value: str) -> time | None:
    """Return a time of day without a zone, None for an empty text."""
    if not value:
        return None
    if not re.fullmatch(r"([01]?\d|2[0-3])[:.][0-5]\d", value, re.ASCII):
        raise ValueError("harus jam seperti 12:00, atau kosong")
    hour, minute = map(int, re.split("[:.]", value))
    return time(hour, minute)


def workers(value: str) -> int | None:
    """Return how many bookings are sent side by side at most, None for as many as BPJS bears."""
    if value.lower() == "auto":
        return None
    try:
        return whole(1, 64)(value)
    except ValueError as error:
        raise ValueError(f"{error}, atau auto") from None


def names(value: str) -> tuple[str, ...]:
    """Return the names of a list with commas, in its order."""
    return tuple(name for part in value.split(",") if (name := part.strip()))


def choices(known: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """Return a parser of lists of known names, in the order in which they are typed."""

    def parse(value: str) -> tuple[str, ...]:
        chosen = names(value)
        if unknown := [name for name in chosen if name not in known]:
            raise ValueError(f"tidak mengenal {', '.join(unknown)}; pilihannya: {', '.join(known)}")
        return chosen

    return parse


def one_of(known: Mapping[str, Value]) -> Callable[[str], Value]:
    """Return a parser of the names of a table, which returns what the name stands for."""

    def parse(value: str) -> Value:
        if value not in known:
            raise ValueError(f"harus salah satu dari {', '.join(known)}")
        return known[value]

    return parse


# An address of which every reader makes the same: RFC 3986 without queries and fragments, and
# without what only some of them take for a part of the host, as \ and a second @.
_HOST = r"(?P<host>[\w.-]+|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?"
_ADDRESS = rf"(?P<scheme>https?)://(?:[!-.0-?A-~]+@)?{_HOST}(?:/[!-~]*)?"


class _Address(NamedTuple):
    scheme: str
    host: str


def _address(value: str, never: str) -> _Address | None:
    """Return what an http(s) address leads to, None if it is none, or holds one of these signs."""
    found = re.fullmatch(_ADDRESS, value, re.ASCII | re.IGNORECASE)
    if not found or set(value) & set(never) or int(found["port"] or 0) > 65535:
        return None
    return _Address(found["scheme"].lower(), found["host"].strip("[]").lower())


def base_url(value: str) -> str:
    """Return the address that BPJS's paths are put behind, without a slash at its end.

    Signatures and patients go there: in the clear they leave this computer for no other.
    """
    address = _address(value, never="\\?#@")
    if not address:
        raise ValueError(
            "harus alamat lengkap seperti https://apijkn.bpjs-kesehatan.go.id/antreanrs"
        )
    if address.scheme != "https" and address.host not in LOOPBACK:
        raise ValueError("harus https:// (http:// hanya untuk simulator di komputer ini)")
    return value.rstrip("/")


def ping_url(value: str) -> str:
    """Return the address of a monitor of passes, without a slash at its end.

    It may have a name and a password before its host.
    """
    if not _address(value, never="\\?#"):
        raise ValueError(
            "harus alamat http:// atau https:// tanpa ? dan #, seperti https://hc-ping.com/uuid"
        )
    return value.rstrip("/")


def path(value: str) -> str:
    """Return the path of a call, which begins with a slash."""
    if not re.fullmatch(r"/[!-~]*", value) or "\\" in value:
        raise ValueError("harus diawali garis miring, misalnya /antrean/updatewaktu")
    return value


def kodebooking(value: str) -> str:
    """Return a template of kode booking, whose parts in braces make each visit's own."""
    parts = re.findall(r"\{([^{}]*)\}", value)
    between = re.sub(r"\{[^{}]*\}", "", value)
    if not parts or between.strip("{}") != between:
        raise ValueError("harus memuat {no_rawat} atau {no_rawat_angka}")
    if unknown := [part for part in parts if part not in KODEBOOKING_PARTS]:
        known = ", ".join(f"{{{part}}}" for part in KODEBOOKING_PARTS)
        raise ValueError(f"tidak mengenal {{{unknown[0]}}}; yang ada: {known}")
    if not {"no_rawat", "no_rawat_angka"} & set(parts):
        raise ValueError(
            "harus memuat {no_rawat} atau {no_rawat_angka}, agar tiap kunjungan berbeda"
        )
    return value


def existing_file(value: str) -> str:
    """Return the name of a file that is there."""
    if not os.path.exists(value):  # noqa: PTH110 - Path.exists raises for a name that is too long
        raise ValueError(f"berkas {value} tidak ada")
    return value


def file(value: str) -> Path:
    """Return a file's path, with `~` for a home."""
    try:
        return Path(value).expanduser()
    except RuntimeError as error:
        raise ValueError("memuat ~ dari pengguna yang tidak dikenal") from error


def metrics_file(value: str) -> Path:
    """Return the path of a file for node_exporter, which reads `.prom` and no other.

    So no slip of the pen can replace the ledger.
    """
    if not value.endswith(".prom"):
        raise ValueError("harus berakhiran .prom")
    return file(value)
