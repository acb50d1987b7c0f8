"""Who watches the passes (ANTREAN_PING_URL), as far as it can be examined without a ping."""

import socket
from urllib.parse import urlsplit

from antrean_cli.checkup.results import Finding, ok, warning

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
