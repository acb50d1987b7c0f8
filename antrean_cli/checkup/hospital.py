"""Khanza as it is examined: reached, read, by whom, at what time, and its own sender.

What of the last days cannot be added is told with the table to fill.
"""

import difflib
from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from antrean_cli.cause_words import one_unit
from antrean_cli.checkup.grants import Rights, rights
from antrean_cli.checkup.khanza_mending import khanza_mending
from antrean_cli.checkup.results import Finding, fault, from_error, ok, warning, warning_of_many
from antrean_cli.checkup.similar_names import MOST_ALIKE, similar_names
from antrean_cli.checkup.unadded import SimilarNames, unadded
from antrean_cli.config.settings import SETTINGS, ZONES, KhanzaSettings, Settings
from antrean_cli.errors import SettingsError, TemporaryError
from antrean_cli.khanza.queries import Khanza, OwnSenderSummary, Window
from antrean_cli.khanza.server import is_local, is_verified
from antrean_cli.render.broken_rows import broken_row_text
from antrean_cli.rules.enrichment import with_sessions
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import MAX_AGE
from antrean_cli.rules.rows import Clinic, Rows
from antrean_cli.rules.service_days import BrokenRow, broken_rows
from antrean_cli.rules.sessions import Sessions
from antrean_cli.rules.times import parse_datetime
from antrean_cli.rules.values import comparable
from antrean_cli.rules.visits import Visit, assemble, takes_part
from antrean_cli.sync.read import rows_of

CLOSE = timedelta(seconds=60)
NEAR_AN_HOUR = timedelta(minutes=5)
FARTHEST = timedelta(hours=14)  # of two zones
USUALLY_LEFT_OUT = frozenset(
    code for one in SETTINGS if one.name == "ANTREAN_SKIP_POLI" for code in one.parse(one.default)
)
SENDERS = "KhanzaHMSServiceMobileJKN dan KhanzaHMSServiceMobileJKNERM"


def examine_khanza(
    settings: Settings, now: datetime, sessions: Sessions, similar: SimilarNames
) -> Generator[Finding, None, Sequence[Visit]]:
    """Look at Khanza as far as it lets us, and return the visits of the last days.

    `sessions` are those of HFIS, where the hospital goes by them; `similar` finds names of BPJS's.
    """
    visits: Sequence[Visit] = ()
    what, account = "khanza", ""
    try:
        with Khanza(settings.khanza, seconds=settings.max_seconds) as khanza:
            yield _reached(settings.khanza, khanza)
            yield from judge_wire(settings.khanza)
            account = yield from _account(settings.khanza, khanza)
            what = "schema"
            khanza.check(racikan=settings.policy.farmasi, tickets=settings.policy.tickets)
            yield ok(what, "Khanza: tabel dan kolomnya lengkap")
            yield from judge_optional(khanza.hidden_optional(), settings.khanza.database, account)
            if not khanza.sample:
                yield judge_zone(khanza.now(), now)
            yield from judge_clinics(settings.policy, khanza.clinics())
            what = "visits"
            rows = rows_of(khanza, settings.policy, Window(now.date() - MAX_AGE, now.date()))
            visits = _served(rows, settings.policy, sessions)
            yield from _broken(broken_rows(rows))
            yield from unadded(visits, settings.policy, similar)
            yield judge_own_sender(khanza.own_sender_summary(now.date()), now)
    except (TemporaryError, SettingsError) as error:
        yield from_error(error, what, *khanza_mending(settings.khanza, error.why, account))
    return visits


def _reached(settings: KhanzaSettings, khanza: Khanza) -> Finding:
    if khanza.sample:
        text = f"contoh SQLite {settings.sqlite}; hak akun dan jamnya tidak diperiksa"
    else:
        where = settings.socket or f"{settings.host}:{settings.port}"
        text = f"terhubung ke {where}, database {settings.database} ({khanza.version()})"
    return ok("khanza", f"Khanza: {text}")


def judge_wire(settings: KhanzaSettings) -> Iterator[Finding]:
    """Judge whether somebody could stand between this computer and Khanza's server."""
    if settings.sqlite or is_local(settings) or is_verified(settings):
        return
    text = (
        f"Khanza: server {settings.host} ada di komputer lain dan sertifikatnya tidak diperiksa; "
        "data pasien di antaranya dapat disadap. Nyalakan TLS di server itu dan isi:"
    )
    yield warning("wire", text, "KHANZA_CA=/etc/antrean/khanza-ca.pem")


# -- the account and the clock


def _account(settings: KhanzaSettings, khanza: Khanza) -> Generator[Finding, None, str]:
    """Look at what our account may do, and return what the server calls it, if it says so."""
    found = None if khanza.sample else rights(khanza.grants(), settings.database)
    if found:
        yield judge_account(found, settings.database)
    return found.account if found else ""


def judge_account(found: Rights, database: str) -> Finding:
    """Judge what our account may do."""
    name = found.account.replace("`", "")
    if not found.selects:
        text = f"Khanza: akun {name} tidak boleh membaca (SELECT)"
        typed = f"GRANT SELECT ON `{database}`.* TO {found.account};"
        return fault(SettingsError.exit_code, "grants", text, typed)
    if found.beyond:
        text = (
            f"Khanza: akun {name} boleh lebih dari membaca ({'; '.join(found.beyond)}). Bila "
            f"program lain memakainya juga, buat akun sendiri untuk antrean; bila tidak, ketik "
            f"sebagai administrator:"
        )
        return warning("grants", text, *found.statements)
    return ok("grants", f"Khanza: akun {name} hanya boleh membaca")


def judge_optional(hidden: Sequence[str], database: str, account: str) -> Iterator[Finding]:
    """Judge what our account does not see of the tables that only some installs have."""
    if hidden and account:
        yield warning(
            "optional",
            f"Khanza: akun antrean tidak dapat melihat tabel {', '.join(hidden)}. Tidak semua "
            "Khanza memilikinya; bila ada, isinya tidak terbaca: ketik sebagai administrator:",
            *(f"GRANT SELECT ON `{database}`.`{table}` TO {account};" for table in hidden),
        )


def judge_zone(khanza_now: str, now: datetime) -> Finding:
    """Judge the server's own time against the clock of this computer in the hospital's zone."""
    there = parse_datetime(khanza_now, now.tzinfo)  # type: ignore[arg-type]  # a fixed zone of Indonesia
    if there is None:
        return warning("zone", "Khanza: jam server databasenya tidak terbaca")
    off = there - now
    hours = round(off / timedelta(hours=1))
    if abs(off) <= CLOSE:
        text = f"Khanza: jam server sama dengan jam komputer ini ({now:%H:%M} {now.tzname()})"
        return ok("zone", text)
    if hours and abs(off) <= FARTHEST and abs(off - timedelta(hours=hours)) <= NEAR_AN_HOUR:
        return _other_zone(there, now, hours)
    text = (
        f"Khanza: jam server {there:%d-%m-%Y %H:%M:%S}, jam komputer ini "
        f"{now:%d-%m-%Y %H:%M:%S} {now.tzname()}: selisih {one_unit(off)}; betulkan jam yang salah"
    )
    return warning("zone", text, "timedatectl")


def _other_zone(there: datetime, now: datetime, hours: int) -> Finding:
    """Return the finding for a server in another zone, which may be the hospital's own."""
    offset = (now.utcoffset() or timedelta()) + timedelta(hours=hours)
    name = next((name for name, zone in ZONES.items() if zone.utcoffset(None) == offset), "")
    text = (
        f"Khanza: jam server {there:%H:%M}, jam komputer ini {now:%H:%M} "
        f"{now.tzname()}: selisih {abs(hours)} jam"
    )
    if name:
        text += f". Bila rumah sakit memakai {ZONES[name].tzname(None)}, betulkan pengaturan:"
        return warning("zone", text, f"ANTREAN_TZ={name}")
    ours = f"{now:%z}"
    text += (
        ". Bila waktu di tabel Khanza juga meleset, betulkan zona server database (tetapnya: "
        "default-time-zone). Tanyakan dulu kepada administratornya: jam semua program yang memakai "
        "server itu ikut bergeser."
    )
    return warning("zone", text, f"SET GLOBAL time_zone = '{ours[:3]}:{ours[3:]}';")


# -- the clinics of the settings


def judge_clinics(policy: Policy, clinics: Sequence[Clinic]) -> Iterator[Finding]:
    """Judge whether Khanza has the clinics that settings name, by its own code or BPJS's.

    One that it has not takes in nobody, or leaves nobody out, without a word. Those that are left
    out where nobody says otherwise need not be there.
    """
    known = frozenset[str]().union(*(clinic.codes for clinic in clinics))
    for name, codes in (
        ("ANTREAN_ONLY_POLI", policy.only_poli),
        ("ANTREAN_SKIP_POLI", policy.skip_poli - USUALLY_LEFT_OUT),
    ):
        for code in sorted(codes):
            if comparable(code) not in known:
                alike = similar_clinics(code, clinics)
                hint = f"; mirip: {', '.join(alike)}" if alike else ""
                text = f"Pengaturan: poli {code} di {name} tidak ada di Khanza{hint}"
                yield warning("clinic", text)


def similar_clinics(typed: str, clinics: Sequence[Clinic]) -> list[str]:
    """Return the clinics whose code or name is like what was typed, as "code name"."""
    by_code = {code: clinic for clinic in clinics for code in clinic.codes}
    near = difflib.get_close_matches(comparable(typed), by_code, n=MOST_ALIKE)
    found = [f"{by_code[code].kd_poli} {by_code[code].nm_poli or ''}".rstrip() for code in near]
    names = {clinic.nm_poli: clinic.kd_poli for clinic in clinics if clinic.nm_poli}
    return list(dict.fromkeys([*found, *similar_names(typed, names)]))[:MOST_ALIKE]


# -- the last days


def _served(rows: Rows, policy: Policy, sessions: Sessions) -> list[Visit]:
    """Return the outpatients whom antrean serves and who were not cancelled."""
    visits = with_sessions(assemble(rows, policy), sessions)
    return [visit for visit in visits if _outpatient(visit) and takes_part(visit, policy)]


def _broken(rows: Iterable[BrokenRow]) -> Iterator[Finding]:
    texts = [broken_row_text(row) for row in rows]
    if len(texts) == 1:
        yield warning("rows", f"Khanza: {texts[0]}")
    elif texts:
        yield warning_of_many("rows", f"Khanza: {len(texts)} baris tidak dapat dipakai", texts)


def _outpatient(visit: Visit) -> bool:
    row = visit.registration
    return bool(row and row.status_lanjut == "Ralan" and row.stts != "Batal")


# -- Khanza's own sender


def judge_own_sender(noted: OwnSenderSummary, now: datetime) -> Finding:
    """Judge whether Khanza's own sender of tasks still runs, by what it noted for today."""
    if not noted.tasks:
        return ok("sender", "Pengirim Khanza sendiri: tidak ada task untuk kunjungan hari ini")
    when = parse_datetime(noted.latest, now.tzinfo)  # type: ignore[arg-type]  # a fixed zone of Indonesia
    text = f"Pengirim Khanza sendiri masih bekerja hari ini: {noted.tasks} task"
    text += f", terakhir pukul {when:%H:%M:%S}" if when else ""
    return warning(
        "sender", f"{text}. Hentikan {SENDERS}; penambah antrean di formulir SEP biarkan menyala."
    )
