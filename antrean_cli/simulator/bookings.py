"""What the stand-in BPJS holds, and what it answers to each call. No I/O.

- A kode booking is taken once, and stays taken when the booking is cancelled.
- What a field has to look like stands in fields.py, in which order and at which times tasks may
  come in tasks.py.
- 99 ends the booking; batal leaves a 99 too.
- All calls of the catalogue are there on purpose, also those that antrean does not make: a training
  stand-in that answers 404 to them would teach something wrong.
- Where BPJS's behaviour is not known, the gentler reading holds, and `Bookings` has a switch for
  the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Lock
from typing import Any

from antrean_cli.simulator.fields import FIELDS, Body, is_day, is_doctor, unfit_field
from antrean_cli.simulator.tasks import (
    ABSENT,
    OTHER_TASKNAMES,
    TASKNAMES,
    WIB,
    Task,
    TaskRules,
)

Row = dict[str, object]

_RESEP = ("tidak ada", "racikan", "non racikan")
# Why an add with a certain value in one of its fields is refused.
REFUSALS = {
    "sep": "Peserta pada tanggal pelayanan tersebut sudah terbit SEP.",
    "dokter_tidak_ada": "Data dokter tidak ditemukan.",
    "rujukan_tidak_valid": "Rujukan tidak valid",
    "kartu_tidak_terdaftar": "Nomor kartu tidak terdaftar.",
}
_POLI = {
    "ANA": "Anak",
    "INT": "Penyakit Dalam",
    "IRM": "Rehabilitasi Medik",
    "MAT": "Mata",
    "OBG": "Obgyn",
}
_POLI_FINGERPRINT = ("IRM", "MAT")
_DOKTER = {12345: ("Dr. Hendra", "ANA"), 12346: ("Dr. Sari", "INT"), 12347: ("Dr. Bima", "MAT")}
_HARI = ("SENIN", "SELASA", "RABU", "KAMIS", "JUMAT", "SABTU", "MINGGU")
_INVENTED: dict[str, object] = {
    "jenispasien": "JKN",
    "nomorkartu": "0001234567890",
    "nik": "3212345678987654",
    "nohp": "085635228888",
    "kodepoli": "ANA",
    "namapoli": "Anak",
    "pasienbaru": 0,
    "norm": "123345",
    "kodedokter": 12345,
    "namadokter": "Dr. Hendra",
    "jampraktek": "08:00-14:00",
    "jeniskunjungan": 1,
    "nomorreferensi": "0001R0040116A000001",
    "nomorantrean": "A-12",
    "angkaantrean": 12,
    "estimasidilayani": 1615869169000,
    "sisakuotajkn": 5,
    "kuotajkn": 30,
    "sisakuotanonjkn": 5,
    "kuotanonjkn": 30,
    "keterangan": "",
}


@dataclass(frozen=True)
class Answer:
    """What goes into the envelope: metadata.code, metadata.message and the plain response."""

    code: int
    message: str
    response: object = None


OK, EMPTY = Answer(200, "Ok"), Answer(204, "No Content")
NOT_FOUND = Answer(201, "Kode Booking tidak ditemukan")


@dataclass(kw_only=True)
class Booking:
    fields: Row
    sumberdata: str
    created: datetime
    tasks: list[Task] = field(default_factory=list)
    keterangan_batal: str | None = None
    farmasi: Row | None = None

    @property
    def tanggal(self) -> date:
        return date.fromisoformat(str(self.fields["tanggalperiksa"]))

    @property
    def status(self) -> str:
        last = max((task.taskid for task in self.tasks), default=0)
        if last == ABSENT:
            return "Batal"
        return (
            "Selesai dilayani"
            if last >= 5
            else "Sedang dilayani"
            if last == 4
            else "Belum dilayani"
        )


def printed(at: datetime) -> str:
    return f"{at.astimezone(WIB):%d-%m-%Y %H:%M:%S} WIB"


def milliseconds(at: datetime) -> int:
    return int(at.timestamp()) * 1000


def _unfit(name: str) -> Answer:
    return Answer(201, f"data {name}  belum sesuai.")


def _number(value: object) -> int | None:
    """BPJS takes a number or its text."""
    return int(str(value)) if re.fullmatch(r"[0-9]{1,14}", str(value)) else None


def _moment(waktu: object) -> datetime:
    """Read epoch milliseconds; BPJS prints, and so compares, whole seconds."""
    number = _number(waktu)
    if number is None:
        raise ValueError("waktu belum sesuai")
    return datetime.fromtimestamp(number // 1000, WIB)


def _pendaftaran_row(booking: Booking, *, flags_as_numbers: bool) -> Row:
    given = booking.fields
    jkn = given["jenispasien"] == "JKN"
    names = (
        "kodepoli",
        "kodedokter",
        "jampraktek",
        "nik",
        "nohp",
        "jeniskunjungan",
        "nomorreferensi",
    )
    return {
        "kodebooking": given["kodebooking"],
        "tanggal": given["tanggalperiksa"],
        **{name: given[name] for name in names},
        "nokapst": given["nomorkartu"],
        "norekammedis": given["norm"],
        "sumberdata": booking.sumberdata,
        "ispeserta": int(jkn) if flags_as_numbers else jkn,
        "noantrean": given["nomorantrean"],
        "estimasidilayani": given["estimasidilayani"],
        "createdtime": milliseconds(booking.created),
        "status": booking.status,
    }


def _slot_is_fit(slot: object) -> bool:
    if not isinstance(slot, dict) or slot.keys() != {"hari", "buka", "tutup"}:
        return False
    opens, closes = str(slot["buka"]), str(slot["tutup"])
    clock = r"([01]\d|2[0-3]):[0-5]\d"
    if not all(re.fullmatch(clock, one, re.ASCII) for one in (opens, closes)) or opens >= closes:
        return False
    return (_number(slot["hari"]) or 0) in range(1, 9)  # 8 is a public holiday


def _jadwal_row(kodepoli: str, kodedokter: int, namadokter: object, slot: Row) -> Row:
    hari = _number(slot["hari"]) or 0
    nama = _POLI.get(kodepoli, kodepoli)
    return {
        "kodesubspesialis": kodepoli,
        "namasubspesialis": nama.upper(),
        "kodepoli": kodepoli,
        "namapoli": nama,
        "kodedokter": kodedokter,
        "namadokter": namadokter,
        "hari": hari,
        "namahari": _HARI[hari - 1],
        "jadwal": f"{slot['buka']}-{slot['tutup']}",
        "kapasitaspasien": slot.get("kapasitas", 30),
        "libur": slot.get("libur", 0),
    }


def _lengths(booking: Booking, first: int, waktu: str) -> list[float]:
    times = {
        task.taskid: task.waktu if waktu == "server" else task.wakturs for task in booking.tasks
    }
    if not {first, first + 1} <= times.keys():
        return []
    return [(times[first + 1] - times[first]).total_seconds()]


def _dashboard_row(bookings: list[Booking], waktu: str) -> Row:
    """waktu_taskN is the sum of seconds from task N to the next, avg_waktu_taskN its mean."""
    given = bookings[0].fields
    row: Row = {
        "kdppk": "0000R000",
        "nmppk": "RS CONTOH",
        "tanggal": given["tanggalperiksa"],
        "kodepoli": given["kodepoli"],
        "namapoli": given["namapoli"],
    }
    for first in range(1, 7):
        lengths = [length for booking in bookings for length in _lengths(booking, first, waktu)]
        row[f"waktu_task{first}"] = sum(lengths)
        row[f"avg_waktu_task{first}"] = sum(lengths) / len(lengths) if lengths else 0
    latest = max(booking.created for booking in bookings)
    return row | {"jumlah_antrean": len(bookings), "insertdate": milliseconds(latest)}


def _snapshot_row(booking: Booking) -> Row:
    tasks = [
        {
            "taskid": task.taskid,
            "wakturs": milliseconds(task.wakturs),
            "waktu": milliseconds(task.waktu),
        }
        for task in booking.tasks
    ]
    return booking.fields | {
        "sumberdata": booking.sumberdata,
        "status": booking.status,
        "tasks": tasks,
        "keterangan_batal": booking.keterangan_batal,
        "farmasi": booking.farmasi,
    }


class Bookings:
    """The store. Any number of threads may call; each call is one step under one lock."""

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        refuse_future: bool = False,
        second_wording: bool = False,
        last_decides: bool = False,
        lenient: bool = False,
    ) -> None:
        self._now = now
        self._lenient = lenient
        self._second_wording = second_wording
        self._task_rules = TaskRules(
            second_wording=second_wording, last_decides=last_decides, refuse_future=refuse_future
        )
        self._lock = Lock()
        self._held: dict[str, Booking] = {}
        self._refused: dict[str, set[tuple[str, str]]] = {why: set() for why in REFUSALS}
        self._jadwal: dict[tuple[str, int], list[Row]] = {
            (kodepoli, kode): [
                {"hari": hari, "buka": "08:00", "tutup": "14:00"} for hari in range(1, 7)
            ]
            for kode, (_, kodepoli) in _DOKTER.items()
        }

    # What a hospital may call.

    def add(self, body: Body) -> Answer:
        if wrong := unfit_field(body, lenient=self._lenient):
            return _unfit(wrong)
        if not is_doctor(body["kodedokter"]):
            return Answer(201, REFUSALS["dokter_tidak_ada"])
        with self._lock:
            if body["kodebooking"] in self._held:
                return Answer(208, "Terdapat duplikasi Kode Booking")
            for why, marks in self._refused.items():
                if any(str(body.get(name)) == value for name, value in marks):
                    return Answer(201, REFUSALS[why])
            self._store(dict(body), "Bridging Antrean")
            return OK

    def updatewaktu(self, body: Body) -> Answer:
        taskid = _number(body.get("taskid"))
        if taskid not in TASKNAMES:
            return _unfit("taskid")
        try:
            at = _moment(body.get("waktu"))
        except ValueError:
            return _unfit("waktu")
        if str(body.get("jenisresep", "Tidak ada")).lower() not in _RESEP:
            return _unfit("jenisresep")
        with self._lock:
            booking = self._held.get(str(body.get("kodebooking")))
            return NOT_FOUND if booking is None else self._add_task(booking, taskid, at)

    def _add_task(self, booking: Booking, taskid: int, at: datetime) -> Answer:
        now = self._now()
        if refusal := self._task_rules.refusal(booking.tasks, taskid, at, booking.tanggal, now):
            return Answer(*refusal)
        booking.tasks.append(Task(taskid, at, now))
        return OK

    def batal(self, body: Body) -> Answer:
        reason = body.get("keterangan")
        if not isinstance(reason, str) or not reason.strip():
            return _unfit("keterangan")
        with self._lock:
            booking = self._held.get(str(body.get("kodebooking")))
            if booking is None:
                return NOT_FOUND
            if booking.status == "Batal":
                return Answer(208, "Antrean sudah dibatalkan")
            booking.keterangan_batal = reason
            booking.tasks.append(Task(ABSENT, self._now().astimezone(WIB), self._now()))
            return OK

    def getlisttask(self, body: Body) -> Answer:
        kodebooking = str(body.get("kodebooking"))
        names = OTHER_TASKNAMES if self._second_wording else TASKNAMES
        with self._lock:
            booking = self._held.get(kodebooking)
            rows = [
                {
                    "wakturs": printed(task.wakturs),
                    "waktu": printed(task.waktu),
                    "taskname": names[task.taskid],
                    "taskid": task.taskid,
                    "kodebooking": kodebooking,
                }
                for task in (booking.tasks if booking else ())
            ]
        return Answer(200, "Ok", rows) if rows else EMPTY

    def farmasi_add(self, body: Body) -> Answer:
        if str(body.get("jenisresep")).lower() not in _RESEP:
            return _unfit("jenisresep")
        if type(body.get("nomorantrean")) is not int:
            return _unfit("nomorantrean")
        with self._lock:
            booking = self._held.get(str(body.get("kodebooking")))
            if booking is None:
                return NOT_FOUND
            if booking.farmasi is not None:
                return Answer(201, "Nomor antrean farmasi sudah ada")
            booking.farmasi = dict(body)
            return OK

    def per_tanggal(self, tanggal: str) -> Answer:
        return self._pendaftaran(lambda booking: booking.fields["tanggalperiksa"] == tanggal)

    def per_kodebooking(self, kodebooking: str) -> Answer:
        return self._pendaftaran(lambda booking: booking.fields["kodebooking"] == kodebooking)

    def aktif(self) -> Answer:
        return self._pendaftaran(lambda booking: booking.status == "Belum dilayani")

    def belum_dilayani(self, kodepoli: str, kodedokter: str, hari: str, jampraktek: str) -> Answer:
        """List who waits in one session of a doctor; `hari` is 1 for Monday to 7."""

        def waits_there(booking: Booking) -> bool:
            given = booking.fields
            of_session = (given["kodepoli"], str(given["kodedokter"]), given["jampraktek"]) == (
                kodepoli,
                kodedokter,
                jampraktek,
            )
            weekday = str(booking.tanggal.isoweekday())
            return of_session and weekday == hari and booking.status == "Belum dilayani"

        return self._pendaftaran(waits_there)

    def _pendaftaran(self, wanted: Callable[[Booking], bool]) -> Answer:
        with self._lock:
            rows = [
                _pendaftaran_row(booking, flags_as_numbers=self._second_wording)
                for booking in self._held.values()
                if wanted(booking)
            ]
        return Answer(200, "Ok", rows) if rows else EMPTY

    def ref_poli(self) -> Answer:
        with self._lock:
            seen = {
                str(b.fields["kodepoli"]): str(b.fields["namapoli"]) for b in self._held.values()
            }
        keys = ("kdpoli", "nmpoli", "kdsubspesialis", "nmsubspesialis")
        rows = [dict(zip(keys, poli * 2, strict=True)) for poli in (_POLI | seen).items()]
        return Answer(1, "Ok", rows)

    def ref_dokter(self) -> Answer:
        doctors = self._doctors().items()
        return Answer(1, "Ok", [{"kodedokter": kode, "namadokter": nama} for kode, nama in doctors])

    def _doctors(self) -> dict[object, object]:
        """Return the doctors' names by their codes; a booking's counts before our own."""
        known: dict[object, object] = {kode: nama for kode, (nama, _) in _DOKTER.items()}
        with self._lock:
            seen = {b.fields["kodedokter"]: b.fields["namadokter"] for b in self._held.values()}
        return known | seen

    def ref_poli_fp(self) -> Answer:
        keys = ("kodepoli", "namapoli", "kodesubspesialis", "namasubspesialis")
        rows = [dict(zip(keys, (kode, _POLI[kode]) * 2, strict=True)) for kode in _POLI_FINGERPRINT]
        return Answer(1, "Ok", rows)

    def ref_pasien_fp(self, identitas: str, nomor: str) -> Answer:
        """Every patient who has a booking counts as registered by finger print."""
        name = "nik" if identitas.lower() == "nik" else "nomorkartu"
        with self._lock:
            found = next((b.fields for b in self._held.values() if b.fields[name] == nomor), None)
        if found is None:
            return EMPTY
        row = {
            "nomorkartu": found["nomorkartu"],
            "nik": found["nik"],
            "tgllahir": "1980-01-01",
            "daftarfp": 1,
        }
        return Answer(1, "Ok", row)

    def jadwaldokter(self, kodepoli: str, tanggal: str) -> Answer:
        try:
            weekday = date.fromisoformat(tanggal).isoweekday()
        except ValueError:
            return _unfit("tanggal")
        names = self._doctors()
        with self._lock:
            rows = [
                _jadwal_row(
                    kodepoli, kodedokter, names.get(kodedokter, f"Dokter {kodedokter}"), slot
                )
                for (poli, kodedokter), slots in self._jadwal.items()
                for slot in slots
                if poli == kodepoli and _number(slot.get("hari")) == weekday
            ]
        return Answer(200, "Ok", rows) if rows else Answer(201, "Jadwal dokter tidak ditemukan")

    def updatejadwaldokter(self, body: Body) -> Answer:
        """Take a doctor's week in place of the one before; here it counts at once.

        BPJS lets somebody approve it, and it counts from the next day on.
        """
        for name in ("kodepoli", "kodesubspesialis"):
            if not isinstance(body.get(name), str) or not str(body[name]).strip():
                return _unfit(name)
        if type(body.get("kodedokter")) is not int:
            return _unfit("kodedokter")
        if not is_doctor(body["kodedokter"]):
            return Answer(201, REFUSALS["dokter_tidak_ada"])
        slots = body.get("jadwal")
        if not isinstance(slots, list) or not slots or not all(map(_slot_is_fit, slots)):
            return _unfit("jadwal")
        self.hold_sessions({**body, "kodepoli": body["kodesubspesialis"]})
        return OK

    def dashboard_of_day(self, tanggal: str, waktu: str) -> Answer:
        """Sum up one day, a row for each clinic; `waktu` is rs or server."""
        return self._dashboard(tanggal, tanggal, waktu)

    def dashboard_of_month(self, bulan: str, tahun: str, waktu: str) -> Answer:
        """Sum up the days of one month, a row for each clinic and day."""
        return self._dashboard(f"{tahun}-{bulan}-01", f"{tahun}-{bulan}-", waktu)

    def _dashboard(self, day: str, begin: str, waktu: str) -> Answer:
        """Sum up the days that begin so; `day` tells whether there is such a day at all."""
        if waktu not in ("rs", "server"):
            return _unfit("waktu")
        if not is_day(day):
            return _unfit("tanggal")
        found: dict[object, list[Booking]] = {}
        with self._lock:
            for booking in self._held.values():
                tanggal = str(booking.fields["tanggalperiksa"])
                if tanggal.startswith(begin):
                    found.setdefault((tanggal, booking.fields["kodepoli"]), []).append(booking)
            rows = [_dashboard_row(bookings, waktu) for bookings in found.values()]
        return Answer(200, "Ok", {"list": rows}) if rows else EMPTY

    # What whoever steers the simulator may call.

    def hold_sessions(self, sessions: Body) -> None:
        """Hold a doctor's sessions, as `sessions` shows them: kodepoli, kodedokter, jadwal.

        Each has hari, buka, tutup, and may have its `kapasitas` and, with `libur` 1, that the
        doctor is off: what BPJS shows, and a hospital cannot send.
        """
        kodedokter, slots = _number(sessions["kodedokter"]), sessions["jadwal"]
        if kodedokter is None or not isinstance(slots, list):
            raise ValueError("bukan jadwal")
        with self._lock:
            self._jadwal[str(sessions["kodepoli"]), kodedokter] = [dict(slot) for slot in slots]

    def mobile_jkn(
        self,
        kodebooking: str,
        tanggalperiksa: str,
        tasks: Iterable[Mapping[str, int]] = (),
        **fields: object,
    ) -> None:
        """Make a booking that BPJS knows without the hospital.

        Its tasks are stored unjudged, as they come.
        """
        given = _INVENTED | fields | {"kodebooking": kodebooking, "tanggalperiksa": tanggalperiksa}
        if wrong := unfit_field(given, lenient=self._lenient):
            raise ValueError(f"{wrong} belum sesuai")
        now = self._now()
        stored = [Task(task["taskid"], _moment(task["waktu"]), now) for task in tasks]
        if any(task.taskid not in TASKNAMES for task in stored):
            raise ValueError("taskid tidak dikenal")
        with self._lock:
            if kodebooking in self._held:
                raise ValueError(f"Kode Booking {kodebooking} sudah ada")
            self._store(given, "Mobile JKN").tasks.extend(stored)

    def refuse(self, why: str, **marks: object) -> None:
        """Refuse every add whose field has this value: refuse("sep", norm="123345")."""
        if not marks or not marks.keys() <= FIELDS.keys():
            raise ValueError(
                f"sebut field antrean dan isinya, bukan: {', '.join(marks) or 'kosong'}"
            )
        with self._lock:
            self._refused[why] |= {(name, str(value)) for name, value in marks.items()}

    def forgive(self, why: str) -> None:
        with self._lock:
            self._refused[why].clear()

    def snapshot(self) -> list[Row]:
        """Everything held, in the order in which it came; times in epoch milliseconds."""
        with self._lock:
            return [_snapshot_row(booking) for booking in self._held.values()]

    def sessions(self) -> list[Row]:
        """Every doctor's sessions, as `hold_sessions` takes them."""
        with self._lock:
            return [
                {"kodepoli": poli, "kodedokter": dokter, "jadwal": slots}
                for (poli, dokter), slots in self._jadwal.items()
            ]

    def load(self, rows: Iterable[Row]) -> None:
        """Hold what a snapshot shows, unjudged; raises ValueError for anything that is none."""
        for row in rows:
            try:
                fields = {name: row[name] for name in FIELDS}
                tasks: Any = row["tasks"]
                held = [
                    Task(task["taskid"], _moment(task["wakturs"]), _moment(task["waktu"]))
                    for task in tasks
                ]
            except (KeyError, TypeError) as error:
                raise ValueError("bukan isi simulator") from error
            with self._lock:
                self._store(fields, str(row.get("sumberdata"))).tasks.extend(held)

    def _store(self, fields: Row, sumberdata: str) -> Booking:
        booking = Booking(fields=fields, sumberdata=sumberdata, created=self._now())
        self._held[str(fields["kodebooking"])] = booking
        return booking
