"""The kinds of values that a person types: numbers, days, choices, kode booking, files.

Each says in Indonesian what it cannot use.
"""

import os
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from antrean_cli.rules.add_fields import KODEBOOKING_FORM, is_kodebooking


# generic in new versions of click
class Whole(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A whole number within bounds."""

    name = "angka"

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if not re.fullmatch(r"-?[0-9]{1,18}", text) or not self.low <= int(text) <= self.high:
            bounds = f"{self.low} sampai {self.high}"
            self.fail(f"harus bilangan bulat {bounds}, bukan '{value}'", param, ctx)
        return int(text)


# generic in new versions of click
class Day(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A day as yyyy-mm-dd, or as antrean shows it: dd-mm-yyyy."""

    name = "tanggal"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        form = "%d-%m-%Y" if re.match(r"\d\d-", value) else "%Y-%m-%d"
        try:
            day = datetime.strptime(value, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            self.fail(f"'{value}' bukan tanggal; tulis YYYY-MM-DD atau DD-MM-YYYY", param, ctx)
        if not 2000 <= day.year < 2100:
            self.fail(f"'{value}' di luar tahun 2000 sampai 2099", param, ctx)
        return day


# generic in new versions of click
class Month(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A month as yyyy-mm; its first day is what comes back."""

    name = "bulan"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", value):
            self.fail(f"'{value}' bukan bulan; tulis YYYY-MM", param, ctx)
        return date.fromisoformat(f"{value}-01")


class OneOf(click.Choice[str]):
    """A choice, whatever the case in which it is typed."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        found = [choice for choice in self.choices if choice.lower() == str(value).lower()]
        if not found:
            known = ", ".join(self.choices)
            self.fail(f"harus salah satu dari {known}, bukan '{value}'", param, ctx)
        return found[0]

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        # Shells take over what is offered as it is: without quotes a space would end the word.
        offered = super().shell_complete(ctx, param, incomplete)
        return [item for item in offered if " " not in item.value]


class _Place(click.Path):
    """A file or a folder; whoever opens it says what is wrong with it, in Indonesian."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        if not os.fspath(value):  # which would be the folder that one happens to be in
            self.fail("kosong; sebut nama berkas atau foldernya", param, ctx)
        return super().convert(value, param, ctx)


DAY, MONTH = Day(), Month()
FILE = _Place(path_type=Path, readable=False)


def usable_kodebooking(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Return a kode booking that can be one (a callback); Khanza's slashes and BPJS's # can."""
    if value is not None and not is_kodebooking(value):
        raise click.BadParameter(KODEBOOKING_FORM)
    return value
