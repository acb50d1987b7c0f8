"""BPJS's own example of tambah antrean, and its table of fields, typed by hand.

(bpjs/README.md, Fields)
"""

from typing import Any

EXAMPLE_ADD: dict[str, Any] = {
    "kodebooking": "16032021A001",
    "jenispasien": "JKN",
    "nomorkartu": "00012345678",
    "nik": "3212345678987654",
    "nohp": "085635228888",
    "kodepoli": "ANA",
    "namapoli": "Anak",
    "pasienbaru": 0,
    "norm": "123345",
    "tanggalperiksa": "2021-01-28",
    "kodedokter": 12345,
    "namadokter": "Dr. Hendra",
    "jampraktek": "08:00-16:00",
    "jeniskunjungan": 1,
    "nomorreferensi": "0001R0040116A000001",
    "nomorantrean": "A-12",
    "angkaantrean": 12,
    "estimasidilayani": 1615869169000,
    "sisakuotajkn": 5,
    "kuotajkn": 30,
    "sisakuotanonjkn": 5,
    "kuotanonjkn": 30,
    "keterangan": "Peserta harap 30 menit lebih awal guna pencatatan administrasi.",
}

FIELD_TYPES = {
    "kodebooking": "string",
    "jenispasien": "string",
    "nomorkartu": "string",
    "nik": "string",
    "nohp": "string",
    "kodepoli": "string",
    "namapoli": "string",
    "pasienbaru": "integer",
    "norm": "string",
    "tanggalperiksa": "string",
    "kodedokter": "integer",
    "namadokter": "string",
    "jampraktek": "string",
    "jeniskunjungan": "integer",
    "nomorreferensi": "string",
    "nomorantrean": "string",
    "angkaantrean": "integer",
    "estimasidilayani": "integer",
    "sisakuotajkn": "integer",
    "kuotajkn": "integer",
    "sisakuotanonjkn": "integer",
    "kuotanonjkn": "integer",
    "keterangan": "string",
}
