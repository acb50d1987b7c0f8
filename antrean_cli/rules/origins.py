"""Where a value of an add came from: the table and the column of Khanza's to be mended.

BPJS names the field that it does not take; which of several places it was filled from, only the
visit tells. It is for people: nothing is decided by it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from antrean_cli.rules.add_fields import FIELDS
from antrean_cli.rules.identity import Stated, cards_of, niks_of, phones_of
from antrean_cli.rules.listings import kodedokter_of
from antrean_cli.rules.sessions import jampraktek_of
from antrean_cli.rules.values import comparable, filled, whole
from antrean_cli.rules.visits import Visit

_BOOKING = "referensi_mobilejkn_bpjs"
# Other words of BPJS's for a field than its name; the first that stands in a text counts.
_OTHER_WORDS = {
    r"no(mor)?\.? ?(kartu|peserta)": "nomorkartu",
    r"no(mor)?\.? ?(hp|telepon|telp)": "nohp",
    r"no(mor)?\.? ?(rm|rekam medis)": "norm",
    r"jam ?praktek|jadwal": "jampraktek",
    r"rujukan|surat kontrol": "nomorreferensi",
    r"dokter": "kodedokter",
    r"poli": "kodepoli",
}


def origin_of_refused(visit: Visit, body: Mapping[str, Any], text: str) -> str:
    """Return `table.column` of the value that BPJS does not take, empty where that is not known.

    `body` is the add's, `text` what BPJS said of it.
    """
    name = field_named(text)
    wanted = comparable(str(body.get(name, "")))
    if not wanted:
        return ""
    places = ((place, comparable(value)) for place, value in _places(visit, name))
    return next((place for place, value in places if value == wanted), "")


def field_named(text: str) -> str:
    """Return the one field that a text of BPJS's names, empty if it names none, or several."""
    folded = text.lower()
    own = [name for name in FIELDS if re.search(rf"\b{name}\b", folded)]
    if own:
        return own[0] if len(own) == 1 else ""
    return next(
        (name for words, name in _OTHER_WORDS.items() if re.search(rf"\b({words})\b", folded)), ""
    )


def _places(visit: Visit, name: str) -> Iterator[tuple[str, str]]:
    """Yield where a field can come from with what stands there, as it is sent."""
    row, booking, letter = visit.registration, visit.booking, visit.surat_kontrol
    sep = visit.sep
    of_sep = "bridging_sep_internal" if sep and sep.internal else "bridging_sep"
    if name == "nik":
        columns = Stated(f"{_BOOKING}.nik", "", "pasien.no_ktp")
        yield from zip(columns, niks_of(visit), strict=True)
    elif name == "nomorkartu":
        columns = Stated(f"{_BOOKING}.nomorkartu", f"{of_sep}.no_kartu", "pasien.no_peserta")
        yield from zip(columns, cards_of(visit), strict=True)
    elif name == "nohp":
        columns = Stated(f"{_BOOKING}.nohp", f"{of_sep}.notelep", "pasien.no_tlp")
        yield from zip(columns, phones_of(visit), strict=True)
    elif name == "norm":
        yield "reg_periksa.no_rkm_medis", filled(row and row.norm)
        yield f"{_BOOKING}.norm", filled(booking and booking.norm)
    elif name == "nomorreferensi":
        yield f"{_BOOKING}.nomorreferensi", filled(booking and booking.nomorreferensi)
        yield f"{of_sep}.no_rujukan", filled(sep and sep.no_rujukan)
        yield f"{of_sep}.noskdp", filled(sep and sep.noskdp)
        yield "bridging_surat_kontrol_bpjs.no_surat", filled(letter and letter.no_surat)
    elif name == "kodepoli":
        named = visit.named_clinic
        yield "maping_poli_bpjs.kd_poli_bpjs", filled(named and named.kd_poli_bpjs)
        yield "maping_poli_bpjs.kd_poli_bpjs", filled(row and row.kd_poli_bpjs)
        yield f"{_BOOKING}.kodepoli", filled(booking and booking.kodepoli)
        yield f"{of_sep}.kdpolitujuan", filled(sep and sep.kodepoli)
    elif name == "kodedokter":
        table, doctor = "maping_dokter_dpjpvclaim.kd_dokter_bpjs", visit.named_doctor
        yield table, _number(doctor and doctor.kd_dokter_bpjs)
        yield table, _number(row and row.kd_dokter_bpjs)
        yield f"{_BOOKING}.kodedokter", _number(booking and booking.kodedokter)
        yield f"{of_sep}.kddpjp", _number(sep and sep.kodedokter)
    elif name == "jampraktek":
        yield f"{_BOOKING}.jampraktek", filled(booking and booking.jampraktek)
        if visit.slot and not visit.hfis_slot:
            yield "jadwal.jam_mulai, jam_selesai", jampraktek_of(visit.slot)
    elif name == "tanggalperiksa" and booking:
        yield f"{_BOOKING}.tanggalperiksa", visit.tanggal.isoformat()
    elif name == "tanggalperiksa":
        yield "reg_periksa.tgl_registrasi", visit.tanggal.isoformat()


def _number(code: str | None) -> str:
    """Return a doctor's code as it is sent, empty if it is no number."""
    number = whole(kodedokter_of(filled(code)))
    return "" if number is None else str(number)
