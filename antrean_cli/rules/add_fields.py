"""The 23 fields of tambah antrean: names, types and bounds, and what is wrong with a body by hand.

They are BPJS's (bpjs/README.md, Fields). How a visit fills them is said in add_body.py.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

KODEBOOKING_FORM = "harus 1 sampai 100 huruf atau angka, tanpa spasi di awal dan akhir"
_HOURS = r"([01]\d|2[0-4]):[0-5]\d"


def is_kodebooking(text: str) -> bool:
    """Return whether a text can be a kode booking: Khanza's slashes, BPJS's # and spaces can.

    One dot or two can not: in an address they lead elsewhere.
    """
    if text in (".", ".."):
        return False
    return bool(text) and text == text.strip() and text.isprintable() and len(text) <= 100


def _is_day(text: str) -> bool:
    if not re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_session(text: str) -> bool:
    return bool(re.fullmatch(f"{_HOURS}-{_HOURS}", text))


class Field(NamedTuple):
    """One field; its `type` is str, or int for a whole number that is not negative.

    `help` is what a person is told of it (Indonesian). `allowed` are the only values that it takes;
    `fits` tells whether a text has the form that `form` demands (Indonesian). What is `private`
    says who the patient is: no message repeats it. What `drifts` changes although nobody mends
    anything: a body that differs in nothing else is the same one.
    """

    name: str
    type: type
    help: str
    allowed: tuple[str | int, ...] = ()
    fits: Callable[[str], bool] | None = None
    form: str = ""
    private: bool = False
    drifts: bool = False

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the most that a whole number can be; no code or quota is near the most."""
        numbers = [value for value in self.allowed if isinstance(value, int)]
        return (min(numbers), max(numbers)) if numbers else (0, 10**17)

    def problem_of_type(self, value: object) -> str:
        """Return what is wrong with the type of a value, empty if nothing is."""
        if type(value) is self.type:  # True is no whole number
            return ""
        return f"harus {'bilangan bulat tanpa tanda kutip' if self.type is int else 'teks'}"

    def problem(self, value: Any) -> str:
        """Return what is wrong with a value of the right type, empty if nothing is."""
        if self.allowed and value not in self.allowed:
            return f"harus {_either(self.allowed)}"
        if self.fits and not self.fits(value):
            return self.form
        return "tidak boleh negatif" if self.type is int and value < 0 else ""


# In BPJS's own order.
FIELDS = {
    field.name: field
    for field in (
        Field(
            "kodebooking",
            str,
            "Kode booking, berbeda untuk tiap antrean.",
            fits=is_kodebooking,
            form=KODEBOOKING_FORM,
        ),
        Field("jenispasien", str, "JKN atau NON JKN.", allowed=("JKN", "NON JKN")),
        Field("nomorkartu", str, "Nomor kartu BPJS; kosong untuk NON JKN.", private=True),
        Field("nik", str, "NIK, 16 angka.", private=True),
        Field("nohp", str, "Nomor telepon pasien.", private=True),
        Field("kodepoli", str, "Kode poli BPJS, misalnya INT."),
        Field("namapoli", str, "Nama poli."),
        Field("pasienbaru", int, "1 pasien baru, 0 pasien lama.", allowed=(0, 1)),
        Field("norm", str, "Nomor rekam medis.", private=True),
        Field(
            "tanggalperiksa",
            str,
            "Hari pelayanan, YYYY-MM-DD.",
            fits=_is_day,
            form="harus tanggal YYYY-MM-DD",
        ),
        Field("kodedokter", int, "Kode dokter BPJS (angka)."),
        Field("namadokter", str, "Nama dokter."),
        Field(
            "jampraktek",
            str,
            "Jam praktek menurut HFIS, HH:MM-HH:MM.",
            fits=_is_session,
            form="harus HH:MM-HH:MM",
        ),
        Field(
            "jeniskunjungan",
            int,
            "1 rujukan FKTP, 2 rujukan internal, 3 kontrol, 4 rujukan antar RS.",
            allowed=(1, 2, 3, 4),
        ),
        Field("nomorreferensi", str, "Nomor rujukan atau surat kontrol; kosong untuk NON JKN."),
        Field("nomorantrean", str, "Nomor antrean yang dibaca pasien, misalnya INT-001."),
        Field("angkaantrean", int, "Angka antrean, misalnya 1."),
        Field("estimasidilayani", int, "Perkiraan dilayani, milidetik epoch.", drifts=True),
        Field("sisakuotajkn", int, "Sisa kuota JKN.", drifts=True),
        Field("kuotajkn", int, "Kuota JKN.", drifts=True),
        Field("sisakuotanonjkn", int, "Sisa kuota NON JKN.", drifts=True),
        Field("kuotanonjkn", int, "Kuota NON JKN.", drifts=True),
        Field("keterangan", str, "Keterangan untuk pasien."),
    )
}
PRIVATE = tuple(field.name for field in FIELDS.values() if field.private)


def field_problems(body: Mapping[str, object]) -> list[str]:
    """Return what is wrong with a hand-made body, one Indonesian phrase each, empty if nothing is.

    Values are judged once all fields are there, with their types.
    """
    lacking = [name for name in FIELDS if name not in body]
    problems = [f"{', '.join(lacking)} belum ada"] if lacking else []
    problems += [f"{name} tidak dikenal" for name in body if name not in FIELDS]
    problems += _named(body, Field.problem_of_type)
    return problems or list(_named(body, Field.problem))


def _named(body: Mapping[str, object], problem: Callable[[Field, Any], str]) -> Iterator[str]:
    for name, field in FIELDS.items():
        if name in body and (found := problem(field, body[name])):
            yield f"{name} {found}"


def _either(allowed: tuple[str | int, ...]) -> str:
    *others, last = map(str, allowed)
    return f"{', '.join(others)}{',' if len(others) > 1 else ''} atau {last}"


def tanggalperiksa_of(body: Mapping[str, Any]) -> date:
    """Return the day of service of a body without problems."""
    return date.fromisoformat(body["tanggalperiksa"])
