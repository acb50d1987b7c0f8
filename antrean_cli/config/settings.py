"""Settings: one table of names, defaults and parsers, read from the environment and the `.env`.

- Nobody else reads the environment, and it wins over the `.env` (env_file.py).
- All problems are reported together, in one SettingsError.
- The guide's page of settings has the same names and defaults; a test holds the two together.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

from antrean_cli.config import env_file as env_files
from antrean_cli.config import parsers
from antrean_cli.errors import SettingsError, why
from antrean_cli.local_files import flaw_of, own
from antrean_cli.rules.codes import ADMISSION_TASKS, TASKS, Code, Kind
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.sources import FLOWS, SOURCES, TICKET_SOURCES
from antrean_cli.rules.splay import MOST_SPLAY

# Indonesia knows no summer time, so its three zones need no zone database.
ZONES = {
    "Asia/Jakarta": timezone(timedelta(hours=7), "WIB"),
    "Asia/Makassar": timezone(timedelta(hours=8), "WITA"),
    "Asia/Jayapura": timezone(timedelta(hours=9), "WIT"),
}
YES_OR_NO = {"ya": True, "tidak": False}
NO_FILE = "tidak ada ./.env, ~/.config/antrean/env, atau /etc/antrean/env"


class Tls(Code):
    """Whether Khanza's server has to speak TLS, and to show whose it is."""

    REQUIRED = "wajib"
    NONE = "tidak"
    IF_OFFERED = "bila_ada"  # whatever certificate it shows


@dataclass(frozen=True, kw_only=True, repr=False)
class BpjsSettings:
    """How BPJS is reached; no repr, because it holds secrets."""

    base_url: str
    cons_id: str
    secret_key: str
    user_key: str
    update_path: str
    timeout: float
    ca_bundle: str | None


@dataclass(frozen=True, kw_only=True, repr=False)
class KhanzaSettings:
    """How Khanza is reached: a server, or a SQLite sample; no repr, because it holds a password."""

    host: str
    port: int
    socket: str | None
    user: str
    password: str
    database: str
    sqlite: str | None
    tls: Tls = Tls.IF_OFFERED
    ca: str | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, parsed; `bpjs` and `khanza` are complete if `load` was told to need them."""

    bpjs: BpjsSettings
    khanza: KhanzaSettings
    site: str  # whose they are, where several hospitals run on this computer; else empty
    state: Path
    policy: Policy
    hfis: bool  # sessions are HFIS's (ANTREAN_JADWAL)
    workers: int | None
    splay: int | None  # as `sync --splay` says where it is None
    max_seconds: int
    keep_days: int
    log_file: Path | None
    ping_url: str | None = field(repr=False)  # who knows it can ping in our place
    metrics_file: Path | None
    alert_command: str = field(repr=False)  # empty where there is none; may hold secrets
    digest_at: time | None
    unusual_file: Path | None  # what they stand in, where that is none of the usual places


class Setting(NamedTuple):
    """One row of the table of settings."""

    name: str
    default: str  # as it would be typed; empty where nothing stands for it
    parse: Callable[[str], Any]  # see parsers.py
    needed_for: str = ""  # "bpjs" or "khanza": who calls it has to have it
    unless: str = ""  # … but not if this other setting is there
    from_file: bool = False  # NAME_FILE may name a file that holds the value
    may_be_empty: bool = False  # empty is a value of its own, and not the same as not set


_KINDS = (Kind.MOBILEJKN, Kind.ONSITE, Kind.NONJKN)
_SOURCES = parsers.choices(SOURCES)
_TICKETS = parsers.choices(TICKET_SOURCES)
_MINUTES = parsers.whole(0, 1440)
SETTINGS = (
    Setting("BPJS_BASE_URL", "", parsers.base_url, needed_for="bpjs", from_file=True),
    Setting("BPJS_CONS_ID", "", parsers.header, needed_for="bpjs", from_file=True),
    Setting("BPJS_SECRET_KEY", "", parsers.text, needed_for="bpjs", from_file=True),
    Setting("BPJS_USER_KEY", "", parsers.header, needed_for="bpjs", from_file=True),
    Setting("BPJS_UPDATE_PATH", "/antrean/updatewaktu", parsers.path),
    Setting("BPJS_TIMEOUT", "20", parsers.whole(1, 300)),
    Setting("BPJS_CA_BUNDLE", "", parsers.existing_file),
    Setting("KHANZA_HOST", "127.0.0.1", parsers.text),
    Setting("KHANZA_PORT", "3306", parsers.whole(1, 65535)),
    Setting("KHANZA_SOCKET", "", parsers.text),
    Setting("KHANZA_USER", "", parsers.text, needed_for="khanza", unless="KHANZA_SQLITE"),
    Setting("KHANZA_PASSWORD", "", parsers.text, from_file=True, may_be_empty=True),
    Setting("KHANZA_DATABASE", "sik", parsers.text),
    Setting("KHANZA_TLS", "bila_ada", parsers.one_of({str(one): one for one in Tls})),
    Setting("KHANZA_CA", "", parsers.existing_file),
    Setting("KHANZA_SQLITE", "", parsers.text),
    Setting("ANTREAN_STATE", "", parsers.file),
    Setting("ANTREAN_TZ", "Asia/Jakarta", parsers.one_of(ZONES)),
    Setting("ANTREAN_DAYS", "7", parsers.whole(1, 7)),
    Setting("ANTREAN_ADD", "onsite,nonjkn", parsers.choices(_KINDS), may_be_empty=True),
    Setting("ANTREAN_KD_PJ", "", parsers.names),
    Setting("ANTREAN_KODEBOOKING", "{no_rawat}", parsers.kodebooking),
    Setting("ANTREAN_SKIP_POLI", "IGDK,IGD,HDL", parsers.names, may_be_empty=True),
    Setting("ANTREAN_ONLY_POLI", "", parsers.names),
    Setting("ANTREAN_DELAY_NONJKN", "15", _MINUTES),
    Setting("ANTREAN_DELAY_BATAL", "10", _MINUTES),
    Setting("ANTREAN_ALUR", "erm", parsers.one_of(FLOWS)),
    *(Setting(f"ANTREAN_TASK_{taskid}", "", _TICKETS) for taskid in ADMISSION_TASKS),
    *(Setting(f"ANTREAN_TASK_{taskid}", "", _SOURCES) for taskid in TASKS),
    Setting("ANTREAN_ADMISI", "tidak", parsers.one_of(YES_OR_NO)),
    Setting("ANTREAN_ADMISI_MINUTES", "15", parsers.whole(1, 240)),
    Setting("ANTREAN_TIE_SECONDS", "60", parsers.whole(0, 3600)),
    Setting("ANTREAN_MINUTES_PER_PATIENT", "5", parsers.whole(0, 240)),
    Setting("ANTREAN_FARMASI", "tidak", parsers.one_of(YES_OR_NO)),
    Setting("ANTREAN_ADOPT", "tidak", parsers.one_of(YES_OR_NO)),
    Setting("ANTREAN_JADWAL", "khanza", parsers.one_of({"khanza": False, "hfis": True})),
    Setting("ANTREAN_WORKERS", "auto", parsers.workers),
    Setting("ANTREAN_SPLAY", "", parsers.whole(0, MOST_SPLAY)),
    Setting("ANTREAN_MAX_SECONDS", "50", parsers.whole(5, 3600)),
    Setting("ANTREAN_KEEP_DAYS", "90", parsers.whole(8, 3650)),  # a pass looks back seven days
    Setting("ANTREAN_LOG_FILE", "", parsers.file),
    Setting("ANTREAN_PING_URL", "", parsers.ping_url),
    Setting("ANTREAN_METRICS_FILE", "", parsers.metrics_file),
    Setting("ANTREAN_ALERT_COMMAND", "", parsers.text),
    Setting("ANTREAN_ALERT_DIGEST", "12:00", parsers.time_of_day, may_be_empty=True),
)


class LoadResult(NamedTuple):
    """The settings as far as they can be used, where they come from, and what is wrong with them.

    - `file` is the file of settings that counts, `secrets` are the files that a NAME_FILE names.
    - `problems` are Indonesian sentences; the settings that they are about, `broken`, have their
      defaults in `settings`.
    - `ignored` says that there is a ./.env which does not count, and why; else it is empty.
    """

    settings: Settings
    file: Path | None
    secrets: tuple[Path, ...]
    problems: tuple[str, ...]
    broken: frozenset[str]
    ignored: str

    def usable(self) -> Settings:
        """Return the settings; raises SettingsError with every problem on a line of its own."""
        if self.problems:
            where = str(self.file) if self.file else self.ignored or NO_FILE
            raise SettingsError("\n  ".join([f"Pengaturan belum benar ({where}):", *self.problems]))
        return self.settings


def load(
    *,
    env_file: Path | None,
    state: Path | None,
    needs: frozenset[str],
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings; `needs` holds "bpjs" and "khanza" where the command talks to them.

    `env_file` and `state` are the paths that the command line names, `environ` stands for the
    process's own. Raises SettingsError (exit 8) with every problem on a line of its own.
    """
    return try_load(env_file=env_file, state=state, needs=needs, environ=environ).usable()


def try_load(
    *,
    env_file: Path | None,
    state: Path | None,
    needs: frozenset[str],
    environ: Mapping[str, str] | None = None,
) -> LoadResult:
    """Return the settings with everything that is wrong with them; the arguments are those of load.

    Raises SettingsError for a file that cannot be read or must not be trusted.
    """
    env = dict(os.environ if environ is None else environ)
    choice = env_files.choose(env_file, env)
    typed = env_files.read(choice, _known_names())
    values, problems = _merged(typed.values, env), list(typed.problems)
    owners = _owners_of_secrets(typed)
    parsed: dict[str, Any] = {}
    broken = set()
    for setting in SETTINGS:
        try:
            parsed[setting.name] = _value(setting, values, needs, owners)
        except ValueError as error:
            problems.append(str(error))
            broken.add(setting.name)
            parsed[setting.name] = _default(setting)
    file = choice.file
    site = env_files.site_of(file) if file else ""
    place = state or parsed["ANTREAN_STATE"] or _default_state(env, site)
    if place is None:
        problems.append("ANTREAN_STATE belum diisi, dan pengguna ini tidak punya folder rumah")
        broken.add("ANTREAN_STATE")
    elif not place.name:
        problems.append(f"{'--state' if state else 'ANTREAN_STATE'} {place} bukan nama berkas")
        broken.add("ANTREAN_STATE")
        place = None
    unusual = file.absolute() if file and not env_files.is_usual(file, env) else None
    return LoadResult(
        settings=_settings(parsed, site, place or Path("antrean.sqlite3"), unusual),
        file=file,
        secrets=_secrets(values),
        problems=tuple(problems),
        broken=frozenset(broken),
        ignored=choice.ignored,
    )


def _known_names() -> list[str]:
    return ["ANTREAN_ENV_FILE", *(setting.name for setting in SETTINGS)]


def _merged(file: Mapping[str, str], env: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of both, the environment's winning, whether it says NAME or NAME_FILE."""
    said = {name.removesuffix("_FILE") for name in env}
    unsaid = {name: value for name, value in file.items() if name.removesuffix("_FILE") not in said}
    return {**unsaid, **env}


def _default_state(env: Mapping[str, str], site: str) -> Path | None:
    """Return where the ledger is if nobody says so, None for a user without a home.

    Each site has its own: two hospitals in one ledger would be told under each other's numbers.
    """
    states = env_files.user_folder(env, "XDG_STATE_HOME", ".local/state")
    return states / "antrean" / site / "antrean.sqlite3" if states else None


def _owners_of_secrets(typed: env_files.Typed) -> frozenset[int]:
    """Return the users whose files a NAME_FILE may name.

    A file of somebody else's, which root named, names files of his and no others: what root alone
    may read is not to be had by writing its name down.
    """
    return own() if typed.owner is None or typed.owner in own() else frozenset((typed.owner,))


def _secrets(values: Mapping[str, str]) -> tuple[Path, ...]:
    files = (values.get(f"{setting.name}_FILE") for setting in SETTINGS if setting.from_file)
    return tuple(Path(file) for file in files if file)


def _value(
    setting: Setting, values: Mapping[str, str], needs: frozenset[str], owners: frozenset[int]
) -> Any:
    """Return a setting parsed, its default if it is not set; raises ValueError with a sentence.

    `owners` are the users whose secrets count.
    """
    text = _text(setting, values, owners)
    if text is None:
        if setting.needed_for in needs and not values.get(setting.unless):
            raise ValueError(f"{setting.name} belum diisi")
        return _default(setting)
    # Bytes that are no text come from Python as such halves of letters.
    if any("\udc80" <= letter <= "\udcff" for letter in text):
        raise ValueError(f"{setting.name} bukan teks UTF-8")
    try:
        return setting.parse(text)
    except ValueError as error:
        raise ValueError(f"{setting.name} {error}") from error


def _default(setting: Setting) -> Any:
    """Return a setting's default, an empty text where it has none."""
    return setting.parse(setting.default) if setting.default else ""


def _text(setting: Setting, values: Mapping[str, str], owners: frozenset[int]) -> str | None:
    """Return the text of a setting, from NAME or NAME_FILE, or None if it is not set.

    Raises ValueError with a sentence.
    """
    text = values.get(setting.name)
    if text is None and setting.from_file and (file := values.get(f"{setting.name}_FILE")):
        text = _read_secret(setting, Path(file), owners)
    return text if text or setting.may_be_empty else None


def _read_secret(setting: Setting, file: Path, owners: frozenset[int]) -> str:
    try:
        flaw = flaw_of(file, owners)
        text = "" if flaw else file.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, ValueError) as error:
        # Its value is not repeated: it may be the secret itself, typed in the wrong place.
        reason = why(error) if isinstance(error, OSError) else "bukan teks UTF-8"
        raise ValueError(f"{setting.name}_FILE: berkasnya tidak dapat dibaca ({reason})") from error
    if flaw:
        raise ValueError(
            f"{setting.name}_FILE tidak dipercaya: {flaw.sentence}; ketik: {flaw.advice}"
        )
    return text


def _settings(
    parsed: Mapping[str, Any], site: str, state: Path, unusual_file: Path | None
) -> Settings:
    flow = parsed["ANTREAN_ALUR"]
    return Settings(
        bpjs=BpjsSettings(
            base_url=parsed["BPJS_BASE_URL"],
            cons_id=parsed["BPJS_CONS_ID"],
            secret_key=parsed["BPJS_SECRET_KEY"],
            user_key=parsed["BPJS_USER_KEY"],
            update_path=parsed["BPJS_UPDATE_PATH"],
            timeout=float(parsed["BPJS_TIMEOUT"]),
            ca_bundle=parsed["BPJS_CA_BUNDLE"] or None,
        ),
        khanza=KhanzaSettings(
            host=parsed["KHANZA_HOST"],
            port=parsed["KHANZA_PORT"],
            socket=parsed["KHANZA_SOCKET"] or None,
            user=parsed["KHANZA_USER"],
            password=parsed["KHANZA_PASSWORD"],
            database=parsed["KHANZA_DATABASE"],
            sqlite=parsed["KHANZA_SQLITE"] or None,
            tls=Tls.REQUIRED if parsed["KHANZA_CA"] else parsed["KHANZA_TLS"],
            ca=parsed["KHANZA_CA"] or None,
        ),
        site=site,
        state=state,
        policy=Policy(
            zone=parsed["ANTREAN_TZ"],
            days=parsed["ANTREAN_DAYS"],
            add=frozenset(map(Kind, parsed["ANTREAN_ADD"])),
            kd_pj=frozenset(parsed["ANTREAN_KD_PJ"]),
            kodebooking=parsed["ANTREAN_KODEBOOKING"],
            skip_poli=frozenset(parsed["ANTREAN_SKIP_POLI"]),
            only_poli=frozenset(parsed["ANTREAN_ONLY_POLI"]),
            delay_nonjkn=timedelta(minutes=parsed["ANTREAN_DELAY_NONJKN"]),
            delay_batal=timedelta(minutes=parsed["ANTREAN_DELAY_BATAL"]),
            sources={
                taskid: names
                for taskid in (*ADMISSION_TASKS, *TASKS)
                if (names := parsed[f"ANTREAN_TASK_{taskid}"] or flow.get(taskid))
            },
            tie=timedelta(seconds=parsed["ANTREAN_TIE_SECONDS"]),
            minutes_per_patient=parsed["ANTREAN_MINUTES_PER_PATIENT"],
            farmasi=parsed["ANTREAN_FARMASI"],
            admisi=timedelta(minutes=parsed["ANTREAN_ADMISI_MINUTES"] * parsed["ANTREAN_ADMISI"]),
            adopt=parsed["ANTREAN_ADOPT"],
        ),
        hfis=parsed["ANTREAN_JADWAL"],
        workers=parsed["ANTREAN_WORKERS"],
        splay=None if parsed["ANTREAN_SPLAY"] == "" else parsed["ANTREAN_SPLAY"],
        max_seconds=parsed["ANTREAN_MAX_SECONDS"],
        keep_days=parsed["ANTREAN_KEEP_DAYS"],
        log_file=parsed["ANTREAN_LOG_FILE"] or None,
        ping_url=parsed["ANTREAN_PING_URL"] or None,
        metrics_file=parsed["ANTREAN_METRICS_FILE"] or None,
        alert_command=parsed["ANTREAN_ALERT_COMMAND"],
        digest_at=parsed["ANTREAN_ALERT_DIGEST"],
        unusual_file=unusual_file,
    )


def environment_for_others() -> dict[str, str]:
    """Return the environment of this process for a program that is not ours: without settings."""
    ours = ("ANTREAN_", "BPJS_", "KHANZA_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def named_proxies() -> list[str]:
    """Return the names under which the environment has a proxy for other programs."""
    names = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
    return [name for one in names for name in (one, one.lower()) if os.environ.get(name)]


def no_color() -> bool:
    """Return whether no colours are wanted (NO_COLOR, as on no-color.org), or none can be shown."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
