"""Bodies for BPJS, but for the add's: typed by hand from bpjs/README.md, Other bodies."""

from __future__ import annotations

import pytest

from antrean_cli.rules.payloads import (
    batal_body,
    farmasi_body,
    jenisresep_of,
    listtask_body,
    nomorantrean_of,
    update_body,
)
from tests.support.rows import (
    NO_RAWAT,
    at,
    resep,
)


def test_update_has_the_taskid_as_text_and_the_time_in_milliseconds() -> None:
    body = update_body("16032021A001", "3", at("08:00"))
    assert body == {"kodebooking": "16032021A001", "taskid": "3", "waktu": 1795395600000}
    assert type(body["waktu"]) is int


def test_update_carries_jenisresep_only_if_it_is_given() -> None:
    assert update_body("X", "5", at("08:00"), "Non racikan") == {
        "kodebooking": "X",
        "taskid": "5",
        "waktu": 1795395600000,
        "jenisresep": "Non racikan",
    }
    assert "jenisresep" not in update_body("X", "5", at("08:00"), "")


def test_batal_and_listtask_bodies() -> None:
    assert batal_body("16032021A001", "Terjadi perubahan jadwal dokter") == {
        "kodebooking": "16032021A001",
        "keterangan": "Terjadi perubahan jadwal dokter",
    }
    assert listtask_body(NO_RAWAT) == {"kodebooking": "2026/11/23/000001"}


def test_the_body_of_antrean_farmasi() -> None:
    assert farmasi_body("K", "Racikan", 12) == {
        "kodebooking": "K",
        "jenisresep": "Racikan",
        "nomorantrean": 12,
        "keterangan": "",
    }
    assert farmasi_body("K", "Racikan", 12, "x")["keterangan"] == "x"


@pytest.mark.parametrize(
    ("racikan", "expected"), [("1", "Racikan"), ("0", "Non racikan"), (None, "Non racikan")]
)
def test_a_prescription_is_mixed_if_khanza_says_so(racikan: str | None, expected: str) -> None:
    assert jenisresep_of(resep()._replace(racikan=racikan)) == expected
    assert jenisresep_of(None) == "Tidak ada"


@pytest.mark.parametrize(
    ("no_resep", "number"),
    [("202611230012", 12), ("2026-1123/0012", 12), ("12345", 2345), ("12", 12), ("abc", None)],
)
def test_the_number_at_the_pharmacy_is_the_end_of_the_prescriptions(
    no_resep: str, number: int | None
) -> None:
    assert nomorantrean_of(resep()._replace(no_resep=no_resep)) == number
    assert nomorantrean_of(None) is None
