"""The file of settings (`.env`): which one counts, whether it can be trusted, and what it says.

- The first of $ANTREAN_ENV_FILE, ./.env, ~/.config/antrean/env and /etc/antrean/env.
- NAME.env in a folder `sites` is that of the site NAME: one of several hospitals on this computer.
- `./.env` lies wherever somebody happens to stand. It counts only where it and its folder are the
  runner's or root's and nobody else may write there, and never for root, who can name it.
- One that others (not owner, not group) can read is refused, and so is one that is not to be
  trusted (local_files.py). root may name a file of somebody else's: then that user's count too.
- Values are taken literally: nothing is expanded, and what only might be a comment is a problem.
"""

import os
import re
import shlex
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from antrean_cli.errors import SettingsError, user_name, why
from antrean_cli.local_files import flaw_of, group_name, is_own_group, own


class Typed(NamedTuple):
    """What a file of settings says, and what is wrong in it, in the order of its lines.

    `owner` is the number of the user whose file it is, None without a file.
    """

    values: Mapping[str, str]
    problems: tuple[str, ...]
    owner: int | None = None


NOTHING = Typed(values={}, problems=())


HERE, SYSTEM = Path(".env"), Path("/etc/antrean/env")
SITES = Path("/etc/antrean/sites")
# What systemd, Kubernetes and Prometheus take as it is.
_SITE = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


class Choice(NamedTuple):
    """Which file of settings counts.

    - `named`: somebody named it, so that it is meant; else it lies where one usually does.
    - `ignored` says why `./.env` does not count (Indonesian), empty where there is none or it does.
    """

    file: Path | None
    named: bool = False
    ignored: str = ""


def choose(named: Path | None, env: Mapping[str, str]) -> Choice:
    """Return the file that counts; `named` is that of the command line."""
    if variable := env.get("ANTREAN_ENV_FILE"):
        named = named or Path(variable)
    if named:
        return Choice(named, named=True)
    # os.path, because Path.is_file raises where a folder may not be entered.
    ignored = ""
    if os.path.isfile(HERE) and not (ignored := _why_not_here()):  # noqa: PTH113
        return Choice(HERE)
    file = next((place for place in usual(env) if os.path.isfile(place)), None)  # noqa: PTH113
    return Choice(file, ignored=ignored)


def usual(env: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the places where a file of settings usually lies."""
    config = user_folder(env, "XDG_CONFIG_HOME", ".config")
    return (config / "antrean/env", SYSTEM) if config else (SYSTEM,)


def is_usual(file: Path, env: Mapping[str, str]) -> bool:
    """Return whether a file of settings lies where one usually does."""
    return file in usual(env) or file.parent == SITES


def site_of(file: Path) -> str:
    """Return the site whose settings a file has, by its name; empty where it names none."""
    named = file.absolute()
    is_site = named.parent.name == SITES.name and named.suffix == ".env"
    return named.stem if is_site and _SITE.fullmatch(named.stem) else ""


def user_folder(env: Mapping[str, str], variable: str, name: str) -> Path | None:
    """Return one of the user's own folders, by its variable or its name in his home.

    None for a user without a home.
    """
    if folder := env.get(variable):
        return Path(folder)
    try:
        return Path.home() / name
    except RuntimeError:
        return None


def _why_not_here() -> str:
    """Return why `./.env` does not count, empty if it does."""
    if os.geteuid() == 0:
        because = "root tidak memakai berkas dari folder tempatnya berada"
    else:
        try:
            flaw = flaw_of(HERE, own(), sticky=False)
        except OSError as error:
            because = why(error)
        else:
            because = flaw.sentence if flaw else ""
    return because and f"./.env tidak dipakai: {because}; bila memang itu, pakai --env-file .env"


def read(choice: Choice, known: Collection[str]) -> Typed:
    """Return what the chosen file of settings says; `known` are the names of our settings.

    Raises SettingsError for a file that cannot be read or must not be trusted.
    """
    if (file := choice.file) is None:
        return NOTHING
    try:
        found = file.stat()
        if stat.S_ISREG(found.st_mode) and found.st_mode & (stat.S_IROTH | stat.S_IWOTH):
            raise SettingsError(
                f"{file} dapat dibaca siapa saja", advice=f"chmod o-rwx {shlex.quote(str(file))}"
            )
        trusted, strangers = own(), {found.st_uid, file.parent.stat().st_uid} - own()
        if strangers and os.geteuid() == 0 and choice.named:
            trusted |= strangers
        if flaw := flaw_of(file, trusted):
            # root has only to say that this is the file.
            named = f"antrean --env-file {shlex.quote(str(file))} check"
            unnamed = strangers and os.geteuid() == 0
            raise SettingsError(
                f"Pengaturan {file} tidak dipercaya: {flaw.sentence}",
                advice=named if unnamed and not choice.named else flaw.advice,
            )
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = why(error) if isinstance(error, OSError) else "bukan teks UTF-8"
        whose, advice = _who_may_read(file) if isinstance(error, PermissionError) else ("", "")
        sentence = f"Pengaturan {file} tidak dapat dibaca: {reason}{whose}"
        raise SettingsError(sentence, advice=advice) from error
    return _parsed(text, known)._replace(owner=found.st_uid)


def _who_may_read(file: Path) -> tuple[str, str]:
    """Return whose a file is, and what to type so that it can be read.

    Of root's file that a group may read: to be the user that the group is named for, or, where it
    is root's own group, to give it to that of who runs us. Of any other: to be its owner.
    """
    try:
        owner, group = file.owner(), file.group()
    except (OSError, KeyError):
        return "; periksa pemilik dan izin foldernya", ""
    whose = f" (milik {owner}:{group})"
    if owner == group == "root":
        return whose, _handing_over(file)
    who = group if owner == "root" else owner
    return whose, f"sudo -u {who} antrean check"


def _handing_over(file: Path) -> str:
    """Return what lets who runs us read root's file: his own group may, or it is his.

    A group that others are in would let them read it too.
    """
    name, group = shlex.quote(str(file)), os.getegid()
    if not is_own_group(group, own()):
        return f"sudo chown {user_name(os.geteuid())} {name}"
    closed = not file.stat().st_mode & stat.S_IRGRP
    return f"sudo chgrp {group_name(group)} {name}" + f" && sudo chmod 640 {name}" * closed


def _parsed(text: str, known: Collection[str]) -> Typed:
    from io import StringIO

    from dotenv.parser import parse_stream  # here, because a pass without a .env need not load it

    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    problems: list[str] = []
    for binding in parse_stream(StringIO(text)):
        typed = binding.original.string
        line = binding.original.line + len(typed) - len(typed.lstrip("\r\n"))
        if binding.error or (binding.key and binding.value is None):
            problems.append(f"baris {line}: bukan NAMA=nilai")
        elif binding.key:
            value, literal = binding.value or "", typed.partition("=")[2].strip()
            found = _problems(binding.key, value, literal, known)
            problems += [f"baris {line}: {problem}" for problem in found]
            if (first := lines.setdefault(binding.key, line)) != line and _is_ours(binding.key):
                twice = (
                    f"baris {first} dan {line}: {binding.key} ditulis dua kali; hapus salah satu"
                )
                problems.append(twice)
            values[binding.key] = value
    return Typed(values=values, problems=tuple(problems))


def _problems(name: str, value: str, literal: str, known: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with a line; `literal` is its value as it was typed."""
    if unknown := _unknown(name, known):
        yield unknown
    if literal[:1] not in ("'", '"') and literal != value:
        yield f"{name} memuat ' #'; apit nilainya dengan tanda kutip tunggal"


def _is_ours(name: str) -> bool:
    """Return whether a name looks like a setting of ours."""
    return re.match(r"(ANTREAN|BPJS|KHANZA)_", name) is not None


def _unknown(name: str, known: Collection[str]) -> str:
    """Return what is wrong with a name that looks like a setting of ours, empty if nothing is."""
    if not _is_ours(name) or name in known or name.removesuffix("_FILE") in known:
        return ""
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return f"{name} tidak dikenal" + (f"; maksudnya {near[0]}?" if near else "")
