"""BPJS as it is examined: the way to it, whether it takes our credentials and our clock, HFIS.

- One harmless read (ref/poli) tells all of the way; its answer is asked for once.
- Where that answer did not come, nothing else is asked.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from antrean_cli.bpjs.client import Client
from antrean_cli.cause_words import told, typed
from antrean_cli.checkup.hfis import HfisDifference, differences_finding, differing, practices
from antrean_cli.checkup.results import Finding, fault, from_error, ok, warning
from antrean_cli.checkup.similar_names import similar_names
from antrean_cli.config.settings import Settings, named_proxies
from antrean_cli.errors import AntreanError, CredentialsError, SettingsError, TemporaryError
from antrean_cli.operator.lookups import listing
from antrean_cli.rules.answers import Outcome, Reply, judge, with_code
from antrean_cli.rules.causes import OF_TLS, Cause, trouble
from antrean_cli.rules.codes import CallName, OutcomeKind
from antrean_cli.rules.faults import Fault
from antrean_cli.rules.visits import Visit

GOOD_CLOCK, BAD_CLOCK = timedelta(seconds=60), timedelta(seconds=300)
# The steps of the way to BPJS by their names in --json, and the causes that say one of them failed.
WAY_TO_BPJS: Mapping[str, tuple[Cause, ...]] = {
    "name": (Cause.DNS,),
    "route": (Cause.UNREACHABLE,),
    "tls": OF_TLS,
}
# What a forward proxy would be named for: BPJS cannot be reached without one.
NO_WAY = (Cause.DNS, Cause.UNREACHABLE, Cause.TIMEOUT)
# What is best looked at as it comes.
OTHER_ANSWERS = (Cause.REDIRECTED, Cause.NO_ROUTE, Cause.PROXY_LOGIN, Cause.WEB_PAGE)


class ProbeAnswer(NamedTuple):
    """What came of the harmless read."""

    answer: Reply | Fault

    @property
    def outcome(self) -> Outcome | None:
        """What the reply means, None for a fault."""
        return None if isinstance(self.answer, Fault) else judge(CallName.POLI, "", self.answer)

    @property
    def rows(self) -> Sequence[Any]:
        """BPJS's list, empty if it did not come."""
        return () if isinstance(self.answer, Fault) else self.answer.response

    @property
    def good(self) -> bool:
        """Whether BPJS answered with its list."""
        return self.outcome is not None and self.outcome.kind == OutcomeKind.DONE

    @property
    def off(self) -> timedelta | None:
        """How far this computer's clock is ahead of BPJS's, None if BPJS did not say."""
        return None if isinstance(self.answer, Fault) else self.answer.ahead


class Service:
    """BPJS as it is examined; nothing is asked of it before it is needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _client(self) -> Client:
        return Client(self._settings.bpjs)

    @cached_property
    def answer(self) -> ProbeAnswer:
        """The answer to the harmless read.

        Raises SettingsError for a CA bundle that cannot be used.
        """
        return ProbeAnswer(self._client.ask(CallName.POLI))

    @cached_property
    def _good(self) -> bool:
        """Whether more can be asked; what is wrong with BPJS is told by `examine_connection`."""
        try:
            return self.answer.good
        except SettingsError:
            return False

    @cached_property
    def _names(self) -> dict[str, dict[str, str]]:
        """BPJS's names of clinics and doctors with their codes, none where it does not answer."""
        found: dict[str, dict[str, str]] = {"poli": {}, "dokter": {}}
        if not self._good:
            return found
        try:
            found["poli"] = {row.nama: row.kode for row in self.answer.rows}
            found["dokter"] = {row.nama: row.kode for row in listing(self._client, CallName.DOKTER)}
        except AntreanError:
            pass  # names are a help, and BPJS gave one list of two
        return found

    def similar_names(self, kind: str, name: str) -> Sequence[str]:
        """Return BPJS's clinics ("poli") or doctors ("dokter") like this one, as "code name"."""
        return similar_names(name, self._names[kind])

    def examine_connection(self) -> Iterator[Finding]:
        """Look at the way to BPJS, and at who we are to it."""
        try:
            answer = self.answer
        except SettingsError as error:
            yield from_error(
                error, "tls", f"ls -l {shlex.quote(self._settings.bpjs.ca_bundle or '')}"
            )
            return
        yield from judge_way(self._settings.bpjs.base_url, answer.answer)
        yield from judge_proxies(answer.answer, named_proxies())
        yield from judge_identity(answer)

    def examine_hfis(self, visits: Iterable[Visit]) -> Iterator[Finding]:
        """Look at the sessions of these visits in HFIS, clinic by clinic."""
        held = practices(visits) if self._good else []
        problems: list[HfisDifference] = []
        for kodepoli, day in dict.fromkeys((practice.kodepoli, practice.day) for practice in held):
            try:
                rows = listing(self._client, CallName.JADWAL, kodepoli, day)
            except AntreanError as error:
                yield warning("hfis", f"HFIS: jadwal poli {kodepoli} tidak terbaca: {error}")
                return
            mine = [practice for practice in held if practice.kodepoli == kodepoli]
            problems += [
                found
                for one in mine
                if (found := differing(one, rows, by_hfis=self._settings.hfis))
            ]
        if problems:
            yield differences_finding(problems)
        elif held:
            yield ok("hfis", f"HFIS: sama dengan jadwal Khanza untuk {len(held)} dokter hari ini")


# -- the way, and who we are


def judge_way(base_url: str, came: Reply | Fault) -> Iterator[Finding]:
    """Judge how far a request came: name, route, TLS, and an answer in the agreed form."""
    url = urlsplit(base_url)
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    lines = {
        "name": (f"nama server {host} ditemukan", f"getent hosts {host}"),
        "route": (f"server {host}:{port} dapat dihubungi", f"nc -vz {host} {port}"),
        "tls": (
            "sertifikat TLS dipercaya",
            f"openssl s_client -connect {host}:{port} -servername {host} </dev/null",
        ),
    }
    failed = came if isinstance(came, Fault) else None
    for step, causes in WAY_TO_BPJS.items():
        if step == "tls" and url.scheme != "https":
            continue
        text, line = lines[step]
        if failed and failed.cause in causes:
            yield _no_answer(step, failed, line)
            return
        yield ok(step, f"BPJS: {text}")
    if failed:
        seen = f"curl -i {shlex.quote(f'{base_url}/ref/poli')}"
        yield _no_answer(
            "answer", failed, seen if failed.cause in OTHER_ANSWERS else "antrean ref poli"
        )


def _no_answer(step: str, failed: Fault, line: str) -> Finding:
    advice = dict.fromkeys(filter(None, (typed(failed.why), line)))
    return fault(TemporaryError.exit_code, step, f"BPJS: {told(failed.why)}", *advice)


def judge_proxies(came: Reply | Fault, named: Sequence[str]) -> Iterator[Finding]:
    """Say of a BPJS out of reach that the proxies that the environment names are not asked."""
    if isinstance(came, Fault) and came.cause in NO_WAY and named:
        yield warning(
            "proxy",
            f"BPJS: proxy di lingkungan ({', '.join(named)}) tidak dipakai antrean: BPJS dihubungi "
            "langsung. Bila komputer ini hanya boleh keluar lewat proxy, izinkan server BPJS di "
            "firewall, atau isi BPJS_BASE_URL dengan alamat reverse proxy rumah sakit",
        )


def judge_identity(answer: ProbeAnswer) -> Iterator[Finding]:
    """Judge whether BPJS takes our credentials, and how far our clock is off its own."""
    outcome = answer.outcome
    if outcome is None:
        return
    if outcome.kind == OutcomeKind.DONE:
        yield ok("credentials", "BPJS: kredensial diterima")
    elif outcome.why:
        text = f"BPJS: {told(outcome.why)}"
        yield fault(
            CredentialsError.exit_code, "credentials", text, *filter(None, (typed(outcome.why),))
        )
    else:
        said = with_code(outcome.text, outcome.code)
        text = f"BPJS: memberi jawaban yang tidak dikenal: {said}; periksa BPJS_BASE_URL"
        yield fault(TemporaryError.exit_code, "credentials", text, "antrean ref poli")
    if answer.off is not None:
        yield judge_clock(answer.off)


def judge_clock(off: timedelta) -> Finding:
    """Judge how far our clock is off BPJS's; BPJS refuses requests of another time."""
    if abs(off) < GOOD_CLOCK:
        return ok("clock", "BPJS: jam komputer ini sama dengan jam BPJS")
    why = trouble(Cause.CLOCK_OFF, seconds=round(off.total_seconds()))
    text = f"BPJS: {told(why)}"
    if abs(off) < BAD_CLOCK:
        return warning("clock", text, typed(why))
    return fault(CredentialsError.exit_code, "clock", text, typed(why))
