"""How fast BPJS lets calls through, in words and for JSON output."""

from datetime import datetime
from typing import Any

from antrean_cli.render.times import epoch_ms
from antrean_cli.rules.pace import Pace


def pace_text(pace: Pace | None, now: datetime) -> str:
    """Return the pace and what set it (Indonesian); empty if nothing was sent lately."""
    if pace is None:
        return ""
    at_once = f"{pace.side_by_side} kiriman bersamaan"
    if not pace.bounded(now) or pace.refused_at is None:
        return f"{at_once}, tidak dibatasi BPJS"
    bound = f", {pace.rate:.1f} per detik" if pace.rate else ""
    return f"{at_once}{bound} (BPJS minta pelan, terakhir {pace.refused_at:%H:%M:%S})"


def pace_document(pace: Pace | None) -> dict[str, Any] | None:
    """Return the pace for JSON output; times are epoch ms."""
    if pace is None:
        return None
    return {
        "side_by_side": pace.side_by_side,
        "per_second": pace.rate and round(pace.rate, 2),
        "refused_at": epoch_ms(pace.refused_at),
    }
