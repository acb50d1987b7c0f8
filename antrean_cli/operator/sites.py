"""How the sites of this computer stand: what `status` says of one hospital, for each of many.

- What is wrong with one site costs that site alone: its error is kept, the others are looked at.
- Nothing is changed, and neither Khanza nor BPJS is asked.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from antrean_cli.config.settings import Settings
from antrean_cli.config.sites import load_site, site_files
from antrean_cli.errors import AntreanError, SettingsError, StateError
from antrean_cli.ledger.ledger import Ledger
from antrean_cli.operator.overview import HealthProblem, Limits, Overview, health_problems, overview


@dataclass(frozen=True, kw_only=True)
class SiteState:
    """One site: what its ledger holds (None if it cannot be read), and what is wrong with it."""

    name: str
    file: Path
    found: Overview | None = None
    problems: tuple[HealthProblem, ...] = ()
    error: AntreanError | None = None

    @property
    def well(self) -> bool:
        """Return whether nobody has to look at it."""
        return not (self.problems or self.error)


def look_at_sites(
    files: Iterable[Path], clock: Callable[[timezone], datetime], limits: Limits
) -> Iterator[SiteState]:
    """Yield how each site stands, in the order of their files of settings."""
    owners: dict[Path, str] = {}
    for file in files:
        try:
            settings = load_site(file).usable()
            if shared := _shared(file, settings, owners):
                raise SettingsError(shared)
            with Ledger.copy(settings.state, settings.policy.zone) as ledger:
                found = overview(ledger, clock(settings.policy.zone), in_short=True)
        except (SettingsError, StateError) as error:
            yield SiteState(name=file.stem, file=file, error=error)
        else:
            problems = tuple(health_problems(found, limits))
            yield SiteState(name=file.stem, file=file, found=found, problems=problems)


def shared_with_others(file: Path, settings: Settings) -> str:
    """Return which file a site writes that another one of its folder writes too (Indonesian).

    Empty if there is none, as far as the others' settings can be read.
    """
    owners: dict[Path, str] = {}
    with suppress(SettingsError):
        for other in site_files(file.parent):
            if other.stem != file.stem:
                with suppress(SettingsError):
                    _shared(other, load_site(other).usable(), owners)
    return _shared(file, settings, owners)


def _shared(file: Path, settings: Settings, owners: dict[Path, str]) -> str:
    """Note what a site writes; return a sentence if another one of `owners` writes it too."""
    for setting, path in (
        ("ANTREAN_STATE", settings.state),
        ("ANTREAN_METRICS_FILE", settings.metrics_file),
    ):
        if path and (other := owners.setdefault(path.resolve(), file.stem)) != file.stem:
            return (
                f"{setting} menunjuk berkas yang juga dipakai {other}: {path}; beri {file.stem} "
                "berkas sendiri"
            )
    return ""
