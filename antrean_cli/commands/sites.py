"""`antrean sites`: how the hospitals of this computer stand, a line each."""

from pathlib import Path

import click

from antrean_cli.config.sites import site_files
from antrean_cli.console.app import App
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.options import folder_option, json_option, limits_options
from antrean_cli.console.output import room, show
from antrean_cli.errors import InputError, LookError
from antrean_cli.operator.overview import Limits
from antrean_cli.operator.sites import look_at_sites
from antrean_cli.render.sites import sites_document, sites_text
from antrean_cli.render.text import json_text


@subcommand(
    "sites",
    help=(
        "Apakah semua rumah sakit di komputer ini baik? Satu baris tiap rumah sakit, dari berkas "
        "pengaturan masing-masing. Khanza dan BPJS tidak dihubungi. Kode keluar 0 baik, 12 ada "
        "yang perlu dilihat."
    ),
    epilog=examples(
        """
antrean sites
antrean sites --json
antrean sites --folder /srv/antrean/sites --max-age 20
"""
    ),
)
@folder_option
@limits_options
@json_option
@click.pass_obj
def command(app: App, folder: Path, limits: Limits, as_json: bool) -> None:
    if app.env_file or app.state:
        raise InputError("sites melihat semua berkas di --folder; hapus --env-file dan --state")
    sites = list(look_at_sites(site_files(folder.absolute()), app.now, limits))
    if as_json:
        click.echo(json_text(sites_document(sites)))
    else:
        show(sites_text(sites, room()))
    if not all(site.well for site in sites):
        raise LookError
