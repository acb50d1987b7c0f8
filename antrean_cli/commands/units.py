"""`antrean units`: prints systemd units for a pass a minute, for these very settings."""

import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import click
from click.core import ParameterSource

from antrean_cli.config.settings import load, try_load
from antrean_cli.console.app import App, program
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.parameters import OneOf
from antrean_cli.errors import InputError, SettingsError
from antrean_cli.operator.systemd_units import (
    UNIT_FILES,
    Installation,
    home_of,
    how_to_install,
    how_to_make,
    is_user,
    service,
    timer,
)


def _user(ctx: click.Context, _: click.Parameter, value: str) -> str:
    """Return the user; one that was typed has to be there, the usual one may still be made."""
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,30}", value):
        raise click.BadParameter(f"'{value}' bukan nama pengguna")
    if ctx.get_parameter_source("user") is ParameterSource.COMMANDLINE and not is_user(value):
        raise InputError(f"Pengguna {value} belum ada", advice=how_to_make(value))
    return value


@subcommand(
    "units",
    help=(
        "Cetak service dan timer systemd sebagai pengganti cron: satu putaran tiap menit, "
        "dengan hak sesedikit mungkin. Tanpa argumen: keduanya, dan cara memasangnya."
    ),
    epilog=examples(
        """
antrean units
antrean units service > /etc/systemd/system/antrean.service
antrean units timer > /etc/systemd/system/antrean.timer
"""
    ),
)
@click.argument("which", metavar="[service|timer]", required=False, type=OneOf(list(UNIT_FILES)))
@click.option(
    "--user",
    default="antrean",
    callback=_user,
    metavar="NAMA",
    help="Pengguna yang menjalankan (antrean).",
)
@click.pass_obj
def command(app: App, which: str | None, user: str) -> None:
    found = try_load(env_file=app.env_file, state=app.state, needs=frozenset())
    app.tell_of_ignored(found.ignored)
    if found.file is None:
        raise SettingsError(
            "Belum ada berkas pengaturan; buat /etc/antrean/env, atau pakai --env-file"
        )
    env_file = found.file.absolute()
    state = ["--state", str(app.state.absolute())] if app.state else []
    me = [*program(), "--env-file", str(env_file), *state]
    # As the service will see them: nothing of the environment of whoever prints this.
    home = {"XDG_STATE_HOME": str(home_of(user) / ".local/state")}
    settings = load(env_file=env_file, state=app.state, needs=frozenset(), environ=home)
    interpreter = (me[0], os.path.realpath(me[0]), sys.prefix, sys.base_prefix)
    installation = Installation(
        user=user,
        command=[*me, "sync"],
        settings=replace(settings, unusual_file=found.settings.unusual_file),
        needed=[env_file, *found.secrets, *map(Path, interpreter)],
    )
    texts = {"service": service(installation), "timer": timer()}
    everything = "\n".join([how_to_install(me, user), *texts.values()])
    click.echo(texts[which] if which else everything, nl=False)
