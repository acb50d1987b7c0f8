"""The registry of reasons: for each code its sentence, what to type, when it ends.

- The only place where a reason becomes words (Indonesian). `show`, `list`, `status`, the pass's
  own words and the guide's page of reasons are made from it.
- A sentence names its parameters in braces; one that is not known is shown as "…".
- Who can do something about a reason stands in rules/acting.py.
"""

import shlex
from collections.abc import Callable, Mapping
from typing import NamedTuple

from antrean_cli.rules.reasons import Reason, ReasonCode, named_by_code


class Words(NamedTuple):
    """What is said of one reason.

    `advice` is what to do about it, with {kodebooking} for the booking's number; empty where
    there is nothing to be done, or where another reason's advice says it.
    """

    sentence: str | Callable[[Mapping[str, object]], str]
    advice: str = ""


_UNKNOWN = "…"


def _refusal(said: Mapping[str, object]) -> str:
    text = str(said["text"]) if "text" in said else f"ditolak BPJS (kode {said['kode']})"
    return f"{text} (diambil dari {said['origin']})" if "origin" in said else text


def _lapsed(said: Mapping[str, object]) -> str:
    why = f" ({said['why']})" if "why" in said else ""
    return f"lewat H+7: BPJS tidak menerima lagi{why}"


def _changed_visit(said: Mapping[str, object]) -> str:
    names = [name for name in ("penjamin", "poli", "dokter") if name in said]
    changed = [f"{name} {said[name]} menjadi {said[f'{name}_now']}" for name in names]
    return f"berubah di Khanza setelah dikirim: {', '.join(changed)}"


_MAPPING = "isi tabel pemetaan di Khanza; setelah itu terkirim otomatis"
_JADWAL = "isi tabel jadwal di Khanza; setelah itu terkirim otomatis"
_IDENTITY = "betulkan data pasien di Khanza; setelah itu terkirim otomatis"
_MEND = "betulkan di Khanza, lalu terkirim sendiri; bila di VClaim: antrean retry {kodebooking}"
_MEND_DOCTOR = (
    "betulkan pemetaan di Khanza, lalu terkirim sendiri; bila di HFIS: antrean retry {kodebooking}"
)
_GIVE_WHAT_IS_ASKED = "kirim yang diminta BPJS: antrean add atau antrean update"

WORDS: Mapping[ReasonCode, Words] = {
    # -- the add, and what a body lacks
    ReasonCode.CLINIC_UNMAPPED: Words(
        "poli {kd_poli} belum dipetakan di maping_poli_bpjs", _MAPPING
    ),
    ReasonCode.DOCTOR_UNMAPPED: Words(
        "dokter {kd_dokter} belum dipetakan di maping_dokter_dpjpvclaim",
        _MAPPING,
    ),
    ReasonCode.DOCTOR_CODE_NO_NUMBER: Words(
        "dokter {kd_dokter} dipetakan ke kode yang bukan angka di maping_dokter_dpjpvclaim",
        _MAPPING,
    ),
    ReasonCode.BOOKING_FIELD_NO_NUMBER: Words(
        "{field} di referensi_mobilejkn_bpjs bukan angka", _MAPPING
    ),
    ReasonCode.NO_SESSION: Words(
        "jadwal dokter {kd_dokter} poli {kd_poli} hari {hari} belum diisi di tabel jadwal",
        _JADWAL,
    ),
    ReasonCode.SESSION_WITHOUT_END: Words(
        "jam selesai dokter {kd_dokter} belum diisi di tabel jadwal",
        _JADWAL,
    ),
    ReasonCode.SESSION_ENDS_FIRST: Words(
        "jam selesai dokter {kd_dokter} tidak sesudah jam mulai di tabel jadwal",
        "betulkan tabel jadwal di Khanza; setelah itu terkirim otomatis",
    ),
    ReasonCode.NO_TIME_OF_REGISTRATION: Words(
        "jam registrasi belum diisi, dan dokternya praktek lebih dari sekali hari itu",
        "isi jam registrasi kunjungan di Khanza; setelah itu terkirim otomatis",
    ),
    ReasonCode.NO_REFERENCE: Words(
        "menunggu nomor referensi (SEP atau surat kontrol)",
        "terbitkan SEP atau surat kontrol; setelah itu terkirim otomatis",
    ),
    ReasonCode.NIK_UNFIT: Words("NIK pasien bukan 16 angka", _IDENTITY),
    ReasonCode.CARD_UNFIT: Words("nomor kartu BPJS pasien bukan 13 angka", _IDENTITY),
    ReasonCode.PHONE_UNKNOWN: Words("nomor telepon pasien belum diisi", _IDENTITY),
    ReasonCode.NORM_UNKNOWN: Words("nomor rekam medis pasien belum diisi", _IDENTITY),
    ReasonCode.AMBIGUOUS: Words(
        "BPJS punya {count} antrean pasien ini: {kodebooking}",
        "batalkan yang tidak dipakai (antrean batal KODEBOOKING); setelah itu terkirim otomatis",
    ),
    # -- the patient and the visit
    ReasonCode.NO_SIGN_YET: Words(
        "belum ada tanda hadir",
        advice="terkirim otomatis begitu pasien check-in atau diperiksa",
    ),
    ReasonCode.NO_SHOW: Words("tidak ada tanda hadir sampai hari pelayanan lewat"),
    ReasonCode.GONE: Words(
        "kunjungan tidak ada lagi di Khanza (dihapus atau digabung)",
        "periksa kunjungannya di Khanza",
    ),
    ReasonCode.HANDED_ON: Words(
        "nomor ini sekarang milik pasien lain",
        "periksa kunjungan pasien yang lama di Khanza",
    ),
    ReasonCode.BOOKING_CANCELLED: Words(
        "booking ini Batal di Khanza, tanpa baris di referensi_mobilejkn_bpjs_batal",
        "periksa bookingnya di Khanza",
    ),
    ReasonCode.MOVED_TO_BOOKING: Words(
        "kunjungan ini kini milik booking Mobile JKN",
        "periksa bookingnya di Khanza",
    ),
    ReasonCode.ANOTHER_DAY: Words(
        "kunjungan dipindah ke hari lain", advice="terkirim otomatis pada hari itu"
    ),
    ReasonCode.VISIT_SOUGHT: Words(
        "kunjungan booking ini dicari di Khanza", advice="tunggu putaran berikutnya"
    ),
    ReasonCode.VISIT_UNCLEAR: Words(
        "kunjungan booking ini belum jelas",
        "periksa kunjungan pasien ini di Khanza; bila tidak dilayani, batalkan bookingnya",
    ),
    ReasonCode.ODD_CODE: Words(
        "{field} di Khanza memuat huruf yang tidak terlihat",
        "betulkan di Khanza; bila tidak perlu dikirim: "
        "antrean drop {kodebooking} --keterangan ALASAN",
    ),
    ReasonCode.LEFT_ALIVE: Words(
        "masih berlaku di BPJS, tidak ada lagi di Khanza",
        "bila memang batal: antrean batal {kodebooking} --keterangan ALASAN",
    ),
    ReasonCode.LEFT_OUT: Words(
        "poli tidak ikut (ANTREAN_ONLY_POLI atau ANTREAN_SKIP_POLI)",
        "ubah pengaturan bila poli ini harus ikut",
    ),
    ReasonCode.REREAD: Words(
        "dibaca ulang dari Khanza pada putaran berikutnya", advice="tunggu putaran berikutnya"
    ),
    # -- order and time of the tasks
    ReasonCode.WAITING_FOR_TASK: Words(
        "menunggu task {step}", "lengkapi task sebelumnya di Khanza"
    ),
    ReasonCode.WAITING_FOR_ADMISSION: Words(
        "menunggu task 1 dan 2 (admisi)",
        advice="terkirim otomatis; task 3 menunggu paling lama ANTREAN_ADMISI_MINUTES",
    ),
    ReasonCode.WAITING_FOR_ADD: Words("menunggu antrean: {add}"),
    ReasonCode.NONJKN_DELAYED: Words(
        "ditunda sampai {until:%H:%M} (pasien umum)", advice="terkirim otomatis setelah itu"
    ),
    ReasonCode.ADD_NOT_THERE: Words("antrean belum ada di BPJS: {add}"),
    ReasonCode.WRONG_ORDER: Words(
        "waktu task {step} ({waktu:%H:%M:%S}) tidak sesudah task {before} "
        "({before_waktu:%H:%M:%S})",
        "betulkan waktunya di Khanza",
    ),
    ReasonCode.TIMES_DISAGREE: Words(
        "waktu task {step} ({waktu:%H:%M:%S}) sesudah task {later} ({later_waktu:%H:%M:%S}), "
        "ditunggu sampai jelas",
        advice="terkirim otomatis begitu kunjungan berlanjut",
    ),
    ReasonCode.TIME_UNRECORDED: Words(
        "waktu task {step} belum tercatat ({sources})",
        "catat di Khanza; setelah itu terkirim otomatis",
    ),
    ReasonCode.MISSES_ARRIVAL: Words(
        "waktu task {step} ({waktu:%H:%M:%S}) tidak sebelum task 3 ({arrival_waktu:%H:%M:%S})",
        advice="task 3 terkirim tanpa task 1 dan 2",
    ),
    ReasonCode.AFTER_ARRIVAL: Words("terlambat: task 3 atau sesudahnya sudah ada di BPJS"),
    ReasonCode.NOT_ON_DAY: Words("di luar hari pelayanan ({waktu:%d-%m-%Y %H:%M:%S})"),
    ReasonCode.EXPIRED: Words(_lapsed),
    # -- what BPJS said
    ReasonCode.REFUSED: Words(_refusal, _MEND),
    ReasonCode.REFUSED_REFERENCE: Words(_refusal, _MEND),
    ReasonCode.REFUSED_UNKNOWN: Words(_refusal, _MEND),
    ReasonCode.REFUSED_DOCTOR: Words(_refusal, _MEND_DOCTOR),
    ReasonCode.ADD_REFUSED: Words("antrean ditolak: {add}", advice=_MEND),
    ReasonCode.SEP_FIRST: Words("SEP mendahului antrean"),
    ReasonCode.OVERTAKEN: Words("{text}"),
    ReasonCode.DEMANDED_TASK: Words("menunggu task {step} (diminta BPJS)", _GIVE_WHAT_IS_ASKED),
    ReasonCode.DEMANDED_ADD: Words("kode booking belum ada di BPJS", _GIVE_WHAT_IS_ASKED),
    ReasonCode.CONTRADICTION: Words(
        "{text}",
        "BPJS meminta task yang sudah ada padanya; tanyakan ke BPJS, lalu: "
        "antrean retry {kodebooking}",
    ),
    ReasonCode.KEPT: Words(
        "disimpan: kode booking belum ada di BPJS",
        advice="terkirim otomatis begitu antreannya ada di BPJS; bila kode bookingnya salah: "
        "antrean drop {kodebooking} --keterangan ALASAN",
    ),
    ReasonCode.NOT_AT_BPJS: Words("tidak ada di BPJS, tidak perlu dibatalkan"),
    ReasonCode.IN_DOUBT: Words(
        "menunggu kepastian dari BPJS", advice="terkirim otomatis begitu BPJS menjawab"
    ),
    ReasonCode.FARMASI_UNSETTLED: Words(
        "tidak perlu dikirim lagi; belum pasti apakah sudah sampai di BPJS"
    ),
    # -- cancels
    ReasonCode.CANCELLED: Words("antrean dibatalkan"),
    ReasonCode.CANCELLED_BY_KHANZA: Words("sudah dibatalkan oleh Khanza"),
    ReasonCode.CANCELLED_AT_BPJS: Words("sudah dibatalkan di BPJS"),
    ReasonCode.CANCEL_DELAYED: Words(
        "ditunda sampai {until:%H:%M} (batal di meja)",
        "tunggu, atau batalkan pembatalannya di Khanza",
    ),
    ReasonCode.CANCEL_TOO_LATE: Words(
        lambda said: (
            "batal di luar hari pelayanan; bila perlu ketik: antrean batal "
            f"{shlex.quote(str(said['kodebooking']))} --keterangan ALASAN"
        )
    ),
    ReasonCode.AFTER_SERVICE: Words("batal setelah pelayanan selesai (task 5 sudah terkirim)"),
    ReasonCode.DROPPED: Words("dilepas: {keterangan}"),
    ReasonCode.CLOSED: Words("ditutup"),
    # -- notes
    ReasonCode.TIME_CHANGED: Words("Khanza kini mencatat {waktu:%d-%m-%Y %H:%M:%S}"),
    ReasonCode.VISIT_CHANGED: Words(_changed_visit),
    ReasonCode.ANOTHER_PATIENTS: Words("antrean ini di BPJS milik pasien lain"),
    ReasonCode.ADOPTED: Words("memakai antrean yang sudah ada di BPJS, bukan {kodebooking}"),
}
# What lets a hold go on, as the guide has it, by the family of its reason.
GOES_ON: Mapping[str, str] = {
    "petakan": "tabel pemetaan di Khanza sudah punya barisnya",
    "jadwal": "`jadwal` sudah punya jam praktek dokter itu pada hari itu",
    "jam_reg": "jam registrasinya sudah diisi di reg_periksa",
    "referensi": "SEP atau surat kontrolnya sudah ada",
    "identitas": "data pasien di Khanza sudah dibetulkan",
    "ganda": "yang tidak dipakai sudah dibatalkan",
    "hadir": "pasien check-in atau diperiksa; setelah hari itu ditutup sebagai tidak datang",
    "hilang": "kunjungannya ada lagi; yang digabung tetap ditahan sampai H+7",
    "kode": "kode atau nomornya sudah dibetulkan di Khanza",
    "kunjungan": "tepat satu kunjungan pasien itu ada pada hari dan poli itu, atau bookingnya "
    "dibatalkan",
    "hidup": "`antrean batal` diterima, BPJS tidak memilikinya lagi, atau kunjungannya ada lagi",
    "poli": "pengaturan mengikutkan poli itu",
    "ulang": "putaran berikutnya sudah berjalan",
    "urutan": "langkah sebelumnya punya waktu dan terkirim",
    "tunda": "waktu tundanya lewat (ANTREAN_DELAY_NONJKN)",
    "antrean": "antreannya terkirim, atau BPJS sudah memilikinya dari tempat lain",
    "waktu": "salah satu waktunya dibetulkan di Khanza, atau ada waktu lain yang cocok",
    "tercatat": "salah satu sumbernya punya waktu",
    "ditolak": "datanya dibetulkan di Khanza; di tempat lain (HFIS, VClaim): setelah "
    "`antrean retry`",
    "diminta": "yang diminta terkirim (`antrean add`, `antrean update`); bila BPJS meminta yang "
    "sudah ada padanya: setelah `antrean retry`",
    "disimpan": "BPJS memiliki antreannya; setelah H+7 ditutup",
    "ragu": "BPJS menjawab",
    "batal": "waktu tundanya lewat (task 99), atau pembatalannya ditarik",
}


class _Known(dict[str, object]):
    """Parameters of a sentence, in which what is not known is "…" whatever its form."""

    def __missing__(self, _: str) -> "_Unknown":
        return _Unknown(_UNKNOWN)


class _Unknown(str):
    __slots__ = ()

    def __format__(self, _: str) -> str:
        return str(self)


def sentence(reason: Reason) -> str:
    """Return a reason in words; of what follows from another push, with that one's step."""
    said = dict(reason.params)
    words = said.get("verbatim")
    if words is None:
        known = {
            name: sentence(value) if isinstance(value, Reason) else value
            for name, value in said.items()
        }
        form = WORDS[reason.code].sentence
        words = form.format_map(_Known(known)) if isinstance(form, str) else form(_Known(known))
    return f"task {reason.behind} {words}" if reason.behind else str(words)


def advice_on(reason: Reason, kodebooking: str = "KODEBOOKING") -> str:
    """Return what to do about a reason, empty if nothing is to be said of that.

    What is to be typed has the booking's number, or the word that stands for any.
    """
    return WORDS[reason.code].advice.format(kodebooking=shlex.quote(kodebooking))


def mentions(reason: Reason, wanted: str) -> bool:
    """Return whether a person who types `--reason wanted` means this one.

    Its family, its code, or a part of its sentence.
    """
    return named_by_code(reason, wanted) or wanted.lower() in sentence(reason).lower()


def families() -> list[str]:
    """Return the families of the reasons that something can be done about, for completion."""
    return list(dict.fromkeys(code.family for code, words in WORDS.items() if words.advice))


def holds() -> dict[str, list[ReasonCode]]:
    """Return the reasons to wait by their family, in the order of `GOES_ON`."""
    found: dict[str, list[ReasonCode]] = {family: [] for family in GOES_ON}
    for code in WORDS:
        if WORDS[code].advice or code.family == ReasonCode.WAITING_FOR_ADD.family:
            found[code.family].append(code)
    return found
