"""BPJS's names that are like one of Khanza's."""

from __future__ import annotations

import pytest

from antrean_cli.checkup.similar_names import similar_names


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Poliklinik Mata", ["MAT Mata"]),
        ("POLI PENYAKIT DALAM", ["INT Penyakit Dalam"]),
        ("Klinik Sepatu", []),
        ("dr. Hendra, Sp.A", ["12345 Dr. Hendra"]),
        ("", []),
    ],
)
def test_names_are_alike_whatever_their_titles(name: str, found: list[str]) -> None:
    codes = {"Mata": "MAT", "Penyakit Dalam": "INT", "Dr. Hendra": "12345", "Bedah Saraf": "BSY"}
    assert similar_names(name, codes) == found
