"""The words of causes: every cause has some, and none of them gives anything away."""

from __future__ import annotations

import re
from typing import Any

import pytest

from antrean_cli.cause_words import (
    WORDS,
    mend,
    told,
    told_with_typed,
    trouble_sentence,
    typed,
    waiting_helps,
)
from antrean_cli.errors import CredentialsError, TemporaryError
from antrean_cli.rules.causes import Cause, Trouble, trouble

# Where nobody can do anything but wait.
BY_ITSELF = {
    *(Cause.TIMEOUT, Cause.CUT, Cause.OVERLOADED, Cause.NO_ENVELOPE, Cause.UNREADABLE),
    *(Cause.KHANZA_CUT, Cause.KHANZA_OTHER),
}


def test_every_cause_has_a_sentence() -> None:
    assert list(WORDS) == list(Cause)


@pytest.mark.parametrize("cause", Cause)
def test_what_does_not_mend_itself_says_what_to_do(cause: Cause) -> None:
    assert bool(mend(trouble(cause))) == (cause not in BY_ITSELF)
    assert waiting_helps(trouble(cause)) or mend(trouble(cause))


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize(
    "numbers", [{}, {"status": 404, "galat": 1045, "seconds": 300}], ids=["bare", "numbered"]
)
def test_a_sentence_can_be_made_of_what_is_known(cause: Cause, numbers: dict[str, Any]) -> None:
    """It fits into another one: no full stop, no line of its own, no brace that is left over."""
    said = trouble_sentence(trouble(cause, **numbers))
    assert said
    assert not re.search(r"[{}\n]|\.$", said)
    assert not mend(trouble(cause)).endswith(".")


@pytest.mark.parametrize(
    ("cause", "about", "said"),
    [
        (Cause.NO_ROUTE, "updatewaktu", "periksa BPJS_UPDATE_PATH; "),
        (Cause.NO_ROUTE, "add", "periksa BPJS_BASE_URL; "),
        (Cause.NO_ROUTE, "add, updatewaktu", "periksa BPJS_BASE_URL dan BPJS_UPDATE_PATH; "),
        (Cause.WEB_PAGE, "add", "minta administrator firewall atau proxy "),
        (Cause.TIMEOUT, "add", "bila berlanjut, laporkan ke BPJS "),
        (Cause.DNS, "add", "periksa BPJS_BASE_URL dan DNS "),
    ],
)
def test_a_cause_that_only_some_calls_have_is_mended_elsewhere(
    cause: Cause, about: str, said: str
) -> None:
    assert mend(trouble(cause, about)).startswith(said)
    assert "BPJS_BASE_URL" not in trouble_sentence(trouble(Cause.NO_ROUTE, about, status=404))


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("ENOENT", "foldernya tidak ada"),
        ("ENOSPC", "disk penuh"),
        ("EXDEV", "kesalahan sistem 18"),
        ("ESOK", "sistem menolaknya"),
        ("", "sistem menolaknya"),
    ],
)
def test_a_file_that_cannot_be_written_says_why(about: str, said: str) -> None:
    assert trouble_sentence(trouble(Cause.UNWRITABLE, about)) == said


def test_sentences_tell_causes_apart() -> None:
    assert len({told(trouble(cause)) for cause in Cause}) == len(Cause)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-75, "jam komputer ini 1 menit lebih lambat daripada jam BPJS"),
        (600, "jam komputer ini 10 menit lebih cepat daripada jam BPJS"),
        (-25_200, "jam komputer ini 7 jam lebih lambat daripada jam BPJS"),
        (259_200, "jam komputer ini 3 hari lebih cepat daripada jam BPJS"),
        (None, "BPJS menolak jam komputer ini"),
    ],
)
def test_a_clock_is_told_with_how_far_it_is_off(seconds: int | None, said: str) -> None:
    off = trouble(Cause.CLOCK_OFF, seconds=seconds)
    assert trouble_sentence(off) == said
    assert typed(off) == "sudo timedatectl set-ntp true"


@pytest.mark.parametrize(
    ("cause", "about", "said"),
    [
        (
            Cause.KHANZA_SCHEMA,
            "jadwal.kuota, resep_obat, jadwal.kd_poli",
            "Khanza tidak sesuai: tabel jadwal tidak punya kolom kuota, kd_poli; tabel resep_obat "
            "tidak ada",
        ),
        (
            Cause.KHANZA_GRANT,
            "pasien, jadwal.kuota",
            "akun antrean tidak boleh membaca tabel pasien; tabel jadwal kolom kuota",
        ),
        (Cause.KHANZA_CRASHED, "jadwal", "tabel jadwal rusak di server database Khanza"),
    ],
)
def test_tables_and_columns_are_named(cause: Cause, about: str, said: str) -> None:
    assert trouble_sentence(trouble(cause, about)) == said


def test_bpjss_own_words_stand_behind_ours() -> None:
    why = trouble(Cause.KEY_REFUSED, said="user_key tidak terdaftar (kode 403)")
    assert told(why) == (
        "BPJS menolak user_key: user_key tidak terdaftar (kode 403); periksa BPJS_USER_KEY"
    )


def test_an_error_by_a_cause_is_told_in_its_words() -> None:
    off: Trouble = trouble(Cause.CLOCK_OFF, seconds=600)
    assert str(CredentialsError(why=off)) == told_with_typed(off)
    doubtful = TemporaryError("belum pasti diterima", why=trouble(Cause.TIMEOUT))
    assert str(doubtful) == "BPJS tidak menjawab tepat waktu; belum pasti diterima"
    assert CredentialsError("lain", advice="ini", why=off).advice == "ini"
