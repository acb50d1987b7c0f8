"""A hospital in good order, for the tests of `check`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.checkup import WEEK, Dated
from tests.support.mariadb import MariaDB
from tests.support.site import (
    CONS_ID,
    SECRET_KEY,
    USER_KEY,
    Site,
    settings_of,
)


@pytest.fixture
def here(live_site: Site, mariadb: MariaDB) -> Iterator[Site]:
    """A hospital in order: its database in WIB, BPJS with a clock, HFIS that knows its doctors."""
    with (
        Dated(cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY) as bpjs,
        mariadb.admin() as connection,
        connection.cursor() as cursor,
    ):
        for kodepoli, kodedokter in (("INT", 12345), ("ANA", 23456)):
            bpjs.bookings.hold_sessions(
                {"kodepoli": kodepoli, "kodedokter": kodedokter, "jadwal": WEEK}
            )
        cursor.execute("SET GLOBAL time_zone = '+07:00'")
        live_site.bpjs, live_site.env = bpjs, settings_of(mariadb, bpjs.url)
        yield live_site
        cursor.execute("SET GLOBAL time_zone = 'SYSTEM'")
