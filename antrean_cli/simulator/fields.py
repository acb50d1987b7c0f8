"""The 23 fields of tambah antrean, as the stand-in BPJS takes them.

- All of them are needed, each of its own type and in its own form; the first that is not so is
  named.
- JKN needs nomorkartu and nomorreferensi. NON JKN leaves both empty, or has "-" in them, and may
  have "-" for nik and nohp too.
- '-', '0', 'null' and nothing at all are no codes of a clinic or a doctor.
- `lenient` takes numbers as text and quotas below zero as well: whether BPJS does is not known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

Body = Mapping[str, object]

NOT_FILLED = "-"
_NAME, _AMOUNT = (str, r".*\S.*"), (int, r"\d+")
FIELDS: dict[str, tuple[type, str]] = {
    "kodebooking": _NAME,
    "jenispasien": (str, r"JKN|NON JKN"),
    "nomorkartu": (str, r"\d{13}|00012345678"),  # 11 digits in the catalogue's own example alone
    "nik": (str, r"\d{16}"),
    "nohp": (str, r"\d{9,15}"),
    "kodepoli": (str, r"(?i:(?!(?:null|[0-]+)$)[0-9a-z-]{1,10})"),
    "namapoli": _NAME,
    "pasienbaru": (int, r"[01]"),
    "norm": _NAME,
    "tanggalperiksa": (str, r"\d{4}-\d\d-\d\d"),
    "kodedokter": (int, r"\d+"),
    "namadokter": _NAME,
    "jampraktek": (str, r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d"),
    "jeniskunjungan": (int, r"[1-4]"),
    "nomorreferensi": (str, r"[0-9A-Za-z]{6,30}"),
    "nomorantrean": _NAME,
    "angkaantrean": _AMOUNT,
    "estimasidilayani": (int, r"\d{13}"),  # milliseconds: seconds have ten digits
    **dict.fromkeys(("sisakuotajkn", "kuotajkn", "sisakuotanonjkn", "kuotanonjkn"), _AMOUNT),
    "keterangan": (str, r"(?s).*"),
}
# What NON JKN has instead of a value.
_NON_JKN: dict[str, tuple[str, ...]] = {
    "nomorkartu": ("", NOT_FILLED),
    "nomorreferensi": ("", NOT_FILLED),
    "nik": (NOT_FILLED,),
    "nohp": (NOT_FILLED,),
}
_ONLY_JKN = ("nomorkartu", "nomorreferensi")
_QUOTAS = ("sisakuotajkn", "kuotajkn", "sisakuotanonjkn", "kuotanonjkn")
_LENIENT: dict[str, tuple[tuple[type, ...], str]] = {
    "kodedokter": ((int, str), r"\d+"),
    "angkaantrean": ((int, str), r"\d+"),
    **dict.fromkeys(_QUOTAS, ((int, str), r"-?\d+")),
}


def unfit_field(body: Body, *, lenient: bool = False) -> str | None:
    """Name the first of the 23 fields that BPJS would not take."""
    return next((name for name in FIELDS if not _is_fit(name, body, lenient=lenient)), None)


def is_doctor(kodedokter: object) -> bool:
    """Judge whether a code that is a number can be a doctor's: 0 is nobody's."""
    return int(str(kodedokter)) > 0


def _is_fit(name: str, body: Body, *, lenient: bool) -> bool:
    value = body.get(name)
    if body.get("jenispasien") == "NON JKN" and name in _NON_JKN:
        if value in _NON_JKN[name]:
            return True
        if name in _ONLY_JKN:
            return False
    kind, form = FIELDS[name]
    kinds: tuple[type, ...] = (kind,)
    if lenient and name in _LENIENT:
        kinds, form = _LENIENT[name]
    if type(value) not in kinds or not re.fullmatch(form, str(value), re.ASCII):
        return False
    return name != "tanggalperiksa" or is_day(str(value))


def is_day(text: str) -> bool:
    """Judge whether a text is a day, as yyyy-mm-dd."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
