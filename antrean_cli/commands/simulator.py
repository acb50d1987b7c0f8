"""`antrean simulator`: the stand-in BPJS alone, for training and before BPJS has given keys."""

import gc
import os
import signal
import ssl
from pathlib import Path
from threading import Event
from typing import Any

import click

from antrean_cli.console.app import App
from antrean_cli.console.command import examples, subcommand
from antrean_cli.console.parameters import FILE, Whole
from antrean_cli.console.simulator_file import load_bookings, save_bookings
from antrean_cli.errors import InputError, why
from antrean_cli.local_files import opened
from antrean_cli.simulator.gate import Gate
from antrean_cli.simulator.server import CONTROL, KEYS, PORT, Simulator


@subcommand(
    "simulator",
    help=(
        "Tiruan BPJS di komputer ini: memeriksa tanda tangan, mengenkripsi jawaban, dan "
        "menerapkan aturan BPJS. Untuk latihan, dan untuk mencoba pengaturan sebelum kunci dari"
        " BPJS ada. Ctrl-C untuk berhenti."
    ),
    epilog=examples(
        """
antrean simulator
antrean simulator --port 8686 --latency 300
antrean simulator --isi bpjs.json
antrean simulator --urutan-terakhir --kata-lain
"""
    ),
)
@click.option(
    "--port",
    type=Whole(0, 65535),
    default=PORT,
    metavar="P",
    help=f"Port ({PORT}); 0 berarti port bebas.",
)
@click.option(
    "--latency",
    type=Whole(0, 600_000),
    default=0,
    metavar="MS",
    help="Lama menjawab, dalam milidetik.",
)
@click.option(
    "--cons-id", default=KEYS["cons_id"], metavar="TEKS", help="Consumer ID yang diterima."
)
@click.option(
    "--secret-key", default=KEYS["secret_key"], metavar="TEKS", help="Kunci rahasia yang diterima."
)
@click.option(
    "--user-key", default=KEYS["user_key"], metavar="TEKS", help="User key yang diterima."
)
@click.option(
    "--update-path", default="/antrean/updatewaktu", metavar="JALUR", help="Jalur update waktu."
)
@click.option(
    "--longgar",
    "lenient",
    is_flag=True,
    help="Terima juga angka sebagai teks dan kuota di bawah nol.",
)
@click.option(
    "--urutan-terakhir",
    "last_decides",
    is_flag=True,
    help="Nilai urutan task dari yang terakhir disimpan, bukan dari yang tertinggi.",
)
@click.option(
    "--kata-lain",
    "second_wording",
    is_flag=True,
    help="Jawab dengan susunan kata BPJS yang lain.",
)
@click.option(
    "--batas",
    "rate",
    type=Whole(1, 10_000),
    metavar="N",
    help="Terima sebanyak ini panggilan per detik; selebihnya dijawab 429.",
)
@click.option("--certificate", type=FILE, metavar="PEM", help="Sertifikat untuk HTTPS.")
@click.option(
    "--isi",
    type=FILE,
    metavar="BERKAS",
    help="Muat isinya dari berkas ini, simpan kembali saat berhenti.",
)
@click.option(
    "--journal",
    type=FILE,
    metavar="BERKAS",
    help="Catat setiap permintaan di sini.",
)
@click.pass_obj
def command(
    _: App, /, port: int, latency: int, rate: int | None, isi: Path | None, **options: Any
) -> None:
    gc.enable()  # it runs for days
    if options["journal"]:
        _require_journal(options["journal"])
    try:
        bpjs = Simulator(port=port, latency=latency / 1000, gate=Gate(rate=rate), **options)
        if isi:
            load_bookings(bpjs, isi)
            save_bookings(bpjs, isi)  # whether it can be written is better known before than after
        bpjs.start()
    except ssl.SSLError as error:
        raise InputError(
            f"--certificate {options['certificate']} bukan sertifikat PEM beserta kuncinya"
        ) from error
    except OSError as error:
        raise InputError(
            f"simulator tidak dapat dijalankan di port {port}: {why(error)}"
        ) from error
    try:
        click.echo(f"BPJS_BASE_URL={bpjs.url}")
        for name in KEYS:
            click.echo(f"BPJS_{name.upper()}={options[name]}")
        host = bpjs.url.removesuffix(bpjs.base_path)
        click.echo(f"Isinya dapat dilihat di {host}{CONTROL} - Ctrl-C untuk berhenti", err=True)
        _wait()
    finally:
        bpjs.stop()
        if isi:
            save_bookings(bpjs, isi)


def _require_journal(file: Path) -> None:
    """Raise InputError for a journal that cannot be written."""
    try:
        os.close(opened(file, os.O_WRONLY | os.O_CREAT))
    except OSError as error:
        raise InputError(f"--journal {file} tidak dapat ditulis: {why(error)}") from error


def _wait() -> None:
    """Wait for Ctrl-C or SIGTERM: both are the ordinary end of a simulator."""
    over = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    over.wait()
