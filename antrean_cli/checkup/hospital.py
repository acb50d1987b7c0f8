"""Khanza as it is examined: reached, read, by whom, at what time, and its own sender.

What of the last days cannot be added is told with the table to fill.
"""

import shlex
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from antrean_cli.checkup.grants import Rights, rights
from antrean_cli.checkup.results import Finding, fault, from_error, ok, warning
from antrean_cli.config.settings import ZONES, KhanzaSettings, Settings
from antrean_cli.errors import SettingsError, TemporaryError
from antrean_cli.khanza.queries import Khanza, OwnSenderSummary, Window
from antrean_cli.render.reasons import sentence
from antrean_cli.render.times import one_unit
from antrean_cli.rules.enrichment import with_sessions
from antrean_cli.rules.payloads import missing
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import MAX_AGE
from antrean_cli.rules.reasons import SHARED_FAMILIES, Reason, ReasonCode
from antrean_cli.rules.sessions import Sessions
from antrean_cli.rules.times import parse_datetime
from antrean_cli.rules.visits import Visit, assemble, takes_part
from antrean_cli.sync.read import rows_of

CLOSE = timedelta(seconds=60)
NEAR_AN_HOUR = timedelta(minutes=5)
FARTHEST = timedelta(hours=14)  # of two zones
MOST_GROUPS = 15
SENDERS = "KhanzaHMSServiceMobileJKN dan KhanzaHMSServiceMobileJKNERM"
# What a mapping table is filled from: the list of `antrean ref`, and the name that Khanza has.
MAPPINGS: dict[ReasonCode, str] = {
    ReasonCode.CLINIC_UNMAPPED: "poli",
    ReasonCode.DOCTOR_UNMAPPED: "dokter",
    ReasonCode.DOCTOR_CODE_NO_NUMBER: "dokter",
}
Near = Callable[
    [str, str], Sequence[str]
]  # a list of MAPPINGS and a name → what is like it, as "code name"


def examine(
    settings: Settings, now: datetime, sessions: Sessions, near: Near
) -> Generator[Finding, None, Sequence[Visit]]:
    """Look at Khanza as far as it lets us, and return the visits of the last days.

    `sessions` are those of HFIS, where the hospital goes by them.
    """
    visits: Sequence[Visit] = ()
    what = "khanza"
    try:
        with Khanza(settings.khanza, seconds=settings.max_seconds) as khanza:
            yield _reached(settings.khanza, khanza)
            yield from _account(settings.khanza, khanza)
            what = "schema"
            khanza.check(racikan=settings.policy.farmasi)
            yield ok(what, "Khanza: tabel dan kolomnya lengkap")
            if not khanza.sample:
                yield zone(khanza.now(), now)
            what = "visits"
            visits = _last_days(settings, khanza, now.date(), sessions)
            yield from unadded(visits, settings.policy, near)
            yield own_sender(khanza.own_sender_summary(now.date()), now)
    except TemporaryError as error:
        yield from_error(error, what, _typed(settings.khanza, "mysqladmin", "ping"))
    except SettingsError as error:
        # What cannot be read and what is not there look the same to an account.
        seeing = (
            () if what == "visits" else (_typed(settings.khanza, "mysql", "-e", "SHOW GRANTS"),)
        )
        yield from_error(error, what, *seeing)
    return visits


def _reached(settings: KhanzaSettings, khanza: Khanza) -> Finding:
    if khanza.sample:
        return ok(
            "khanza",
            f"Khanza: contoh SQLite {settings.sqlite}; hak akun dan jamnya tidak diperiksa",
        )
    where = settings.socket or f"{settings.host}:{settings.port}"
    return ok(
        "khanza", f"Khanza: terhubung ke {where}, database {settings.database} ({khanza.version()})"
    )


def _typed(settings: KhanzaSettings, program: str, *args: str) -> str:
    """Return what to type to see for oneself why Khanza cannot be read."""
    if settings.sqlite:
        return f"ls -l {shlex.quote(settings.sqlite)}"
    way = (
        ["-S", settings.socket]
        if settings.socket
        else ["-h", settings.host, "-P", str(settings.port)]
    )
    return shlex.join([program, *way, "-u", settings.user, "-p", *args])


# -- the account and the clock


def _account(settings: KhanzaSettings, khanza: Khanza) -> Iterator[Finding]:
    found = None if khanza.sample else rights(khanza.grants(), settings.database)
    if found:
        yield account(found, settings.database)


def account(found: Rights, database: str) -> Finding:
    """Judge what our account may do."""
    name = found.account.replace("`", "")
    if not found.selects:
        text = f"Khanza: akun {name} tidak boleh membaca (SELECT)"
        return fault(
            SettingsError.exit_code,
            "grants",
            text,
            f"GRANT SELECT ON `{database}`.* TO {found.account};",
        )
    if found.beyond:
        text = (
            f"Khanza: akun {name} boleh lebih dari membaca ({'; '.join(found.beyond)}). Bila "
            f"program lain memakainya juga, buat akun sendiri untuk antrean; bila tidak, ketik "
            f"sebagai administrator:"
        )
        return warning("grants", text, *found.statements)
    return ok("grants", f"Khanza: akun {name} hanya boleh membaca")


def zone(khanza_now: str, now: datetime) -> Finding:
    """Judge the server's own time against the clock of this computer in the hospital's zone."""
    there = parse_datetime(khanza_now, now.tzinfo)  # type: ignore[arg-type]  # a fixed zone of Indonesia
    if there is None:
        return warning("zone", "Khanza: jam server databasenya tidak terbaca")
    off = there - now
    hours = round(off / timedelta(hours=1))
    if abs(off) <= CLOSE:
        return ok(
            "zone", f"Khanza: jam server sama dengan jam komputer ini ({now:%H:%M} {now.tzname()})"
        )
    if hours and abs(off) <= FARTHEST and abs(off - timedelta(hours=hours)) <= NEAR_AN_HOUR:
        return _other_zone(there, now, hours)
    text = (
        f"Khanza: jam server {there:%d-%m-%Y %H:%M:%S}, jam komputer "
        f"ini {now:%d-%m-%Y %H:%M:%S} {now.tzname()}"
    )
    return warning(
        "zone", f"{text}: selisih {one_unit(off)}; betulkan jam yang salah", "timedatectl"
    )


def _other_zone(there: datetime, now: datetime, hours: int) -> Finding:
    """Return the finding for a server in another zone, which may be the hospital's own."""
    offset = (now.utcoffset() or timedelta()) + timedelta(hours=hours)
    name = next((name for name, zone in ZONES.items() if zone.utcoffset(None) == offset), "")
    text = (
        f"Khanza: jam server {there:%H:%M}, jam komputer ini {now:%H:%M} "
        f"{now.tzname()}: selisih {abs(hours)} jam"
    )
    if name:
        word = ZONES[name].tzname(None)
        return warning(
            "zone",
            f"{text}. Bila rumah sakit memakai {word}, betulkan pengaturan:",
            f"ANTREAN_TZ={name}",
        )
    ours = f"{now:%z}"
    text += (
        ". Bila waktu di tabel Khanza juga meleset, betulkan zona server "
        "database (tetapnya: default-time-zone). "
    )
    text += (
        "Tanyakan dulu kepada administratornya: jam semua program "
        "yang memakai server itu ikut bergeser."
    )
    return warning("zone", text, f"SET GLOBAL time_zone = '{ours[:3]}:{ours[3:]}';")


# -- what cannot be added


class Group(NamedTuple):
    """So many visits that lack one thing, and one of them."""

    reason: Reason
    visits: int
    example: Visit


def _last_days(settings: Settings, khanza: Khanza, today: date, sessions: Sessions) -> list[Visit]:
    """Return the outpatients of the last days whom antrean serves and who were not cancelled."""
    rows = rows_of(khanza, settings.policy, Window(today - MAX_AGE, today))
    visits = with_sessions(assemble(rows, settings.policy), sessions)
    return [visit for visit in visits if _outpatient(visit) and takes_part(visit, settings.policy)]


def _outpatient(visit: Visit) -> bool:
    row = visit.registration
    return bool(row and row.status_lanjut == "Ralan" and row.stts != "Batal")


def unadded(visits: Sequence[Visit], policy: Policy, near: Near) -> Iterator[Finding]:
    """Judge what keeps visits from being added: one finding a clinic, doctor or session."""
    groups = lacking(visits, policy)
    for group in groups[:MOST_GROUPS]:
        yield lack(group, near)
    if len(groups) > MOST_GROUPS:
        text = f"Pemetaan dan jadwal: … dan {len(groups) - MOST_GROUPS} alasan lain"
        yield warning("unadded", text, "antrean sync --dry-run")
    if not groups:
        text = (
            f"Pemetaan dan jadwal: tidak ada yang kurang ({len(visits)} "
            f"kunjungan {MAX_AGE.days} hari terakhir)"
        )
        yield ok("unadded", text)


def lacking(visits: Iterable[Visit], policy: Policy) -> list[Group]:
    """Return what keeps visits that are to be added from being added, the most frequent first."""
    groups: dict[Reason, Group] = {}
    for visit in visits:
        reason = missing(visit) if visit.kind in policy.add and not visit.booking else None
        if reason and reason.code.family in SHARED_FAMILIES:
            known = groups.get(reason, Group(reason, 0, visit))
            groups[reason] = known._replace(visits=known.visits + 1)
    return sorted(groups.values(), key=lambda group: (-group.visits, sentence(group.reason)))


def lack(group: Group, near: Near) -> Finding:
    """Return the warning for visits that lack one thing, with BPJS's names like Khanza's."""
    text = f"{group.visits} kunjungan {MAX_AGE.days} hari terakhir: {sentence(group.reason)}"
    kind = MAPPINGS.get(group.reason.code, "")
    row = group.example.registration
    name = (row and (row.nm_poli if kind == "poli" else row.nm_dokter)) or ""
    if not kind or not name:
        return warning("unadded", text)
    alike = near(kind, name)
    text += f" ({name})" + (f"; mirip di BPJS: {', '.join(alike)}" if alike else "")
    return warning("unadded", text, f"antrean ref {kind}")


# -- Khanza's own sender


def own_sender(noted: OwnSenderSummary, now: datetime) -> Finding:
    """Judge whether Khanza's own sender of tasks still runs, by what it noted for today."""
    if not noted.tasks:
        return ok("sender", "Pengirim Khanza sendiri: tidak ada task untuk kunjungan hari ini")
    when = parse_datetime(noted.latest, now.tzinfo)  # type: ignore[arg-type]  # a fixed zone of Indonesia
    text = f"Pengirim Khanza sendiri masih bekerja hari ini: {noted.tasks} task"
    text += f", terakhir pukul {when:%H:%M:%S}" if when else ""
    return warning(
        "sender", f"{text}. Hentikan {SENDERS}; penambah antrean di formulir SEP biarkan menyala."
    )
