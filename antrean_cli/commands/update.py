"""`antrean update`: one update of a task's time, by hand."""

import re
from datetime import datetime, timezone

import click

from antrean_cli.errors import InputError
from antrean_cli.options import App, OneOf, examples, json_option, kodebooking_argument, report, subcommand
from antrean_cli.rules.payloads import JENISRESEP, update_body
from antrean_cli.rules.visits import WIB

TASKIDS = ("1", "2", "3", "4", "5", "6", "7", "99")


def parse_waktu(text: str | None, zone: timezone, now: datetime) -> datetime:
    """Return WAKTU as an aware datetime: a time in the hospital's zone, epoch ms, or now; raises InputError."""
    if text is None:
        return now.replace(microsecond=0)
    try:
        if re.fullmatch(r"\d{13}", text):
            return datetime.fromtimestamp(int(text) / 1000, zone)
        if re.fullmatch(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", text):
            return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        pass  # such as the 31st of February: no time either
    raise InputError(
        f"WAKTU '{text}' bukan waktu; tulis misalnya \"2026-11-22 08:05\", milidetik epoch (13 angka), atau kosongkan"
    )


@subcommand(
    "update",
    help="Kirim waktu satu task. TASKID 1 sampai 7 atau 99. WAKTU dalam zona rumah sakit (ANTREAN_TZ), atau "
    "milidetik epoch; tanpa WAKTU berarti sekarang.",
    epilog=examples(
        """
antrean update 2026/11/22/000001 3
antrean update 2026/11/22/000001 4 "2026-11-22 08:05"
antrean update 2026/11/22/000001 5 1795311900000 --jenisresep Racikan
"""
    ),
)
@kodebooking_argument
@click.argument("taskid", metavar="TASKID", type=OneOf(TASKIDS))
@click.argument("waktu", metavar="[WAKTU]", required=False)
@click.option("--jenisresep", type=OneOf(JENISRESEP), metavar="JENIS", help=f"{', '.join(JENISRESEP)}.")
@json_option
@click.pass_obj
def command(app: App, kodebooking: str, taskid: str, waktu: str | None, jenisresep: str | None, as_json: bool) -> None:
    from antrean_cli.manual import send

    settings = app.settings("bpjs")
    zone = settings.policy.zone
    now = app.now(zone)
    moment = parse_waktu(waktu, zone, now)
    body = update_body(kodebooking, taskid, moment, jenisresep)
    sent = send(settings, taskid, body, tanggal=moment.astimezone(WIB).date(), waktu=moment, now=now)
    report(app, sent, kodebooking, f"task {taskid} {moment:%d-%m-%Y %H:%M:%S}", as_json)
