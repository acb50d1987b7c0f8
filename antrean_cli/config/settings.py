"""Settings: one table of names, defaults and parsers, read from the environment and the `.env`
(envfile.py).

- Nobody else reads the environment, and it wins over the `.env`.
- All problems are reported together, in one SettingsError.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from antrean_cli.config import env_file as envfile
from antrean_cli.errors import SettingsError, why
from antrean_cli.rules.sources import FLOWS, SOURCES, TASKS
from antrean_cli.rules.visits import KINDS, Policy

# Indonesia knows no summer time, so its three zones need no zone database.
ZONES = {
    "Asia/Jakarta": timezone(timedelta(hours=7), "WIB"),
    "Asia/Makassar": timezone(timedelta(hours=8), "WITA"),
    "Asia/Jayapura": timezone(timedelta(hours=9), "WIT"),
}
KODEBOOKING_PARTS = ("no_rawat", "no_rawat_angka", "kode_ppk", "kd_poli", "no_reg")
YES_OR_NO = {"ya": True, "tidak": False}
LOOPBACK = ("127.0.0.1", "localhost", "::1")
NO_FILE = "tidak ada ./.env, ~/.config/antrean/env, atau /etc/antrean/env"


@dataclass(frozen=True, kw_only=True, repr=False)
class Bpjs:
    """How BPJS is reached; no repr, because it holds secrets."""

    base_url: str
    cons_id: str
    secret_key: str
    user_key: str
    update_path: str
    timeout: float
    ca_bundle: str | None


@dataclass(frozen=True, kw_only=True, repr=False)
class Khanza:
    """How Khanza is reached: a server, or a SQLite sample; no repr, because it holds a password."""

    host: str
    port: int
    socket: str | None
    user: str
    password: str
    database: str
    sqlite: str | None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, parsed; `bpjs` and `khanza` are there whenever they were asked for."""

    bpjs: Bpjs
    khanza: Khanza
    state: Path
    policy: Policy
    hfis: bool  # sessions are HFIS's (ANTREAN_JADWAL)
    workers: int
    max_seconds: int
    keep_days: int
    log_file: Path | None
    ping_url: str | None = field(repr=False)  # who knows it can ping in our place
    metrics_file: Path | None


def _text(value: str) -> str:
    return value


def _header(value: str) -> str:
    if not value.isascii() or not value.isprintable():
        raise ValueError("hanya boleh berisi huruf, angka, dan tanda biasa")
    return value


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not re.fullmatch(r"\d{1,9}", value) or not low <= int(value) <= high:
            raise ValueError(f"harus bilangan bulat {low} sampai {high}")
        return int(value)

    return parse


def _names(value: str) -> frozenset[str]:
    return frozenset(part.strip() for part in value.split(",") if part.strip())


def _choices(known: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    def parse(value: str) -> tuple[str, ...]:
        names = tuple(part.strip() for part in value.split(",") if part.strip())
        if unknown := [name for name in names if name not in known]:
            raise ValueError(f"tidak mengenal {', '.join(unknown)}; pilihannya: {', '.join(known)}")
        return names

    return parse


def _one_of(known: Mapping[str, Any]) -> Callable[[str], Any]:
    def parse(value: str) -> Any:
        if value not in known:
            raise ValueError(f"harus salah satu dari {', '.join(known)}")
        return known[value]

    return parse


def _host(value: str) -> str | None:
    """Return the host of an http(s) address without query and fragment, None if it is no such
    address.
    """
    try:
        url = urlsplit(value)
        host, _ = url.hostname, url.port
    except ValueError:
        return None
    return (
        host if re.fullmatch(r"https?://[^?#]+", value) and re.fullmatch(r"[!-~]+", value) else None
    )


def _base_url(value: str) -> str:
    host = _host(value)
    if not host:
        raise ValueError(
            "harus alamat lengkap seperti https://apijkn.bpjs-kesehatan.go.id/antreanrs"
        )
    if value.startswith("http:") and host not in LOOPBACK:
        raise ValueError("harus https:// (http:// hanya untuk simulator di komputer ini)")
    return value.rstrip("/")


def _ping_url(value: str) -> str:
    if not _host(value):
        raise ValueError(
            "harus alamat http:// atau https:// tanpa ? dan #, seperti https://hc-ping.com/uuid"
        )
    return value.rstrip("/")


def _path(value: str) -> str:
    if not re.fullmatch(r"/[!-~]*", value):
        raise ValueError("harus diawali garis miring, misalnya /antrean/updatewaktu")
    return value


def _template(value: str) -> str:
    parts = re.findall(r"\{([^{}]*)\}", value)
    if not parts or re.sub(r"\{[^{}]*\}", "", value).strip("{}") != re.sub(
        r"\{[^{}]*\}", "", value
    ):
        raise ValueError("harus memuat {no_rawat} atau {no_rawat_angka}")
    if unknown := [part for part in parts if part not in KODEBOOKING_PARTS]:
        known = ", ".join(f"{{{part}}}" for part in KODEBOOKING_PARTS)
        raise ValueError(f"tidak mengenal {{{unknown[0]}}}; yang ada: {known}")
    if not {"no_rawat", "no_rawat_angka"} & set(parts):
        raise ValueError(
            "harus memuat {no_rawat} atau {no_rawat_angka}, agar tiap kunjungan berbeda"
        )
    return value


def _existing(value: str) -> str:
    if not os.path.exists(value):  # noqa: PTH110 - Path.exists raises for a name that is too long
        raise ValueError(f"berkas {value} tidak ada")
    return value


def _file(value: str) -> Path:
    try:
        return Path(value).expanduser()
    except RuntimeError as error:
        raise ValueError("memuat ~ dari pengguna yang tidak dikenal") from error


def _prom(value: str) -> Path:
    # node_exporter reads no other, and a slip of the pen cannot replace the ledger.
    if not value.endswith(".prom"):
        raise ValueError("harus berakhiran .prom")
    return _file(value)


class Setting(NamedTuple):
    """One row of the table of settings: a name, the default as it would be
    typed, and its parser.
    """

    name: str
    default: str
    parse: Callable[[str], Any]
    needed_for: str = ""
    from_file: bool = False


_SOURCES = _choices(SOURCES)
SETTINGS = (
    Setting("BPJS_BASE_URL", "", _base_url, "bpjs", from_file=True),
    Setting("BPJS_CONS_ID", "", _header, "bpjs", from_file=True),
    Setting("BPJS_SECRET_KEY", "", _text, "bpjs", from_file=True),
    Setting("BPJS_USER_KEY", "", _header, "bpjs", from_file=True),
    Setting("BPJS_UPDATE_PATH", "/antrean/updatewaktu", _path),
    Setting("BPJS_TIMEOUT", "20", _whole(1, 300)),
    Setting("BPJS_CA_BUNDLE", "", _existing),
    Setting("KHANZA_HOST", "127.0.0.1", _text),
    Setting("KHANZA_PORT", "3306", _whole(1, 65535)),
    Setting("KHANZA_SOCKET", "", _text),
    Setting("KHANZA_USER", "", _text, "khanza"),
    Setting("KHANZA_PASSWORD", "", _text, from_file=True),
    Setting("KHANZA_DATABASE", "sik", _text),
    Setting("KHANZA_SQLITE", "", _text),
    Setting("ANTREAN_STATE", "", _file),
    Setting("ANTREAN_TZ", "Asia/Jakarta", _one_of(ZONES)),
    Setting("ANTREAN_DAYS", "7", _whole(1, 7)),
    Setting("ANTREAN_ADD", "onsite,nonjkn", _choices(KINDS)),
    Setting("ANTREAN_KD_PJ", "", _names),
    Setting("ANTREAN_KODEBOOKING", "{no_rawat}", _template),
    Setting("ANTREAN_SKIP_POLI", "IGDK,IGD,HDL", _names),
    Setting("ANTREAN_ONLY_POLI", "", _names),
    Setting("ANTREAN_DELAY_NONJKN", "15", _whole(0, 1440)),
    Setting("ANTREAN_DELAY_BATAL", "10", _whole(0, 1440)),
    Setting("ANTREAN_ALUR", "erm", _one_of(FLOWS)),
    *(Setting(f"ANTREAN_TASK_{taskid}", "", _SOURCES) for taskid in TASKS),
    Setting("ANTREAN_TIE_SECONDS", "60", _whole(0, 3600)),
    Setting("ANTREAN_MINUTES_PER_PATIENT", "5", _whole(0, 240)),
    Setting("ANTREAN_FARMASI", "tidak", _one_of(YES_OR_NO)),
    Setting("ANTREAN_ADOPT", "tidak", _one_of(YES_OR_NO)),
    Setting("ANTREAN_JADWAL", "khanza", _one_of({"khanza": False, "hfis": True})),
    Setting("ANTREAN_WORKERS", "4", _whole(1, 64)),
    Setting("ANTREAN_MAX_SECONDS", "50", _whole(5, 3600)),
    Setting("ANTREAN_KEEP_DAYS", "90", _whole(8, 3650)),  # a pass looks back seven days
    Setting("ANTREAN_LOG_FILE", "", _file),
    Setting("ANTREAN_PING_URL", "", _ping_url),
    Setting("ANTREAN_METRICS_FILE", "", _prom),
)
# Empty is a meaning of its own for these; for all others it is the same as not set.
_MAY_BE_EMPTY = ("ANTREAN_ADD", "ANTREAN_SKIP_POLI", "KHANZA_PASSWORD")


class Found(NamedTuple):
    """The settings as far as they can be used, and what is wrong with them.

    What is `broken` has its default in `settings`; `secrets` are the files that NAME_FILE names.
    """

    settings: Settings
    file: Path | None
    secrets: tuple[Path, ...]
    problems: tuple[str, ...]
    broken: frozenset[str]


def load(
    *,
    env_file: Path | None,
    state: Path | None,
    needs: frozenset[str],
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings; `needs` holds "bpjs" and "khanza" where the command talks to them.

    Raises SettingsError (exit 8) with every problem on a line of its own.
    """
    found = examine(env_file=env_file, state=state, needs=needs, environ=environ)
    if found.problems:
        where = f" ({found.file})" if found.file else f" ({NO_FILE})"
        raise SettingsError("\n  ".join([f"Pengaturan belum benar{where}:", *found.problems]))
    return found.settings


def examine(
    *,
    env_file: Path | None,
    state: Path | None,
    needs: frozenset[str],
    environ: Mapping[str, str] | None = None,
) -> Found:
    """Return the settings with everything that is wrong with them.

    Raises SettingsError for a file that cannot be read or must not be trusted.
    """
    env = dict(os.environ if environ is None else environ)
    file = env_file or envfile.first(env)
    problems: list[str] = []
    known = ["ANTREAN_ENV_FILE", *(setting.name for setting in SETTINGS)]
    values = _merged(envfile.read(file, known, problems), env) if file else env
    parsed: dict[str, Any] = {}
    broken = set()
    for setting in SETTINGS:
        before = len(problems)
        parsed[setting.name] = _parse(setting, values, needs, problems)
        broken |= {setting.name} if len(problems) > before else set()
    settings = _settings(parsed, state or parsed["ANTREAN_STATE"] or _default_state(env))
    return Found(settings, file, _secrets(values), tuple(problems), frozenset(broken))


def _secrets(values: Mapping[str, str]) -> tuple[Path, ...]:
    files = (values.get(f"{setting.name}_FILE") for setting in SETTINGS if setting.from_file)
    return tuple(Path(file) for file in files if file)


def _merged(file: Mapping[str, str], env: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of both, the environment's winning, whether it says NAME or NAME_FILE."""
    said = {name.removesuffix("_FILE") for name in env}
    return {
        **{name: value for name, value in file.items() if name.removesuffix("_FILE") not in said},
        **env,
    }


def _default_state(env: Mapping[str, str]) -> Path:
    home = Path(env.get("XDG_STATE_HOME") or Path.home() / ".local/state")
    return home / "antrean/antrean.sqlite3"


def _parse(
    setting: Setting, values: Mapping[str, str], needs: frozenset[str], problems: list[str]
) -> Any:
    value = _value(setting, values, problems)
    if value is None and setting.needed_for in needs and not _excused(setting, values):
        problems.append(f"{setting.name} belum diisi")
    if value is None:
        value = setting.default
    if any(
        "\udc80" <= char <= "\udcff" for char in value
    ):  # how Python hands over bytes that are no text
        problems.append(f"{setting.name} bukan teks UTF-8")
        return ""
    if value == "" and setting.default == "":
        return ""
    try:
        return setting.parse(value)
    except ValueError as error:
        problems.append(f"{setting.name} {error}")
        return setting.parse(setting.default) if setting.default else ""


def _value(setting: Setting, values: Mapping[str, str], problems: list[str]) -> str | None:
    """Return the text of a setting, from NAME or NAME_FILE, or None if it is not set."""
    value = values.get(setting.name)
    if value is None and setting.from_file and (file := values.get(f"{setting.name}_FILE")):
        try:
            value = Path(file).read_text(encoding="utf-8").strip("\r\n")
        except (OSError, ValueError) as error:
            # Its value is not repeated: it may be the secret itself, typed in the wrong place.
            reason = why(error) if isinstance(error, OSError) else "bukan teks UTF-8"
            problems.append(f"{setting.name}_FILE: berkasnya tidak dapat dibaca ({reason})")
            return ""
    if not value and setting.name not in _MAY_BE_EMPTY:
        return None
    return value


def _excused(setting: Setting, values: Mapping[str, str]) -> bool:
    return setting.name == "KHANZA_USER" and bool(values.get("KHANZA_SQLITE"))


def _settings(parsed: Mapping[str, Any], state: Path) -> Settings:
    flow = parsed["ANTREAN_ALUR"]
    return Settings(
        bpjs=Bpjs(
            base_url=parsed["BPJS_BASE_URL"],
            cons_id=parsed["BPJS_CONS_ID"],
            secret_key=parsed["BPJS_SECRET_KEY"],
            user_key=parsed["BPJS_USER_KEY"],
            update_path=parsed["BPJS_UPDATE_PATH"],
            timeout=float(parsed["BPJS_TIMEOUT"]),
            ca_bundle=parsed["BPJS_CA_BUNDLE"] or None,
        ),
        khanza=Khanza(
            host=parsed["KHANZA_HOST"],
            port=parsed["KHANZA_PORT"],
            socket=parsed["KHANZA_SOCKET"] or None,
            user=parsed["KHANZA_USER"],
            password=parsed["KHANZA_PASSWORD"],
            database=parsed["KHANZA_DATABASE"],
            sqlite=parsed["KHANZA_SQLITE"] or None,
        ),
        state=state,
        policy=Policy(
            zone=parsed["ANTREAN_TZ"],
            days=parsed["ANTREAN_DAYS"],
            add=frozenset(parsed["ANTREAN_ADD"]),
            kd_pj=frozenset(parsed["ANTREAN_KD_PJ"]),
            kodebooking=parsed["ANTREAN_KODEBOOKING"],
            skip_poli=frozenset(parsed["ANTREAN_SKIP_POLI"]),
            only_poli=frozenset(parsed["ANTREAN_ONLY_POLI"]),
            delay_nonjkn=timedelta(minutes=parsed["ANTREAN_DELAY_NONJKN"]),
            delay_batal=timedelta(minutes=parsed["ANTREAN_DELAY_BATAL"]),
            sources={taskid: parsed[f"ANTREAN_TASK_{taskid}"] or flow[taskid] for taskid in TASKS},
            tie=timedelta(seconds=parsed["ANTREAN_TIE_SECONDS"]),
            minutes_per_patient=parsed["ANTREAN_MINUTES_PER_PATIENT"],
            farmasi=parsed["ANTREAN_FARMASI"],
            adopt=parsed["ANTREAN_ADOPT"],
        ),
        hfis=parsed["ANTREAN_JADWAL"],
        workers=parsed["ANTREAN_WORKERS"],
        max_seconds=parsed["ANTREAN_MAX_SECONDS"],
        keep_days=parsed["ANTREAN_KEEP_DAYS"],
        log_file=parsed["ANTREAN_LOG_FILE"] or None,
        ping_url=parsed["ANTREAN_PING_URL"] or None,
        metrics_file=parsed["ANTREAN_METRICS_FILE"] or None,
    )


def no_color() -> bool:
    """Return whether the person wants no colours (NO_COLOR, as on no-color.org), or the terminal
    knows none.
    """
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
