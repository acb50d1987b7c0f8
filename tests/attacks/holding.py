"""What BPJS holds in the end."""

from __future__ import annotations

from tests.support.site import Site

Held = list[tuple[int, str]]  # of a booking: taskid and time of day
CANCELLED = (99, "")


def held(site: Site) -> dict[str, Held]:
    """Return the tasks of each booking; a cancel has no time, because BPJS notes its own."""
    known = [str(booking["kodebooking"]) for booking in site.bpjs.bookings.snapshot()]
    tasks = {kodebooking: site.held_at_bpjs(kodebooking) for kodebooking in known}
    return {
        name: [task if task[0] != 99 else CANCELLED for task in rows]
        for name, rows in tasks.items()
    }
