"""What BPJS says, made fit to be shown: what goes, what stays, and the borders between."""

from __future__ import annotations

import pytest

from antrean_cli.bpjs.redaction import MAX_MESSAGE, Redactor, one_line


@pytest.mark.parametrize("value", ["123", "A-1", "000123", "0856-3522-8888", "abc"])
@pytest.mark.parametrize("said", ["data {} ganda", "{} ganda", "({})", "{}"])
def test_a_value_of_the_request_is_hidden_from_three_characters_on(value: str, said: str) -> None:
    assert Redactor([value])(said.format(value)) == said.format("…")


def test_a_value_is_hidden_in_an_address_too() -> None:
    assert Redactor(["A-1", "000123"])("/x%20A-1%20y%20000123") == "/x%20…%20y%…"


@pytest.mark.parametrize("value", ["", "-", "0", "3", "12"])
def test_a_shorter_value_stays(value: str) -> None:
    """It tells of nobody, and numbers of tasks, hours and dashes are BPJS's own words."""
    said = f"TaskId={value} tidak valid - pukul {value}:05, 3 {value}."
    assert Redactor([value], name=value)(said) == said


def test_a_value_is_hidden_whatever_its_case() -> None:
    assert Redactor(["Abc-De"])("kunci aBC-dE, ABC-DE") == "kunci …, …"


@pytest.mark.parametrize("said", ["1234", "0123", "x123", "123x", "123_", "1 23"])
def test_a_value_within_a_longer_word_is_another_value(said: str) -> None:
    assert Redactor(["123"])(said) == said


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("SITI AL CONTOH", "… … …"),
        ("no. A al", "no. A …"),
        ("sdr. siti tidak terdaftar", "sdr. … tidak terdaftar"),
        ("Budi Contoh, Ita", "Budi …, …"),
        ("sitinurbaya", "sitinurbaya"),
    ],
)
def test_a_name_is_hidden_word_by_word_from_two_letters_on(said: str, left: str) -> None:
    assert Redactor(name="Siti A. Al-Contoh, Ita")(said) == left


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("no 1234567 ada", "no 1234567 ada"),
        ("no 12345678 ada", "no … ada"),
        ("no 1234.5678 ada", "no … ada"),
        ("no 1-2-3-4-5-6-7-8 ada", "no … ada"),
        ("no 1234%205678 ada", "no … ada"),
        ("no 1234" + " " * 9 + "5678 ada", "no … ada"),
        ("no 1234" + " " * 10 + "5678 ada", "no 1234" + " " * 10 + "5678 ada"),
        ("no 1234--5678 ada", "no 1234--5678 ada"),
        ("no 1234x5678 ada", "no 1234x5678 ada"),
        ("NIK3212345678987654X", "NIK…X"),
    ],
)
def test_a_number_that_could_be_anybodys_is_hidden_from_eight_digits_on(
    said: str, left: str
) -> None:
    assert Redactor()(said) == left


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-23",
        "23-11-2026",
        "2026-11-23 08:05",
        "2026-11-23 08:05:01",
        "23-11-2026 08:05:01",
    ],
)
def test_a_date_stays_with_its_time(moment: str) -> None:
    said = f"Waktu ({moment} WIB), {moment}. Lalu"
    assert Redactor(["11", "000"], name="Nama")(said) == said


@pytest.mark.parametrize("moment", ["2026-11-231", "12026-11-23", "2026-11-23 08:05:012"])
def test_what_only_begins_or_ends_like_a_date_is_a_number(moment: str) -> None:
    assert "2026-11-23" not in Redactor()(moment).replace("2026-11-23 08:05", "")


KODEBOOKING = "2026/11/23/000123"


@pytest.mark.parametrize("private", [(), ("000123",), ("123",), ("2026",)])
def test_the_kode_booking_stays_even_if_it_holds_a_number_of_the_patient(
    private: tuple[str, ...],
) -> None:
    said = f"Kode Booking {KODEBOOKING} tidak ditemukan"
    assert Redactor(private, kodebooking=KODEBOOKING)(said) == said


def test_the_kode_booking_stays_whatever_its_case() -> None:
    assert Redactor(kodebooking="a12345678")("kode A12345678.") == "kode A12345678."


@pytest.mark.parametrize("said", ["120261123000001", "202611230000011"])
def test_a_number_that_only_holds_the_kode_booking_is_hidden(said: str) -> None:
    assert Redactor(kodebooking="20261123000001")(said) == "…"


def test_without_a_kode_booking_nothing_else_is_kept() -> None:
    assert Redactor(["123"], kodebooking="")("123 lalu 3212345678987654") == "… lalu …"


@pytest.mark.parametrize(("said", "left"), [(None, ""), ("", ""), (0, ""), (5, "5"), ([1], "[1]")])
def test_what_is_no_text_is_told_as_one(said: object, left: str) -> None:
    assert Redactor()(said) == left


def test_a_message_becomes_one_line_and_is_cut() -> None:
    assert one_line(" a\nb\x1b[0m\u2028\ud800c\t") == "a b [0m  c"
    assert Redactor()("x" * (MAX_MESSAGE + 1)) == "x" * 300
    assert Redactor()("\n" * 2999 + "ab") == "a", "no more of it is looked at"
