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


@pytest.mark.parametrize(
    ("name", "theirs", "alike"),
    [
        ("dr. Sari", "dr. Lestari", False),
        ("dr. Sari", "dr. Sri", False),
        ("dr. Sari, Sp.A", "Sari Dewi", True),
        ("dr. Siti Aminah", "dr. Siti Nurhaliza", False),
        ("Bedah Syaraf", "Bedah Saraf", True),
        ("Peny. Dalam", "Penyakit Dalam", True),
        ("Anestesi", "Anestesiologi", True),
        ("Jantung", "Jantung dan Pembuluh Darah", True),
        ("THT", "THT-KL", True),
    ],
)
def test_whole_words_make_names_alike(name: str, theirs: str, alike: bool) -> None:
    assert bool(similar_names(name, {theirs: "1"})) is alike


def test_the_most_alike_name_comes_first() -> None:
    codes = {"Bedah Saraf": "BSY", "Bedah": "BED", "Bedah Anak": "BDA", "Bedah Mulut": "BDM"}
    assert similar_names("Poli Bedah", codes) == ["BED Bedah", "BSY Bedah Saraf", "BDA Bedah Anak"]
