"""The systemd units that can take cron's place, with no more rights than a pass needs (Indonesian).

- Of several hospitals on one computer each is an instance of one template, `antrean@SITE`: %i is
  its name. A template knows no site, so each one's ledger has to lie in a folder named after it.
- The timers of a template spread over the minute by themselves (FixedRandomDelay, systemd 247): a
  pass that has yet to wait for its second costs no process, and a hundred do not start at once.
- "ProtectSystem=strict": only the folders of the state, log and metrics files can be written.
- Where something that is needed lies in a home folder or in /tmp, that one protection is loosened
  and no other.
"""

import pwd
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from antrean_cli.config.env_file import SITES
from antrean_cli.config.settings import Settings
from antrean_cli.errors import SettingsError
from antrean_cli.rules.splay import MOST_SPLAY, USUAL_SPLAY

_UNITS = "/etc/systemd/system/antrean"
UNIT_FILES = {name: f"{_UNITS}.{name}" for name in ("service", "timer")}
TEMPLATE_FILES = {name: f"{_UNITS}@.{name}" for name in UNIT_FILES}
HOMES = (Path("/home"), Path("/root"), Path("/run/user"))
TEMPORARY = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - to see that nothing lies there
STATE_ROOT = Path("/var/lib")
_SLACK = 30  # seconds for what a pass does besides its work: start, ping, end
_LAST_CALLS = 15  # seconds beside a call's own for what a stopped pass records

_SERVICE = """\
# {file}{unusual}
[Unit]
Description=antrean{instance}: satu putaran dari SIMRS Khanza ke BPJS
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User={user}
{splay}ExecStart={command}
# Kode 11: putaran lain sedang berjalan; itu bukan kegagalan.
SuccessExitStatus=11
# Putaran yang macet dihentikan dengan SIGTERM; yang sedang dikirim sempat dicatat.
TimeoutStartSec={start}
TimeoutStopSec={stop}

# Yang dapat ditulis hanya folder berkas status, log, dan metrik.
ProtectSystem=strict
{writable}
UMask=0077

# /home, /root, dan /tmp tertutup, kecuali ada berkas yang diperlukan di sana.
ProtectHome={home}
PrivateTmp={tmp}

# Tanpa hak istimewa, perangkat, dan pengaturan kernel.
NoNewPrivileges=true
CapabilityBoundingSet=
AmbientCapabilities=
PrivateDevices=true
ProtectClock=true
ProtectControlGroups=true
ProtectHostname=true
ProtectKernelLogs=true
ProtectKernelModules=true
ProtectKernelTunables=true
ProtectProc=invisible
ProcSubset=pid
RemoveIPC=true
RestrictNamespaces=true
RestrictRealtime=true
RestrictSUIDSGID=true
LockPersonality=true
MemoryDenyWriteExecute=true
# Jaringan hanya untuk Khanza, BPJS, dan pengawas.
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
"""

_SPLAY = """\
# --splay: detik tiap rumah sakit dalam satu menit berbeda, supaya tidak semua mengetuk BPJS
# sekaligus. ANTREAN_SPLAY di berkas pengaturan menggantikannya.
"""

_TIMER = """\
# {file}
[Unit]
Description=antrean{instance}: satu putaran tiap menit

[Timer]
OnCalendar=*-*-* *:*:00
{spread}AccuracySec=1s
# Putaran yang terlewat tidak perlu disusulkan: yang berikutnya melanjutkan.
Persistent=false

[Install]
WantedBy=timers.target
"""

_SPREAD = f"""\
# Tiap rumah sakit punya detiknya sendiri, tetap dari menit ke menit, supaya komputer ini dan BPJS
# tidak menerima semuanya sekaligus (systemd 247 ke atas).
RandomizedDelaySec={MOST_SPLAY}
FixedRandomDelay=true
"""


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Where antrean runs; all paths are absolute.

    `command` is one pass, `needed` what else has to be readable for it. `site` is one of several on
    this computer, empty where there is but one.
    """

    user: str
    command: Sequence[str]
    settings: Settings
    needed: Sequence[Path]
    site: str = ""

    @property
    def written(self) -> list[Path]:
        """Return the folders of the log and the metrics, as far as they are none of the state's."""
        files = (self.settings.log_file, self.settings.metrics_file)
        folders = dict.fromkeys(file.absolute().parent for file in files if file)
        return [folder for folder in folders if not folder.is_relative_to(self.state)]

    @property
    def state(self) -> Path:
        """Return the folder of the state file."""
        return self.settings.state.absolute().parent

    @property
    def used(self) -> list[Path]:
        """Return every file and folder that a pass uses."""
        khanza, bpjs = self.settings.khanza, self.settings.bpjs
        named = filter(None, (khanza.socket, khanza.sqlite, bpjs.ca_bundle))
        return [*self.needed, self.state, *self.written, *(Path(name).absolute() for name in named)]


def seconds_of_pass(settings: Settings) -> int:
    """Return how long a pass may take from its start: what takes longer is stuck."""
    return settings.max_seconds + _SLACK + MOST_SPLAY


def seconds_to_stop(settings: Settings) -> int:
    """Return how long a pass that was asked to stop may take to record what is on its way."""
    return round(settings.bpjs.timeout) + _LAST_CALLS


def home_of(user: str) -> Path:
    """Return the home folder of a user; of one still to be made, the one that the guide names."""
    try:
        return Path(pwd.getpwnam(user).pw_dir)
    except KeyError:
        return STATE_ROOT / user


def is_user(name: str) -> bool:
    """Return whether this computer knows a user."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def how_to_make(user: str) -> str:
    """Return what makes a user for the passes, as the guide has it."""
    return f"sudo useradd --system --create-home --home-dir {STATE_ROOT / user} {user}"


def how_to_install(me: Sequence[str], user: str) -> str:
    """Return comments that say how to install both units; `me` are the words that run antrean."""
    units = f"{shlex.join([*me, 'units'])} --user {user}"
    return f"""\
# Pengganti cron. Hapus dulu baris cron-nya, lalu ketik sebagai root:
#   {units} service > {UNIT_FILES["service"]}
#   {units} timer > {UNIT_FILES["timer"]}
#   systemctl daemon-reload
#   systemctl enable --now antrean.timer
# Melihat hasilnya: systemctl status antrean; journalctl -u antrean
"""


def how_to_install_sites(me: Sequence[str], user: str, folder: Path) -> str:
    """Return comments that say how to install the template units for the sites of a folder."""
    where = [] if folder == SITES else ["--folder", str(folder)]
    units = shlex.join([*me, "units", "--sites", *where, "--user", user])
    files = shlex.quote(str(folder)) + "/*.env"
    return f"""\
# Satu service dan satu timer untuk semua rumah sakit di {folder}. Ketik sebagai root:
#   {units} service > {TEMPLATE_FILES["service"]}
#   {units} timer > {TEMPLATE_FILES["timer"]}
#   systemctl daemon-reload
#   for f in {files}; do systemctl enable --now "antrean@$(basename "$f" .env).timer"; done
# Melihat hasilnya: antrean sites; systemctl list-timers 'antrean@*'; journalctl -u 'antrean@*'
"""


def service(installation: Installation) -> str:
    """Return the service; raises SettingsError for a path that systemd cannot be told."""
    unusual = _unusual(installation.settings.unusual_file)
    return _service(UNIT_FILES["service"], [installation], unusual)


def timer() -> str:
    """Return the timer."""
    return _TIMER.format(file=UNIT_FILES["timer"], instance="", spread="")


def sites_service(installations: Sequence[Installation]) -> str:
    """Return the template of these sites' services.

    Raises SettingsError for a ledger that does not lie in a folder named after its site, and for a
    path that systemd cannot be told.
    """
    for one in installations:
        if one.site not in one.state.parts:
            raise SettingsError(
                f"Berkas status {one.site} ({one.settings.state}) tidak di folder miliknya; isi "
                f"ANTREAN_STATE={STATE_ROOT}/antrean/{one.site}/antrean.sqlite3 di pengaturannya"
            )
    file = installations[0].settings.unusual_file
    return _service(TEMPLATE_FILES["service"], installations, _unusual(file and file.parent))


def sites_timer() -> str:
    """Return the template of the sites' timers."""
    return _TIMER.format(file=TEMPLATE_FILES["timer"], instance=" %i", spread=_SPREAD)


def _service(file: str, installations: Sequence[Installation], unusual: str) -> str:
    """Return a service for all of these: with the longest of their times, and what any needs."""
    first, used = installations[0], [path for one in installations for path in one.used]
    splay = [] if first.site else ["--splay", str(USUAL_SPLAY)]
    return _SERVICE.format(
        file=file,
        unusual=unusual,
        instance=" %i" if first.site else "",
        user=first.user,
        splay="" if first.site else _SPLAY,
        command=_instance(_command([*first.command, *splay]), first.site, ".env"),
        start=max(seconds_of_pass(one.settings) for one in installations),
        stop=max(seconds_to_stop(one.settings) for one in installations),
        writable="\n".join(_writable(installations)),
        home="read-only" if _any_in(HOMES, used) else "true",
        tmp="false" if _any_in(TEMPORARY, used) else "true",
    )


def _unusual(place: Path | None) -> str:
    """Return a comment that names where settings lie, if they usually do not."""
    return f"\n# Pengaturan bukan dari tempat yang biasa: {_word(str(place))}" if place else ""


def _writable(installations: Sequence[Installation]) -> list[str]:
    states: dict[str, None] = {}  # in their order
    folders: dict[str, None] = {}
    public = False
    for one in installations:
        # A colon would name a link.
        if one.state.parent.is_relative_to(STATE_ROOT) and ":" not in str(one.state):
            states[_instance(_word(str(one.state.relative_to(STATE_ROOT))), one.site)] = None
            metrics = one.settings.metrics_file
            # Where the metrics lie as well, their collector has to get through.
            public |= bool(metrics and metrics.absolute().is_relative_to(one.state))
        else:
            folders[_instance(_word(f"-{one.state}"), one.site)] = None
        # "-": a folder that is not there is told by the pass, in a sentence, instead of by systemd.
        for folder in one.written:
            folders[_instance(_word(f"-{folder}"), one.site)] = None
    return [
        *(f"StateDirectory={state}" for state in states),
        *[f"StateDirectoryMode={'0755' if public else '0700'}"] * bool(states),
        *(f"ReadWritePaths={folder}" for folder in folders),
    ]


def _instance(words: str, site: str, end: str = "") -> str:
    """Return words of a unit with %i in place of the site, where a name in a path is it and `end`.

    So they mean the same as before for this site.
    """
    name = rf'(?<=/){re.escape(site + end)}(?=/|[" ]|$)'
    return re.sub(name, f"%i{end}", words) if site else words


def _any_in(places: Iterable[Path], used: Iterable[Path]) -> bool:
    return any(path.is_relative_to(place) for path in used for place in places)


def _command(words: Sequence[str]) -> str:
    program, *arguments = words
    # systemd fills in variables in the arguments, not in the program.
    return " ".join(
        [_word(program), *(_word(argument.replace("$", "$$")) for argument in arguments)]
    )


def _word(text: str) -> str:
    """Return a word of a unit file, in quotes if it has spaces; systemd fills in what % begins."""
    if not text.isprintable() or set(text) & set("\"'\\"):
        raise SettingsError(f"{text!r} memuat tanda yang tidak dapat ditulis di unit systemd")
    word = text.replace("%", "%%")
    return f'"{word}"' if " " in word or ";" in word else word
