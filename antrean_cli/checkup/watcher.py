"""Who is told of the passes: by pings (ANTREAN_PING_URL), by a command (ANTREAN_ALERT_COMMAND)."""

import socket
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from antrean_cli.checkup.results import Finding, fault, ok, warning
from antrean_cli.config.settings import Settings
from antrean_cli.errors import SettingsError
from antrean_cli.monitoring.alerts import run
from antrean_cli.rules.alerts import Alert, AlertKind

PATIENCE = 5  # seconds


def examine_watcher(url: str) -> Finding:
    """Look whether who watches the passes can be reached; a ping would tell of a pass."""
    address = urlsplit(url)
    host, port = address.hostname or "", address.port or (443 if address.scheme == "https" else 80)
    try:
        socket.create_connection((host, port), PATIENCE).close()
    except OSError:
        text = (
            f"Pengawas: {host}:{port} tidak dapat dihubungi (ANTREAN_PING_URL); "
            f"periksa alamat, jaringan, firewall"
        )
        return warning("ping", text, f"nc -vz {host} {port}")
    return ok("ping", f"Pengawas: {host}:{port} dapat dihubungi (ANTREAN_PING_URL)")


def examine_alerts(settings: Settings, untold: Sequence[Alert]) -> Finding:
    """Look whether the hospital's command is there, and what it could not be told by yet."""
    if untold:
        oldest = min(one.at for one in untold)
        return warning(
            "alert",
            f"Pemberitahuan: {len(untold)} belum tersampaikan sejak {oldest:%d-%m %H:%M} "
            f"(ANTREAN_ALERT_COMMAND)",
            "antrean check --alert",
        )
    digest = settings.digest_at
    daily = f"pekerjaan hari ini pukul {digest:%H:%M}" if digest else "tanpa pekerjaan harian"
    return ok("alert", f"Pemberitahuan: ANTREAN_ALERT_COMMAND diatur, {daily}")


def try_alert(settings: Settings, now: datetime) -> Finding:
    """Run the hospital's command with a trial; what it prints goes to stderr."""
    if not settings.alert_command:
        return fault(
            SettingsError.exit_code,
            "alert",
            "Pemberitahuan: ANTREAN_ALERT_COMMAND belum diisi; isi dengan perintah yang "
            "meneruskan masukannya, misalnya lewat email atau Telegram",
        )
    text = (
        f"Percobaan pemberitahuan antrean, {now:%d-%m-%Y %H:%M}. Tidak ada yang perlu dikerjakan."
    )
    if problem := run(
        settings.alert_command, AlertKind.TRIAL, text, site=settings.site, aloud=True
    ):
        return fault(
            SettingsError.exit_code,
            "alert",
            f"Pemberitahuan: perintah di ANTREAN_ALERT_COMMAND {problem}",
        )
    return ok("alert", "Pemberitahuan: percobaan dijalankan; lihat apakah pesannya sampai")
