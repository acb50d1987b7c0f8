"""The systemd units that can take cron's place, with no more rights than a pass needs (Indonesian).

- "ProtectSystem=strict": only the folders of the state, log and metrics files can be written.
- Where something that is needed lies in a home folder or in /tmp, that one protection is loosened
  and no other.
"""

import pwd
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from antrean_cli.config.settings import Settings
from antrean_cli.errors import SettingsError
from antrean_cli.rules.splay import MOST_SPLAY, USUAL_SPLAY

UNIT_FILES = {name: f"/etc/systemd/system/antrean.{name}" for name in ("service", "timer")}
HOMES = (Path("/home"), Path("/root"), Path("/run/user"))
TEMPORARY = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - to see that nothing lies there
STATE_ROOT = Path("/var/lib")
_SLACK = 30  # seconds for what a pass does besides its work: start, ping, end
_LAST_CALLS = 15  # seconds beside a call's own for what a stopped pass records

_SERVICE = """\
# {file}{unusual}
[Unit]
Description=antrean: satu putaran dari SIMRS Khanza ke BPJS
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User={user}
# --splay: detik tiap rumah sakit dalam satu menit berbeda, supaya tidak semua mengetuk BPJS
# sekaligus. ANTREAN_SPLAY di berkas pengaturan menggantikannya.
ExecStart={command}
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

_TIMER = """\
# {file}
[Unit]
Description=antrean: satu putaran tiap menit

[Timer]
OnCalendar=*-*-* *:*:00
AccuracySec=1s
# Putaran yang terlewat tidak perlu disusulkan: yang berikutnya melanjutkan.
Persistent=false

[Install]
WantedBy=timers.target
"""


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Where antrean runs; all paths are absolute.

    `command` is one pass, `needed` what else has to be readable for it.
    """

    user: str
    command: Sequence[str]
    settings: Settings
    needed: Sequence[Path]

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


def home_of(user: str) -> Path:
    """Return the home folder of a user; of one still to be made, the one that README.md names."""
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
    """Return what makes a user for the passes, as README.md has it."""
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


def service(installation: Installation) -> str:
    """Return the service; raises SettingsError for a path that systemd cannot be told."""
    return _SERVICE.format(
        file=UNIT_FILES["service"],
        unusual=_unusual(installation.settings.unusual_file),
        user=installation.user,
        command=_command([*installation.command, "--splay", str(USUAL_SPLAY)]),
        start=installation.settings.max_seconds + _SLACK + MOST_SPLAY,
        stop=round(installation.settings.bpjs.timeout) + _LAST_CALLS,
        writable="\n".join(_writable(installation)),
        home="read-only" if _any_in(HOMES, installation.used) else "true",
        tmp="false" if _any_in(TEMPORARY, installation.used) else "true",
    )


def _unusual(file: Path | None) -> str:
    """Return a comment that names a file of settings which lies where they usually do not."""
    return f"\n# Pengaturan bukan dari tempat yang biasa: {_word(str(file))}" if file else ""


def timer() -> str:
    """Return the timer."""
    return _TIMER.format(file=UNIT_FILES["timer"])


def _writable(installation: Installation) -> list[str]:
    folders, lines = [*installation.written], []
    # A colon would name a link.
    if installation.state.parent.is_relative_to(STATE_ROOT) and ":" not in str(installation.state):
        metrics = installation.settings.metrics_file
        # Where the metrics lie as well, their collector has to get through.
        mode = (
            "0755" if metrics and metrics.absolute().is_relative_to(installation.state) else "0700"
        )
        lines = [
            f"StateDirectory={_word(str(installation.state.relative_to(STATE_ROOT)))}",
            f"StateDirectoryMode={mode}",
        ]
    else:
        folders = [installation.state, *folders]
    # "-": a folder that is not there is told by the pass, in a sentence, instead of by systemd.
    return [*lines, *(f"ReadWritePaths={_word(f'-{folder}')}" for folder in folders)]


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
