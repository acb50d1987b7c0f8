"""This computer: settings, secrets, log, the state file and its disk, and the passes."""

import os
import shlex
import shutil
import stat
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from antrean_cli.cause_words import one_unit
from antrean_cli.checkup.results import Finding, fault, from_error, ok, warning
from antrean_cli.config.settings import NO_FILE, LoadResult, Settings
from antrean_cli.errors import SettingsError, StateError
from antrean_cli.ledger.file import cure, is_lost, refuse_remains
from antrean_cli.ledger.file import examine as examine_file
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.local_files import flaw_of, is_own_file, is_own_group, own
from antrean_cli.operator.overview import Limits, Overview
from antrean_cli.operator.sites import shared_with_others
from antrean_cli.render.outages import outage_text
from antrean_cli.rules.push import MAX_AGE

FEW_BYTES, NO_BYTES = 100 * 10**6, 10 * 10**6
CRON = timedelta(minutes=5)
NOISE = timedelta(minutes=1)  # how far a clock that is set right may be behind its own notes


# -- settings


def examine_settings(found: LoadResult) -> Iterator[Finding]:
    """Look at the settings, the files with secrets, and where the log is to go."""
    if found.file:
        mode = found.file.stat().st_mode & 0o777
        yield ok("settings", f"Pengaturan: {found.file} (mode {mode:o})")
    else:
        nothing = "" if found.ignored else f"; {NO_FILE}"
        yield ok("settings", f"Pengaturan: dari lingkungan saja{nothing}")
    if found.ignored:
        yield warning("settings", f"Pengaturan: {found.ignored}")
    for problem in found.problems:
        yield fault(
            SettingsError.exit_code, "settings", f"Pengaturan: {problem}", *_editing(found, problem)
        )
    if found.settings.site and found.file:
        yield from _site(found.file.absolute(), found.settings)
    for secret in found.secrets:
        if _there(secret):
            yield from secret_file(secret, secret.stat().st_mode)
    for name, bundle in (
        ("BPJS_CA_BUNDLE", found.settings.bpjs.ca_bundle),
        ("KHANZA_CA", found.settings.khanza.ca),
    ):
        if bundle:
            yield from certificates(name, Path(bundle))
    if found.settings.log_file:
        yield log_file(found.settings.log_file)
    if found.settings.metrics_file:
        yield metrics_file(found.settings.metrics_file)


def _site(file: Path, settings: Settings) -> Iterator[Finding]:
    """Look whether another hospital of this computer would write to the same files.

    Two in one ledger would take each other's visits for their own.
    """
    if shared := shared_with_others(file, settings):
        advice = f"{'' if _writable(file) else 'sudo '}editor {shlex.quote(str(file))}"
        yield fault(SettingsError.exit_code, "settings", f"Pengaturan: {shared}", advice)


def _editing(found: LoadResult, problem: str) -> tuple[str, ...]:
    """Return how the settings are edited, once for all problems."""
    if problem != found.problems[-1]:
        return ()
    if found.file is None:
        return ("(umask 077; editor .env)",)
    return (f"{'' if _writable(found.file) else 'sudo '}editor {shlex.quote(str(found.file))}",)


def secret_file(file: Path, mode: int) -> Iterator[Finding]:
    """Judge the mode of a file with a secret in it."""
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        text = f"Rahasia: {file} dapat dibaca siapa saja"
        yield warning("secret", text, f"chmod o-rwx {shlex.quote(str(file))}")


def certificates(name: str, file: Path) -> Iterator[Finding]:
    """Look who else can say which certificates are BPJS's or Khanza's."""
    try:
        flaw = flaw_of(file, own())
    except OSError:
        return  # said where it is used
    if flaw:
        yield warning("ca", f"Sertifikat: {flaw.sentence} ({name})", flaw.advice)


def log_file(file: Path) -> Finding:
    """Look whether the log can be written."""
    if not is_own_file(file):
        text = f"Log: {file} bukan berkas biasa; tulis nama berkasnya sendiri di ANTREAN_LOG_FILE"
        return warning("log", text, f"ls -ld {shlex.quote(str(file))}")
    if _writable(file if _there(file) else file.parent):
        return ok("log", f"Log: {file} dapat ditulis")
    text = f"Log: {file} tidak dapat ditulis (ANTREAN_LOG_FILE); periksa folder dan pemiliknya"
    return warning("log", text, f"ls -ld {shlex.quote(str(file.parent))}")


def metrics_file(file: Path) -> Finding:
    """Look whether the metrics can be written.

    The file is replaced as a whole, so that its folder counts.
    """
    if file.parent.is_dir() and _writable(file.parent):
        return ok("metrics", f"Metrik: {file} dapat ditulis")
    text = (
        f"Metrik: folder {file.parent} tidak dapat ditulis "
        f"(ANTREAN_METRICS_FILE); periksa folder dan pemiliknya"
    )
    return warning("metrics", text, f"ls -ld {shlex.quote(str(file.parent))}")


def _there(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises where a folder may not be entered


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK | (os.X_OK if path.is_dir() else 0), effective_ids=True)


# -- the state file


def examine_state_file(
    path: Path, ledger: Ledger | StateError, *, metrics_inside: bool = False
) -> Iterator[Finding]:
    """Look at the state file, which may not be there yet, and at its folder and disk.

    `ledger` is what was read of it, or why nothing was. `metrics_inside`: a collector has to get
    through to metrics in its folder.
    """
    broken = False
    try:
        yield _file(path, ledger)
    except StateError as error:
        yield from_error(error, "state")
        broken = True  # and why it cannot be written was said
    if _there(path) and (mode := path.stat().st_mode) & 0o077:
        text = f"Berkas status: dapat dibaca pengguna lain (mode {mode & 0o777:o})"
        yield warning("state", text, f"chmod 600 {shlex.quote(str(path))}")
    folder = next(parent for parent in path.absolute().parents if _there(parent))
    if folder == path.absolute().parent and not metrics_inside:
        yield from judge_folder(folder, folder.stat())
    locked = [place for place in (path, folder) if _there(place) and not _writable(place)]
    if locked and not broken:
        whose, advice = cure(path)
        text = f"Berkas status: {locked[0]} tidak dapat ditulis{whose}"
        unwritable = StateError(text, advice=advice)
        yield from_error(unwritable, "state", f"ls -ld {shlex.quote(str(locked[0]))}")
    yield judge_disk(shutil.disk_usage(folder).free, folder)


def _file(path: Path, ledger: Ledger | StateError) -> Finding:
    if isinstance(ledger, StateError):
        raise ledger
    if not (_there(path) or path.is_symlink()):
        refuse_remains(path)
        which = "berikutnya" if is_lost(path) else "pertama"
        return ok("state", f"Berkas status: {path} belum ada; dibuat oleh putaran {which}")
    examine_file(path)
    return ok("state", f"Berkas status: {path} utuh ({ledger.examine()} antrean)")


def judge_folder(folder: Path, found: os.stat_result) -> Iterator[Finding]:
    """Judge whether others get into the state file's folder."""
    by_group = found.st_mode & 0o070 and not is_own_group(found.st_gid, (0, found.st_uid))
    if not (found.st_mode & 0o007 or by_group):
        return
    text = f"Berkas status: pengguna lain dapat masuk ke folder {folder} (mode {_mode(found)})"
    # What is root's and near the top is everybody's: closing it would close half of the computer.
    if found.st_uid == 0 and (found.st_mode & stat.S_ISVTX or len(folder.parts) <= 3):
        text += "; pakai folder sendiri untuk ANTREAN_STATE"
        yield warning("state", text, "sudo install -d -o antrean -m 700 /var/lib/antrean")
    else:
        yield warning("state", text, f"chmod 700 {shlex.quote(str(folder))}")


def _mode(found: os.stat_result) -> str:
    return f"{stat.S_IMODE(found.st_mode):o}"


def examine_lost_ledger(path: Path, begin: date | None, today: date) -> Iterator[Finding]:
    """Tell of a ledger that was here and is gone, as long as its days can still be read again.

    `begin` is the day that no pass of the ledger in its place goes before, None without one.
    """
    since = today - MAX_AGE
    if is_lost(path) and (begin is None or begin > since):
        text = f"Berkas status: yang lama di {path} hilang; kembalikan dari cadangan, atau ketik"
        yield warning("state", text, f"antrean sync --since {since}")


def judge_disk(free: int, folder: Path) -> Finding:
    """Judge how many bytes are free on the state file's disk."""
    text = f"Disk: {free // 10**6:,} MB kosong".replace(",", ".")
    typed = f"df -h {shlex.quote(str(folder))}"
    if free < NO_BYTES:
        return fault(StateError.exit_code, "disk", f"{text}; kosongkan ruang", typed)
    return (
        warning("disk", f"{text}; segera kosongkan ruang", typed)
        if free < FEW_BYTES
        else ok("disk", text)
    )


# -- the passes


def examine_passes(found: Overview) -> Iterator[Finding]:
    """Judge how long ago passes ran and did well, and tell the outages that are on."""
    yield judge_last_pass(found)
    if found.passed_at and found.passed_at != found.succeeded_at:
        yield judge_last_success(found)
    for outage in found.outages:
        yield warning("outage", f"Gangguan: {outage_text(outage)}", "antrean status")


def judge_last_pass(found: Overview) -> Finding:
    """Judge whether cron is running."""
    if found.passed_at is None:
        return ok("pass", "Putaran: belum pernah", "antrean sync --dry-run")
    age = found.now - found.passed_at
    text = f"Putaran terakhir: {_ago(found.passed_at, found.now)}, kode keluar {found.exit_code}"
    if age < -NOISE:
        return warning(
            "pass",
            f"{text}: di masa depan; jam komputer ini pernah atau sedang salah",
            "timedatectl",
        )
    if age >= CRON:
        return warning("pass", f"{text}; apakah cron berjalan?", "crontab -l", "antrean sync")
    return ok("pass", text)


def judge_last_success(found: Overview) -> Finding:
    """Judge when a pass last did all of its work."""
    if found.succeeded_at is None:
        return warning("success", "Putaran berhasil: belum pernah", "antrean status")
    text = f"Putaran berhasil terakhir: {_ago(found.succeeded_at, found.now)}"
    if found.now - found.succeeded_at > Limits.success:
        return warning("success", text, "antrean status")
    return ok("success", text)


def _ago(when: datetime, now: datetime) -> str:
    side = "lalu" if when <= now else "lagi"
    return f"{when:%d-%m-%Y %H:%M} ({one_unit(now - when)} {side})"
