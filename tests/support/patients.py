"""Patients of the kinds that most tests want, written into a site's Khanza."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from tests.support.rows import words
from tests.support.site import MONDAY, Site

EXAM, BACK = "08:30:00", "08:50:00"  # of those who have gone home
GONE_HOME = [(3, "08:05:00"), (4, EXAM), (5, BACK)]  # what BPJS holds of them in the end


def patient(
    site: Site,
    tanggal: date = MONDAY,
    *,
    jam: str = "08:05:00",
    exam: str | None = None,
    back: str | None = None,
    **visit: Any,
) -> str:
    """Register a JKN patient with a SEP and return no_rawat.

    `exam` and `back` are the times of day of the examination and of the folder's return; `visit`
    goes to `Hospital.visit`.
    """
    no_rawat = site.khanza.visit(tanggal, jam=jam, **visit)
    site.khanza.sep(no_rawat)
    if exam:
        site.khanza.exam(no_rawat, f"{tanggal} {exam}")
    if back:
        site.khanza.berkas(no_rawat, kembali=f"{tanggal} {back}")
    return no_rawat


def examined(
    site: Site, tanggal: date = MONDAY, *, exam: str | None = "08:20:00", **visit: Any
) -> str:
    """Register a JKN patient with a SEP who has been examined; return no_rawat."""
    return patient(site, tanggal, exam=exam, **visit)


def gone_home(site: Site, tanggal: date = MONDAY, **visit: Any) -> str:
    """Register a JKN patient with a SEP who was examined and has gone home; return no_rawat."""
    return patient(site, tanggal, exam=EXAM, back=BACK, **visit)


def added_elsewhere(
    site: Site,
    no_rawat: str,
    tanggal: date = MONDAY,
    code: str = "",
    tasks: Iterable[Mapping[str, int]] = (),
) -> str:
    """Let BPJS have a visit's booking from Khanza's SEP form; return its kode booking."""
    norm = site.khanza.value("reg_periksa", "no_rkm_medis", no_rawat=no_rawat)
    nik, nomorkartu, nohp = (
        site.khanza.value("pasien", column, no_rkm_medis=norm)
        for column in ("no_ktp", "no_peserta", "no_tlp")
    )
    numbers = {"norm": norm, "nik": nik, "nomorkartu": nomorkartu, "nohp": nohp}
    site.bpjs.bookings.mobile_jkn(code or no_rawat, str(tanggal), tasks, **numbers)
    return code or no_rawat


def mobile_jkn(site: Site, no_rawat: str | None, **booking: Any) -> str:
    """Book in Mobile JKN, so that BPJS knows it; return nobooking."""
    nobooking = site.khanza.booking(no_rawat, MONDAY, **booking)
    site.bpjs.bookings.mobile_jkn(nobooking, str(MONDAY))
    return nobooking


def minute(site: Site, **span: float) -> list[str]:
    """Let a minute (or `span`) pass, and a pass run; return what it tells of its changes."""
    site.clock.forward(**(span or {"minutes": 1}))
    found = site.sync().changes
    return [
        f"{one.record.kodebooking} {one.push.step} {one.push.state}"
        for one in found
        if one.reportable
    ]


def reason(site: Site, kodebooking: str, step: str) -> str:
    """Return in words why a push is held, refused or closed."""
    return words(site.push(kodebooking, step).reason)


def hand_on(site: Site, no_rawat: str, **visit: Any) -> str:
    """Delete a visit and register the next patient, who is given its number; return norm."""
    site.khanza.delete("resep_obat", no_rawat=no_rawat)
    site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    norm = str(visit.pop("norm", None) or site.khanza.patient())
    given = {"jam": "08:25:00", "exam": "08:40:00", "no": int(no_rawat[-6:]), **visit}
    assert patient(site, norm=norm, **given) == no_rawat
    return norm
