"""The file of settings (`.env`): which one counts, whether it can be trusted, and what it says.

- The first of $ANTREAN_ENV_FILE, ./.env, ~/.config/antrean/env and /etc/antrean/env.
- One that others (not owner, not group) can read is refused.
- Values are taken literally: nothing is expanded, and what only might be a comment is a problem.
"""

import os
import re
import shlex
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from antrean_cli.errors import SettingsError, why


class Typed(NamedTuple):
    """What a file of settings says, and what is wrong in it, in the order of its lines."""

    values: Mapping[str, str]
    problems: tuple[str, ...]


NOTHING = Typed(values={}, problems=())


def first(env: Mapping[str, str]) -> Path | None:
    """Return the file that counts, None if there is none."""
    if named := env.get("ANTREAN_ENV_FILE"):
        return Path(named)
    config = Path(env.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    places = (Path(".env"), config / "antrean/env", Path("/etc/antrean/env"))
    # os.path, because Path.is_file raises where a folder may not be entered.
    return next((place for place in places if os.path.isfile(place)), None)  # noqa: PTH113


def read(file: Path, known: Collection[str]) -> Typed:
    """Return what a file of settings says; `known` are the names of our settings.

    Raises SettingsError for a file that cannot be read or must not be trusted.
    """
    try:
        mode = file.stat().st_mode
        if stat.S_ISREG(mode) and mode & (stat.S_IROTH | stat.S_IWOTH):
            raise SettingsError(
                f"{file} dapat dibaca siapa saja", advice=f"chmod o-rwx {shlex.quote(str(file))}"
            )
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = why(error) if isinstance(error, OSError) else "bukan teks UTF-8"
        whose, advice = _who_may_read(file) if isinstance(error, PermissionError) else ("", "")
        sentence = f"Pengaturan {file} tidak dapat dibaca: {reason}{whose}"
        raise SettingsError(sentence, advice=advice) from error
    return _parsed(text, known)


def _who_may_read(file: Path) -> tuple[str, str]:
    """Return whose a file is, and what to type to be somebody who may read it.

    That is its owner, or, of root's files, the user that its group is named for.
    """
    try:
        owner, group = file.owner(), file.group()
    except (OSError, KeyError):
        return "; periksa pemilik dan izin foldernya", ""
    who = group if owner == "root" != group else owner
    return f" (milik {owner}:{group})", f"sudo -u {who} antrean check"


def _parsed(text: str, known: Collection[str]) -> Typed:
    from io import StringIO

    from dotenv.parser import parse_stream  # here, because a pass without a .env need not load it

    values: dict[str, str] = {}
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
            values[binding.key] = value
    return Typed(values=values, problems=tuple(problems))


def _problems(name: str, value: str, literal: str, known: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with a line; `literal` is its value as it was typed."""
    if unknown := _unknown(name, known):
        yield unknown
    if literal[:1] not in ("'", '"') and literal != value:
        yield f"{name} memuat ' #'; apit nilainya dengan tanda kutip tunggal"


def _unknown(name: str, known: Collection[str]) -> str:
    """Return what is wrong with a name that looks like a setting of ours, empty if nothing is."""
    ours = re.match(r"(ANTREAN|BPJS|KHANZA)_", name)
    if not ours or name in known or name.removesuffix("_FILE") in known:
        return ""
    import difflib

    near = difflib.get_close_matches(name, known, n=1)
    return f"{name} tidak dikenal" + (f"; maksudnya {near[0]}?" if near else "")
