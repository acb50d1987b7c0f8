"""`antrean units`: prints what runs a pass a minute, for these very settings."""

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
from click.core import ParameterSource

from antrean_cli.config.settings import LoadResult, Settings, load, try_load
from antrean_cli.config.sites import load_site, site_files
from antrean_cli.console.app import App, program
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import folder_option
from antrean_cli.console.parameters import OneOf
from antrean_cli.errors import InputError, SettingsError
from antrean_cli.operator.container_image import IMAGE, containerfile
from antrean_cli.operator.kubernetes import Hospital, manifests
from antrean_cli.operator.systemd_units import (
    UNIT_FILES,
    Installation,
    home_of,
    how_to_install,
    how_to_install_sites,
    how_to_make,
    is_user,
    service,
    sites_service,
    sites_timer,
    timer,
)


def _user(ctx: click.Context, _: click.Parameter, value: str) -> str:
    """Return the user; one that was typed has to be there, the usual one may still be made."""
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,30}", value):
        raise click.BadParameter(f"'{value}' bukan nama pengguna")
    if ctx.get_parameter_source("user") is ParameterSource.COMMANDLINE and not is_user(value):
        raise InputError(f"Pengguna {value} belum ada", advice=how_to_make(value))
    return value


def _image(_ctx: click.Context, _: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][A-Za-z0-9._:/@-]{0,254}", value):
        raise click.BadParameter(f"'{value}' bukan nama image; tulis misalnya {IMAGE}")
    return value


@subcommand(
    "units",
    help=(
        "Cetak service dan timer systemd sebagai pengganti cron: satu putaran tiap menit, "
        "dengan hak sesedikit mungkin. Tanpa argumen: keduanya, dan cara memasangnya. Untuk lebih "
        "dari satu komputer: CronJob Kubernetes, dan resep image-nya."
    ),
    epilog=examples(
        """
antrean units
antrean units service > /etc/systemd/system/antrean.service
antrean units timer > /etc/systemd/system/antrean.timer
antrean units --sites
antrean units --kubernetes > antrean.yaml
antrean units --container | podman build -t antrean -f - .
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
@click.option(
    "--sites",
    "of_sites",
    is_flag=True,
    help="Satu templat untuk semua rumah sakit di komputer ini: antrean@NAMA.service dan .timer.",
)
@folder_option
@click.option("--kubernetes", is_flag=True, help="CronJob Kubernetes, sebagai YAML.")
@click.option(
    "--image",
    default=IMAGE,
    callback=_image,
    metavar="NAMA",
    help=f"Dengan --kubernetes atau --container: nama image-nya ({IMAGE}).",
)
@click.option("--container", is_flag=True, help="Containerfile, untuk membangun image itu.")
@click.pass_obj
def command(
    app: App,
    which: str | None,
    user: str,
    of_sites: bool,
    folder: Path,
    kubernetes: bool,
    image: str,
    container: bool,
) -> None:
    if sum((which is not None, kubernetes, container)) > 1:
        raise InputError("pilih salah satu: service, timer, --kubernetes, atau --container")
    _refuse_what_nobody_reads(
        user=not (kubernetes or container),
        of_sites=not container,
        folder=of_sites,
        image=kubernetes or container,
    )
    if container:
        click.echo(containerfile(image), nl=False)
        return
    if kubernetes:
        hospitals = (
            [_hospital(file, load_site(file)) for file in site_files(folder.absolute())]
            if of_sites
            else [_hospital_here(app)]
        )
        click.echo("".join(manifests(one, image) for one in hospitals), nl=False)
        return
    texts, how = _of_sites(user, folder) if of_sites else _of_one(app, user)
    click.echo(texts[which] if which else "\n".join([how, *texts.values()]), nl=False)


def _refuse_what_nobody_reads(**read: bool) -> None:
    """Raise InputError for an option that was typed, and means nothing beside the others."""
    ctx = click.get_current_context()
    for option in ctx.command.params:
        name = option.name or ""
        typed = ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if typed and not read.get(name, True):
            raise InputError(f"{option.opts[0]} {_BESIDE[name]}")


_BESIDE = {
    "user": "hanya untuk systemd, tanpa --kubernetes dan --container",
    "of_sites": "tidak dipakai oleh --container: image-nya sama untuk semua rumah sakit",
    "folder": "hanya dengan --sites",
    "image": "hanya dengan --kubernetes atau --container",
}


def _found(app: App) -> tuple[Path, LoadResult]:
    """Return the settings that count here, and their file; raises SettingsError without one."""
    found = try_load(env_file=app.env_file, state=app.state, needs=frozenset())
    app.tell_of_ignored(found.ignored)
    if found.file is None:
        raise SettingsError(
            "Belum ada berkas pengaturan; buat /etc/antrean/env, atau pakai --env-file"
        )
    return found.file.absolute(), found


def _of_one(app: App, user: str) -> tuple[dict[str, str], str]:
    """Return the units of the settings that count here, and how to install them."""
    env_file, found = _found(app)
    state = ["--state", str(app.state.absolute())] if app.state else []
    me = [*program(), "--env-file", str(env_file), *state]
    # As the service will see them: nothing of the environment of whoever prints this.
    home = {"XDG_STATE_HOME": str(_state_home(user))}
    settings = load(env_file=env_file, state=app.state, needs=frozenset(), environ=home)
    settings = replace(settings, unusual_file=found.settings.unusual_file)
    installation = _installation(me, user, settings, [env_file, *found.secrets])
    return {"service": service(installation), "timer": timer()}, how_to_install(me, user)


def _of_sites(user: str, folder: Path) -> tuple[dict[str, str], str]:
    """Return the template units of the sites of a folder, and how to install them."""
    folder = folder.absolute()
    installations = []
    for file in site_files(folder):
        found = load_site(file, state_home=_state_home(user))
        me = [*program(), "--env-file", str(file)]
        installation = _installation(me, user, found.usable(), [file, *found.secrets])
        installations.append(replace(installation, site=file.stem))
    texts = {"service": sites_service(installations), "timer": sites_timer()}
    return texts, how_to_install_sites(program(), user, folder)


def _state_home(user: str) -> Path:
    return home_of(user) / ".local/state"


def _installation(
    me: Sequence[str], user: str, settings: Settings, files: Sequence[Path]
) -> Installation:
    interpreter = (me[0], os.path.realpath(me[0]), sys.prefix, sys.base_prefix)
    return Installation(
        user=user,
        command=[*me, "sync"],
        settings=settings,
        needed=[*files, *map(Path, interpreter)],
    )


def _hospital_here(app: App) -> Hospital:
    """Return the hospital whose settings count here, without those of the environment."""
    file, _ = _found(app)
    needs = frozenset({"bpjs", "khanza"})
    return _hospital(file, try_load(env_file=file, state=None, needs=needs, environ={}))


def _hospital(file: Path, found: LoadResult) -> Hospital:
    settings = found.usable()
    authorities = filter(None, (settings.bpjs.ca_bundle, settings.khanza.ca))
    named = [*found.secrets, *map(Path, authorities)]
    return Hospital(site=settings.site, settings=settings, file=file, named=named)
