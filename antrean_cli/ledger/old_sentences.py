"""Sentences that older versions stored instead of reasons → the reasons.

They are read once, when such a ledger is brought to today's schema. No sentence is read anywhere
else.
"""

import re
from collections.abc import Mapping

from antrean_cli.rules.reasons import Reason, ReasonCode, because

# By the code that was stored beside it: each sentence, and what it is called now. Parts that the
# sentence no longer tells whole, such as the day of a time, keep it as it is ("verbatim").
_SENTENCES: Mapping[str, tuple[tuple[str, ReasonCode], ...]] = {
    "petakan": (
        (r"poli (?P<kd_poli>.*) belum dipetakan di \w+", ReasonCode.CLINIC_UNMAPPED),
        (r"dokter (?P<kd_dokter>.*) belum dipetakan di \w+", ReasonCode.DOCTOR_UNMAPPED),
        (
            r"dokter (?P<kd_dokter>.*) dipetakan ke kode yang bukan angka di \w+",
            ReasonCode.DOCTOR_CODE_NO_NUMBER,
        ),
        (r"(?P<field>\w+) di referensi_\w+ bukan angka", ReasonCode.BOOKING_FIELD_NO_NUMBER),
    ),
    "jadwal": (
        (
            r"jadwal dokter (?P<kd_dokter>.*) poli (?P<kd_poli>.*) hari (?P<hari>\w+) belum .*",
            ReasonCode.NO_SESSION,
        ),
        (r"jam selesai dokter (?P<kd_dokter>.*) belum .*", ReasonCode.SESSION_WITHOUT_END),
    ),
    "referensi": ((r"menunggu nomor referensi .*", ReasonCode.NO_REFERENCE),),
    "ganda": (
        (
            r"BPJS punya (?P<count>\d+) antrean pasien ini: (?P<kodebooking>.*)",
            ReasonCode.AMBIGUOUS,
        ),
    ),
    "hadir": (
        (r"belum ada tanda hadir", ReasonCode.NO_SIGN_YET),
        (r"tidak ada tanda hadir .*", ReasonCode.NO_SHOW),
    ),
    "hilang": ((r"kunjungan tidak ada lagi .*", ReasonCode.GONE),),
    "poli": ((r"poli tidak ikut .*", ReasonCode.LEFT_OUT),),
    "ulang": ((r"dibaca ulang .*", ReasonCode.REREAD),),
    "urutan": ((r"menunggu task (?P<step>\d+)", ReasonCode.WAITING_FOR_TASK),),
    "lewat": ((r"lewat H\+7: .*", ReasonCode.EXPIRED),),
    "diminta": (
        (r"menunggu task (?P<step>\d+) \(diminta BPJS\)", ReasonCode.DEMANDED_TASK),
        (r"kode booking belum ada di BPJS", ReasonCode.DEMANDED_ADD),
    ),
    "sep": ((r"SEP mendahului antrean", ReasonCode.SEP_FIRST),),
    "terdahului": ((r"(?P<text>.*)", ReasonCode.OVERTAKEN),),
    "tidak_ada": ((r"tidak ada di BPJS, .*", ReasonCode.NOT_AT_BPJS),),
    "ragu": ((r"menunggu kepastian dari BPJS", ReasonCode.IN_DOUBT),),
    "farmasi": ((r"tidak perlu dikirim lagi; .*", ReasonCode.FARMASI_UNSETTLED),),
    "batal": (
        (r"antrean dibatalkan", ReasonCode.CANCELLED),
        (r"sudah dibatalkan oleh Khanza", ReasonCode.CANCELLED_BY_KHANZA),
        (r"sudah dibatalkan di BPJS", ReasonCode.CANCELLED_AT_BPJS),
    ),
    "batal_terlambat": (
        (
            r"batal di luar hari pelayanan; .*antrean batal (?P<kodebooking>.*) --keterangan .*",
            ReasonCode.CANCEL_TOO_LATE,
        ),
    ),
    "selesai": ((r"batal setelah pelayanan .*", ReasonCode.AFTER_SERVICE),),
    "dilepas": ((r"dilepas: (?P<keterangan>.*)", ReasonCode.DROPPED),),
    "tutup": ((r"ditutup", ReasonCode.CLOSED),),
    # BPJS's own words are no sentence of ours, whatever they are.
    "ditolak": (
        (r"antrean ditolak: .*", ReasonCode.ADD_REFUSED),
        (r"ditolak BPJS \(kode (?P<kode>.*)\)", ReasonCode.REFUSED),
        (r"(?P<text>.*(?i:dokter).*)", ReasonCode.REFUSED_DOCTOR),
        (r"(?P<text>.*)", ReasonCode.REFUSED),
    ),
}
# What stands for a sentence that none of the above is.
_OTHERWISE: Mapping[str, ReasonCode] = {
    "petakan": ReasonCode.DOCTOR_UNMAPPED,
    "antrean": ReasonCode.WAITING_FOR_ADD,
    "waktu": ReasonCode.WRONG_ORDER,
    "hari": ReasonCode.NOT_ON_DAY,
    "batal": ReasonCode.CANCEL_DELAYED,
}
_NOTES: tuple[tuple[str, ReasonCode], ...] = (
    (
        r"memakai antrean yang sudah ada di BPJS, bukan (?P<kodebooking>.*)",
        ReasonCode.ADOPTED,
    ),
    (r"berubah di Khanza setelah dikirim: .*", ReasonCode.VISIT_CHANGED),
    (r"Khanza kini mencatat .*", ReasonCode.TIME_CHANGED),
)
_WHOLE = frozenset({ReasonCode.ADD_REFUSED, ReasonCode.VISIT_CHANGED, ReasonCode.TIME_CHANGED})


def from_sentence(code: str, text: str) -> Reason:
    """Return the reason that an older version stored as a code and a sentence."""
    behind = re.match(r"task (\d+) (?=\S)", text)
    own = text[behind.end() :] if behind else text
    known = _SENTENCES.get(code, ())
    otherwise = _OTHERWISE.get(code, known[0][1] if known else ReasonCode.CLOSED)
    reason = _parsed(known, own) or because(otherwise, verbatim=own)
    return reason._replace(behind=behind[1] if behind else "")


def note_from_sentence(text: str) -> Reason | None:
    """Return the note that an older version stored as a sentence, None for an empty one."""
    if not text:
        return None
    return _parsed(_NOTES, text) or because(ReasonCode.VISIT_CHANGED, verbatim=text)


def _parsed(known: tuple[tuple[str, ReasonCode], ...], text: str) -> Reason | None:
    for pattern, code in known:
        if found := re.fullmatch(pattern, text, re.DOTALL):
            whole = {"verbatim": text} if code in _WHOLE else {}
            return because(code, **{**found.groupdict(), **whole})
    return None
