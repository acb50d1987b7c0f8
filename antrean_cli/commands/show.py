"""`antrean show`: the whole story of one visit, as a person would tell it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import click

from antrean_cli import boards, views
from antrean_cli.collect import rows_of
from antrean_cli.config import Settings
from antrean_cli.desk import Story
from antrean_cli.errors import AntreanError, SettingsError, TemporaryError
from antrean_cli.hfis import sessions_of
from antrean_cli.options import (
    App,
    bookings,
    examples,
    json_option,
    kodebooking,
    reading,
    require_known,
    show,
    subcommand,
)
from antrean_cli.rules.chain import Record
from antrean_cli.rules.events import Look, events_of
from antrean_cli.rules.visits import Sessions, Visit, assemble


@subcommand(
    "show",
    help="Kisah satu kunjungan: waktu tiap task di Khanza dan asalnya, apa yang dikirim dan kapan, jawaban BPJS, apa "
    "yang kurang, dan siapa harus berbuat apa.",
    epilog=examples(
        """
antrean show 2026/11/22/000001
antrean show 20261122000001 --bpjs
"""
    ),
)
@click.argument("number", metavar="KODEBOOKING|NO_RAWAT", callback=kodebooking, shell_complete=bookings)
@click.option("--bpjs", "with_bpjs", is_flag=True, help="Tanyakan juga apa yang dicatat BPJS.")
@json_option
@click.pass_obj
def command(app: App, number: str, with_bpjs: bool, as_json: bool) -> None:
    settings = app.settings(*(["bpjs"] if with_bpjs else []))
    with reading(app) as (ledger, now):
        require_known(ledger, number)
        records, sessions = ledger.of_visit(number), sessions_of(settings, ledger)
    stories = [_told(settings, record, sessions, now, with_bpjs=with_bpjs) for record in records]
    if as_json:
        click.echo(views.document([boards.story_document(story) for story in stories]))
    else:
        show("\n\n".join(map(boards.story, stories)))


def _told(settings: Settings, record: Record, sessions: Sessions | None, now: datetime, *, with_bpjs: bool) -> Story:
    story = Story(record=record, zone=settings.policy.zone)
    try:
        visit, hint = _visit(settings, record, sessions)
        if hint:
            story = replace(story, notes=(hint,))
        if visit:
            look = Look(visit=visit, policy=settings.policy, seen=record.seen, now=now)
            story = replace(story, events={str(taskid): event for taskid, event in events_of(look).items()})
        else:
            story = replace(story, notes=(*story.notes, "Kunjungan ini tidak ada (lagi) di Khanza."))
    except (TemporaryError, SettingsError) as error:
        story = replace(story, notes=(str(error),))
    if with_bpjs:
        try:
            story = replace(story, at_bpjs=_at_bpjs(settings, record))
        except AntreanError as error:
            story = replace(story, notes=(*story.notes, str(error)))
    return story


def _visit(settings: Settings, record: Record, sessions: Sessions | None) -> tuple[Visit | None, str]:
    """Return Khanza's visit of a booking, and what its own sender noted of it."""
    from antrean_cli.khanza import Khanza, Window

    if not (settings.khanza.user or settings.khanza.sqlite):
        raise SettingsError("Khanza tidak dibaca: KHANZA_USER belum diisi")
    no_rawat = (record.no_rawat,) if record.no_rawat else ()
    with Khanza(settings.khanza, seconds=settings.max_seconds) as khanza:
        rows = rows_of(khanza, settings.policy, Window(record.tanggal, record.tanggal, no_rawat, (record.kodebooking,)))
        hint = boards.hint(*khanza.hints(record.no_rawat, record.kodebooking))
    visits = assemble(rows._replace(hfis=sessions), settings.policy)
    same = [visit for visit in visits if visit.kodebooking == record.kodebooking]
    same += [visit for visit in visits if record.no_rawat and visit.no_rawat == record.no_rawat]
    return (same[0] if same else None), hint


def _at_bpjs(settings: Settings, record: Record) -> Mapping[str, datetime | None]:
    from antrean_cli.asking import tasks
    from antrean_cli.bpjs import Client
    from antrean_cli.rules.outcomes import tasks_held

    return tasks_held(tasks(Client(settings.bpjs), record.kodebooking))
