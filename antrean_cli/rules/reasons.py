"""Why a push waits, was refused, or was given up: codes with parameters, and no sentence.

- What stands before the dot of a code is its *family*: what scripts, metrics and `--reason` go by
  (`reason_code` of JSON). What stands behind it tells apart what is shown in other words.
- By these codes stand who has to act in acting.py, sentences and what to type in
  render/reasons.py.
- A note on a push is a reason too: it is shown, and keeps nothing.
"""

import re
from datetime import datetime, timezone
from typing import NamedTuple, Union

from antrean_cli.rules.codes import Code, Step


class ReasonCode(Code):
    """Every reason and note, with its parameters behind it."""

    # -- the add, and what a body lacks
    CLINIC_UNMAPPED = "petakan.poli"  # kd_poli
    DOCTOR_UNMAPPED = "petakan.dokter"  # kd_dokter
    DOCTOR_CODE_NO_NUMBER = "petakan.dokter_bukan_angka"  # kd_dokter
    BOOKING_FIELD_NO_NUMBER = "petakan.booking"  # field
    NO_SESSION = "jadwal.kosong"  # kd_dokter, kd_poli, hari
    SESSION_WITHOUT_END = "jadwal.jam_selesai"  # kd_dokter
    SESSION_ENDS_FIRST = "jadwal.terbalik"  # kd_dokter
    NO_TIME_OF_REGISTRATION = "jam_reg"
    NO_REFERENCE = "referensi"
    NIK_UNFIT = "identitas.nik"
    CARD_UNFIT = "identitas.kartu"
    PHONE_UNKNOWN = "identitas.telepon"
    NORM_UNKNOWN = "identitas.norm"
    AMBIGUOUS = "ganda"  # count, kodebooking (those that are named)
    # -- the patient and the visit
    NO_SIGN_YET = "hadir.belum"
    NO_SHOW = "hadir.tidak"
    GONE = "hilang"
    HANDED_ON = "hilang.nomor"
    BOOKING_CANCELLED = "hilang.batal"
    MOVED_TO_BOOKING = "hilang.booking"
    ANOTHER_DAY = "hilang.hari"
    VISIT_SOUGHT = "kunjungan.dicari"  # seen for the first time
    VISIT_UNCLEAR = "kunjungan.belum_jelas"
    ODD_CODE = "kode"  # field
    LEFT_OUT = "poli"
    LEFT_ALIVE = "hidup"
    REREAD = "ulang"
    # -- order and time of the tasks
    WAITING_FOR_TASK = "urutan"  # step
    WAITING_FOR_ADMISSION = "urutan.admisi"  # until, if it is a setting that makes it wait
    WAITING_FOR_ADD = "antrean"  # add: the reason of the add
    NONJKN_DELAYED = "tunda.nonjkn"  # until
    ADD_NOT_THERE = "antrean.belum"  # the same: BPJS was asked, and has no such booking
    WRONG_ORDER = "waktu"  # step, waktu, before (a step), before_waktu
    MISSES_ARRIVAL = "waktu.admisi"  # step, waktu, arrival_waktu
    AFTER_ARRIVAL = "admisi"
    TIMES_DISAGREE = "waktu.berselisih"  # step, waktu, later (a step), later_waktu
    TIME_UNRECORDED = "tercatat"  # step, sources
    NOT_ON_DAY = "hari"  # waktu
    EXPIRED = "lewat"  # why: the reason that it was not told by then, if there was one
    # -- what BPJS said
    REFUSED = "ditolak"  # text: BPJS's own, else kode
    REFUSED_UNKNOWN = "ditolak.tidak_ada"  # a cancel of what BPJS does not know
    REFUSED_DOCTOR = "ditolak.dokter"  # the same
    REFUSED_REFERENCE = "ditolak.rujukan"  # the same: the number that the add refers to
    ADD_REFUSED = "ditolak.antrean"  # add: the reason of the add
    SEP_FIRST = "sep"
    OVERTAKEN = "terdahului"  # text
    DEMANDED_TASK = "diminta.task"  # step
    DEMANDED_ADD = "diminta.antrean"
    CONTRADICTION = "diminta.bertentangan"  # text: what is asked for is there, and was sent again
    KEPT = "disimpan"
    NOT_AT_BPJS = "tidak_ada"
    IN_DOUBT = "ragu"
    FARMASI_UNSETTLED = "farmasi"
    # -- cancels
    CANCELLED = "batal.antrean"
    CANCELLED_BY_KHANZA = "batal.khanza"
    CANCELLED_AT_BPJS = "batal.bpjs"
    CANCEL_DELAYED = "batal.ditunggu"  # until
    CANCEL_TOO_LATE = "batal_terlambat"  # kodebooking
    AFTER_SERVICE = "selesai"
    DROPPED = "dilepas"  # keterangan
    CLOSED = "tutup"
    # -- notes
    TIME_CHANGED = "catatan.waktu"  # waktu
    VISIT_CHANGED = "catatan.kunjungan"  # penjamin, poli, dokter as they were; …_now
    ANOTHER_PATIENTS = "catatan.pasien_lain"
    ADOPTED = "catatan.adopsi"  # kodebooking: the one that would have been ours

    @property
    def family(self) -> str:
        """What scripts, metrics and `--reason` go by."""
        return self.value.partition(".")[0]


Param = Union[str, int, datetime, "Reason"]


class Reason(NamedTuple):
    """One reason: its code, its parameters by name, and `behind`.

    `behind` is the step of another push that was closed for this reason and stands before the one
    that has it; empty if it is the push's own. `verbatim` among the parameters is the sentence as
    an older version has written it, where its parts are not known any more.
    """

    code: ReasonCode
    params: tuple[tuple[str, Param], ...] = ()
    behind: str = ""

    def get(self, name: str) -> Param | None:
        """Return one parameter, or None."""
        return next((value for known, value in self.params if known == name), None)


def because(code: ReasonCode, **params: Param) -> Reason:
    """Return a reason with its parameters."""
    return Reason(code, tuple(sorted(params.items())))


def general(reason: Reason) -> Reason:
    """Return a reason without what differs from visit to visit: its times.

    So that those who wait for the same thing can be counted together. BPJS's own texts carry times
    as well.
    """
    kept = ((name, value) for name, value in reason.params if not isinstance(value, datetime))
    return reason._replace(params=tuple((name, _without_times(value)) for name, value in kept))


def _without_times(value: Param) -> Param:
    if isinstance(value, Reason):
        return general(value)
    return re.sub(r"\(.*?\)|\d\d:\d\d(:\d\d)?", "…", value) if isinstance(value, str) else value


def has_code(reason: Reason | None, *codes: ReasonCode) -> bool:
    """Return whether there is a reason, and it is one of these."""
    return reason is not None and reason.code in codes


def named_by_code(reason: Reason, wanted: str) -> bool:
    """Return whether a word is a reason's code, or that of its family."""
    return wanted in (reason.code.family, reason.code)


# Closings that rest on what Khanza or the clock says: another word of theirs opens them again.
REOPENING = frozenset(
    {
        ReasonCode.NO_SHOW,
        ReasonCode.NO_SIGN_YET,
        ReasonCode.NOT_ON_DAY,
        ReasonCode.EXPIRED,
        ReasonCode.CANCELLED,
        ReasonCode.CANCELLED_BY_KHANZA,
        ReasonCode.CANCELLED_AT_BPJS,
        ReasonCode.CANCEL_DELAYED,
    }
)
# Reasons of the first look at what may be settled by the next one: Khanza writes statement by
# statement. Nobody is told of them.
UNTOLD = frozenset({ReasonCode.VISIT_SOUGHT})
# Delays that the settings ask for: what they hold goes on by itself, `until` says when.
DELAYS = frozenset({ReasonCode.NONJKN_DELAYED, ReasonCode.CANCEL_DELAYED})
# What waits for the add, or is over with it: `add` is the add's own reason.
BEHIND_ADD = (ReasonCode.WAITING_FOR_ADD, ReasonCode.ADD_NOT_THERE, ReasonCode.ADD_REFUSED)
# Reasons that many visits share: people are told of them once, not once a visit.
SHARED_FAMILIES = frozenset({"petakan", "jadwal"})

CANCELLED = because(ReasonCode.CANCELLED)
EXPIRED = because(ReasonCode.EXPIRED)
AFTER_SERVICE = because(ReasonCode.AFTER_SERVICE)
REREAD = because(ReasonCode.REREAD)
NO_SIGN_YET = because(ReasonCode.NO_SIGN_YET)
NO_SHOW = because(ReasonCode.NO_SHOW)
GONE = because(ReasonCode.GONE)
HANDED_ON = because(ReasonCode.HANDED_ON)
LEFT_ALIVE = because(ReasonCode.LEFT_ALIVE)
LEFT_OUT = because(ReasonCode.LEFT_OUT)
IN_DOUBT = because(ReasonCode.IN_DOUBT)
# No list of BPJS's shows antrean farmasi: only sending it again would tell.
FARMASI_UNSETTLED = because(ReasonCode.FARMASI_UNSETTLED)
CANCELLED_BY_KHANZA = because(ReasonCode.CANCELLED_BY_KHANZA)
CANCELLED_AT_BPJS = because(ReasonCode.CANCELLED_AT_BPJS)


def demanded(step: str) -> Reason:
    """Return the reason "BPJS wants another step first"."""
    if step == Step.ADD:
        return because(ReasonCode.DEMANDED_ADD)
    return because(ReasonCode.DEMANDED_TASK, step=str(step))


def waiting_for_task(step: str) -> Reason:
    """Return the reason "a task waits for the one before it"."""
    return because(ReasonCode.WAITING_FOR_TASK, step=str(step))


def wrong_order(
    step: str, waktu: datetime, before: str, before_waktu: datetime, zone: timezone
) -> Reason:
    """Return the reason "a task does not follow the one before it", both times in `zone`."""
    times = {"waktu": waktu.astimezone(zone), "before_waktu": before_waktu.astimezone(zone)}
    return because(ReasonCode.WRONG_ORDER, step=str(step), before=str(before), **times)
