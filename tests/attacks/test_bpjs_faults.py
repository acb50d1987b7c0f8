"""BPJS in every kind of trouble, on every call of a pass and on every command by hand.

- Each trouble strikes just one call: the passes before it have told BPJS everything else.
- What must come of it is one of four kinds, after the classes of bpjs/README.md, Answers: no
  envelope at all (SILENT), "again" (PUT_OFF), "stop" (STOP), or the proper answer in another
  spelling (SPELLED).
- The judge is what the stand-in BPJS received and holds, and what Khanza recorded; never the ledger
  alone.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, timezone
from email.utils import format_datetime
from itertools import cycle, pairwise, product
from pathlib import Path
from time import tzset
from typing import Any, NamedTuple

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.simulator.faults import SPELLINGS, Fault, FaultPlan, Reply, html
from antrean_cli.simulator.server import Received, Simulator
from tests.attacks.attack import Attack
from tests.support import faults
from tests.support.catalogue import EXAMPLE_ADD
from tests.support.certificates import certificate
from tests.support.site import CONS_ID, MONDAY, SECRET_KEY, USER_KEY, WIB, Site

ADD, UPDATE, BATAL, LIST = (
    "/antrean/add",
    "/antrean/updatewaktu",
    "/antrean/batal",
    "/antrean/getlisttask",
)
DONE = ("sent", "already")

# -- the troubles

SILENT, PUT_OFF, STOP, SPELLED = "silent", "put off", "stop", "spelled"
EXIT_CODES = {SILENT: 5, PUT_OFF: 5, STOP: 4, SPELLED: 0}


@dataclass(frozen=True)
class Page(Fault):
    """The page of a gateway, with this status, where an envelope should be."""

    status: int = 0

    def reply(self) -> Reply:
        return replace(html(self.status), headers=(f"Retry-After: {self.retry_after}",))


class Trouble(NamedTuple):
    """One way in which an exchange goes wrong, and the words that a person is told; by a fault,
    else by the server.
    """

    kind: str
    says: str
    fault: Fault | None = None
    pem: str = ""  # the certificate that a stranger shows; without one the server is down
    doubt: bool = False  # whether BPJS may have acted
    wait: int = 0  # seconds before which it is not tried again

    def __str__(self) -> str:
        if self.fault is None:
            return self.pem or "down"
        handled = " (handled)" if self.fault.handled else ""
        return f"{type(self.fault).__name__} {self.fault.name}{handled} {self.fault.retry_after}"


CLOSED, LATE, ODD = "terputus", "tidak menjawab tepat waktu", "tidak menjawab seperti mestinya"
SAYS = {
    **dict.fromkeys(("refuse_connection", "reset_before", "reset_after", "cut"), CLOSED),
    **dict.fromkeys(("timeout_before", "timeout_after", "drip", "drip_headers"), LATE),
}
IN_DOUBT = [
    (SAYS.get(fault.name, ODD), fault) for fault in faults.TRANSPORT if fault.name != "redirect"
]
# What Retry-After says, and for how many seconds it is heeded: never for longer than an hour.
RETRY_AFTER = {
    "600": 600,
    "{soon}": 600,
    "{asctime}": 600,
    "31536000": 3600,
    "{year}": 3600,
    "{past}": 0,
    "besok": 0,
    "-30": 0,
    "": 0,
}
BACKOFF = 60
# What only came too soon is tried again at once, unless it is to wait (sync/test_pace.py).
TOO_SOON = {text: seconds for text, seconds in RETRY_AFTER.items() if seconds}
TROUBLES = (
    Trouble(SILENT, "tidak dapat dihubungi"),
    Trouble(SILENT, "sertifikat", pem="stranger"),
    Trouble(SILENT, "sertifikat", pem="elsewhere"),
    Trouble(SILENT, "sertifikat", pem="expired"),
    Trouble(SILENT, "dialihkan", Fault("redirect")),
    Trouble(SILENT, "dialihkan", Fault("redirect", location="https://bpjs.example/antreanrs")),
    *(
        Trouble(
            SILENT, f"tidak dikenal.*HTTP {status}", Fault("no_route", status=status), doubt=True
        )
        for status in (404, 405, 410, 501)
    ),
    Trouble(SILENT, "halaman HTML", Fault("request_rejected"), doubt=True),
    *(Trouble(SILENT, says, fault, doubt=True) for says, fault in IN_DOUBT),
    *(
        Trouble(
            SILENT,
            "HTTP 429",
            Page("http_429", status=429, retry_after=text),
            wait=RETRY_AFTER[text],
        )
        for text in ("600", "31536000")
    ),
    *(
        Trouble(SILENT, "kode 429|Too Many", Fault("http_429", retry_after=text), wait=seconds)
        for text, seconds in TOO_SOON.items()
    ),
    Trouble(PUT_OFF, "tidak dikenal siapa pun", Fault("unknown_code"), wait=BACKOFF),
    Trouble(PUT_OFF, "tidak dikenal siapa pun", Fault("unknown_code", handled=True), wait=BACKOFF),
    Trouble(PUT_OFF, "Gagal dicoba", Fault("gagal_dicoba"), wait=BACKOFF),
    Trouble(PUT_OFF, "Undefined Error", Fault("undefined_error"), wait=BACKOFF),
    Trouble(STOP, "[Kk]redensial", Fault("http_401")),
    Trouble(STOP, "user_key, padahal dikirim", Fault("no_underscores")),
    *(Trouble(SPELLED, "", fault) for fault in faults.SPELLED),
)
# A pass finds out whose it is (sync/test_one_pushs_fault.py).
TURNED_AWAY = tuple(
    Trouble(STOP, "firewall", Page("http_401", status=status)) for status in (401, 403)
)


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the hospital's authority, and certificates of an unknown one, for another host, and
    out of date.
    """
    folder = tmp_path_factory.mktemp("pems")
    authority, unknown = certificate(folder, "authority", ""), certificate(folder, "unknown", "")
    here, ours, past = "IP:127.0.0.1", "20490101000000Z", "20210101000000Z"
    return {
        "authority": authority,
        "stranger": certificate(folder, "stranger", here, signed_by=unknown, until=ours),
        "elsewhere": certificate(
            folder, "elsewhere", "DNS:bpjs.example", signed_by=authority, until=ours
        ),
        "expired": certificate(folder, "expired", here, signed_by=authority, until=past),
    }


@pytest.fixture
def _host_in_wib(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The hospital's host lives in its own zone: dates in headers do not."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "WIB-7")
        tzset()
        yield
    tzset()


@contextmanager
def struck(site: Site, trouble: Trouble, pems: Mapping[str, Path]) -> Iterator[Site]:
    """Let one command meet this trouble; yields the site with the settings that
    it needs for that.
    """
    heard = len(site.bpjs.arrived)
    if trouble.fault:
        site.bpjs.faults.add(dated(trouble.fault))
        yield having(site, BPJS_TIMEOUT="1") if trouble.says == LATE else site
        assert site.bpjs.arrived[heard].fault == trouble.fault.name
    elif trouble.pem:
        pem = pems[trouble.pem]
        with Simulator(
            cons_id=CONS_ID, secret_key=SECRET_KEY, user_key=USER_KEY, certificate=pem
        ) as stranger:
            yield having(site, BPJS_BASE_URL=stranger.url, BPJS_CA_BUNDLE=str(pems["authority"]))
            assert stranger.arrived == [], "nothing was told to a stranger"
    else:
        site.bpjs.stop()
        yield site
        site.bpjs.start()
    if trouble.kind != SPELLED:
        assert len(site.bpjs.arrived) - heard == (trouble.fault is not None), (
            "one call, and no other after it"
        )


def having(site: Site, **env: str) -> Site:
    """Return the site with these settings."""
    return replace(site, env={**site.env, **env})


def dated(fault: Fault) -> Fault:
    """Return the fault with the dates in its Retry-After, which the client
    reads by the real time.
    """
    now = datetime.now(timezone.utc)
    spans = {
        "soon": timedelta(seconds=600),
        "year": timedelta(days=365),
        "past": timedelta(days=-1),
    }
    dates = {name: format_datetime(now + span, usegmt=True) for name, span in spans.items()}
    asctime = (now + spans["soon"]).ctime()  # HTTP's oldest form, in UTC without saying so
    return replace(fault, retry_after=fault.retry_after.format(**dates, asctime=asctime))


def harmless(text: str, site: Site) -> bool:
    """Return whether a sentence is one line without a secret, an address or a number that could be
    a patient's.
    """
    banned = (SECRET_KEY, USER_KEY, "://", str(site.bpjs.port), "Traceback", "\n")
    return not any(word in text for word in banned) and not re.search(r"\d{11}", text)


@contextmanager
def naming(trouble: Trouble, call: str) -> Iterator[None]:
    """Let a failed assertion tell which of the many cases it is of."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{trouble} × {call}: {error}") from error


# -- on every call of a pass

# One visit's steps, and the time at which a pass finds each of them due.
DUE = {"add": "07:45", "3": "08:01", "4": "08:31", "5": "08:51", "6": "09:01", "7": "09:11"}
RECORDED = [(3, "08:00:00"), (4, "08:30:00"), (5, "08:50:00"), (6, "09:00:00"), (7, "09:10:00")]
HELD, LOST = "getlisttask of a task that BPJS holds", "getlisttask of a task that was lost"
CALLS = (*DUE, "99", "batal", HELD, LOST)
# The step that has been told before a call is struck.
BEFORE = {call: step for step, call in pairwise(DUE)} | dict.fromkeys(("99", HELD, LOST), "3")


def patient(site: Site) -> str:
    """Register a patient before the clinic opens, and let Khanza hold the whole visit to come;
    return no_rawat.
    """
    no_rawat = site.khanza.visit(MONDAY, jam="07:30:00")
    site.khanza.sep(no_rawat)
    site.khanza.exam(no_rawat, f"{MONDAY} 08:30:00")
    site.khanza.berkas(no_rawat, kembali=f"{MONDAY} 08:50:00")
    site.khanza.resep(no_rawat, divalidasi=f"{MONDAY} 09:00:00", diserahkan=f"{MONDAY} 09:10:00")
    return no_rawat


def leave(site: Site, no_rawat: str) -> None:
    """Cancel at the desk, and let the delay go by."""
    site.clock.at("08:10")
    site.khanza.stts(no_rawat, "Batal")
    site.sync()
    site.clock.at("08:21")


def break_off(site: Site, call: str) -> None:
    """Leave task 4 in doubt: its answer is lost, or it itself."""
    site.clock.at(DUE["4"])
    site.bpjs.faults.add(Fault("reset_after" if call == HELD else "reset_before"))
    site.sync()
    site.clock.forward(minutes=1)


def bring_to(site: Site, call: str) -> str:
    """Let passes go by until this call is the next one, and the only one;
    return the kode booking.
    """
    if call == "batal":
        return site.cancelled()
    no_rawat = patient(site)
    if call in BEFORE:
        site.clock.at(DUE[BEFORE[call]])
        site.sync()
    if call == "99":
        leave(site, no_rawat)
    elif call in (HELD, LOST):
        break_off(site, call)
    else:
        site.clock.at(DUE[call])
    return no_rawat


def step_of(call: str) -> str:
    """Return the push that a call is about."""
    return "4" if call in (HELD, LOST) else call


def path_of(step: str) -> str:
    return {"add": ADD, "batal": BATAL}.get(step, UPDATE)


def judged(site: Site, kodebooking: str, step: str) -> list[int]:
    """Return the codes that BPJS gave to one push, in order."""
    return [
        one.code
        for one in site.bpjs.received
        if one.body
        and one.body["kodebooking"] == kodebooking
        and one.path == path_of(step)
        and str(one.body.get("taskid", step)) == step
    ]


def strike(
    site: Site, kodebooking: str, call: str, trouble: Trouble, pems: Mapping[str, Path]
) -> None:
    """Make the pass in which the trouble is met; its end, its words and the ledger tell just what
    happened.
    """
    with struck(site, trouble, pems) as there:
        done = there.sync()
    assert done.report.exit_code == EXIT_CODES[trouble.kind]
    sentences = [*map(str, done.report.errors), *done.told]
    assert bool(sentences) == (trouble.kind != SPELLED)
    assert all(harmless(text, site) and re.search(trouble.says, text) for text in sentences)
    push = site.push(kodebooking, step_of(call))
    if trouble.kind == SPELLED:
        assert push.state in DONE
    else:
        assert push.state == "due", "neither sent nor given up"
        assert push.attempts == (trouble.kind == PUT_OFF)


def go_on(site: Site, call: str, trouble: Trouble) -> None:
    """Let BPJS be well again: nothing before its time, and what is in doubt is asked for before it
    is sent again.
    """
    heard, began = len(site.bpjs.arrived), site.clock.now
    if trouble.wait:
        site.clock.forward(seconds=trouble.wait - 10)
        site.sync()
        assert len(site.bpjs.arrived) == heard, "Retry-After and back-off are obeyed"
    site.clock.now = began + timedelta(seconds=max(trouble.wait * 1.2 + 10, 60))
    assert site.sync().report.exit_code == 0
    if trouble.kind != SPELLED:
        looked_up = call in (HELD, LOST) or (trouble.doubt and call.isdigit())
        first = site.bpjs.arrived[heard].path.removeprefix("/antreanrs")
        assert first == LIST or (first == path_of(step_of(call)) and not looked_up)


def all_is_well(site: Site, kodebooking: str, call: str, trouble: Trouble) -> None:
    """Check the one right end: BPJS holds what Khanza recorded, in order, and was told it once."""
    site.clock.at("12:00")
    assert site.sync().report.exit_code == 0
    held = site.held_at_bpjs(kodebooking)
    if call == "batal":
        assert [task for task, _ in held] == [99]
    else:
        assert held == ([RECORDED[0], (99, "08:10:00")] if call == "99" else RECORDED)
    steps = ["batal"] if call == "batal" else ["add", *(str(task) for task, _ in held)]
    assert set(site.states(kodebooking).values()) <= {*DONE}
    for step in steps:
        assert judged(site, kodebooking, step) in (
            [200],
            answers(call, trouble) if step == call else [200],
        )


def answers(call: str, trouble: Trouble) -> list[int]:
    """Return the most that BPJS may have to say to a push that was struck; 208 settles what may be
    sent again.
    """
    acted = trouble.kind in (SILENT, PUT_OFF) and trouble.fault is not None and trouble.fault.acts
    again = acted and (call in ("add", "batal") or trouble.kind == PUT_OFF)
    return [200, 208] if again else [200]


def quiet(site: Site) -> None:
    """Check that nothing more is ever said."""
    heard = len(site.bpjs.arrived)
    site.clock.at("14:00")
    done = site.sync()
    assert (done.report.exit_code, done.told, done.changes) == (0, [], [])
    assert len(site.bpjs.arrived) == heard


@pytest.mark.usefixtures("_host_in_wib")
def test_any_trouble_on_any_call_of_a_pass_loses_nothing_and_repeats_nothing(
    attack: Attack, site: Site, pems: dict[str, Path]
) -> None:
    """The pass says what happened, counts nothing as sent that was not, and the next ones make it
    all good.
    """
    calls = attack.random().sample(CALLS, len(CALLS))
    cases = list(product(TROUBLES, calls) if attack.all else zip(TROUBLES, cycle(calls)))
    for number, (trouble, call) in enumerate(cases):
        one = replace(site, folder=site.folder / str(number))  # a ledger of its own
        site.clock.at(DUE["add"])
        with naming(trouble, call):
            kodebooking = bring_to(one, call)
            strike(one, kodebooking, call, trouble, pems)
            go_on(one, call, trouble)
            all_is_well(one, kodebooking, call, trouble)
            quiet(one)
        site.khanza.delete("resep_obat", no_rawat=kodebooking)
        site.khanza.delete("reg_periksa", no_rawat=kodebooking)
        site.khanza.delete("referensi_mobilejkn_bpjs", nobooking=kodebooking)
    said = Counter(one.code for one in site.bpjs.received)
    attack.measured(
        f"{len(TROUBLES)} kinds of trouble at BPJS × {len(CALLS)} "
        f"calls of a pass: {len(cases)} cases",
        f"{said[200]} answers 200, {said[208]} answers 208, {said[201]} "
        f"refused; 0 lost, 0 accepted twice",
    )


# What leaves an add in doubt: BPJS has it and did not say so.
UNTOLD = (Fault("reset_after"), Fault("unknown_code", handled=True))


def cancel_in_doubt(site: Site, untold: Fault, trouble: Trouble, pems: Mapping[str, Path]) -> str:
    """Leave an add in doubt, let its repeat meet trouble too, then cancel at the desk; return
    no_rawat.
    """
    no_rawat = patient(site)
    site.bpjs.faults.add(untold)
    site.sync()
    site.clock.forward(seconds=90)
    with struck(site, trouble, pems) as there:
        there.sync()
    site.khanza.stts(no_rawat, "Batal")
    for minutes in (1, 11, 75):
        site.clock.forward(minutes=minutes)
        site.sync()
    return no_rawat


def test_an_add_in_doubt_is_not_forgotten_by_what_goes_wrong_next(
    attack: Attack, site: Site, pems: dict[str, Path]
) -> None:
    """The visit is cancelled before anybody knows that BPJS has it: no booking
    is left alive there.
    """
    unsettled = [one for one in TROUBLES if one.kind != SPELLED]
    sample = attack.random().sample(unsettled, 8)
    cases = list(product(UNTOLD, unsettled) if attack.all else zip(cycle(UNTOLD), sample))
    for number, (untold, trouble) in enumerate(cases):
        site.clock.at(DUE["add"])
        with naming(trouble, f"the repeat of an add after {untold.name}"):
            no_rawat = cancel_in_doubt(
                replace(site, folder=site.folder / str(number)), untold, trouble, pems
            )
            assert [task for task, _ in site.held_at_bpjs(no_rawat)] == [99]
        site.khanza.delete("resep_obat", no_rawat=no_rawat)
        site.khanza.delete("reg_periksa", no_rawat=no_rawat)
    attack.measured(
        "an add that BPJS took without saying so, trouble at its "
        "repeat too, then a cancel at the desk",
        f"{len(cases)} cases: no booking left alive",
    )


# -- on every command by hand

COMMANDS = ("add", *"1234567", "99", "batal", "listtask")
FORMS = {
    "add": ("add", "-"),
    "batal": ("batal", "{}", "--keterangan", "Dokter berhalangan"),
    "listtask": ("listtask", "{}", "--format", "plain"),
}
# Nothing comes by itself after a command: one Retry-After is as good as another.
BY_HAND = [
    one
    for one in (*TROUBLES, *TURNED_AWAY)
    if one.fault is None or one.fault.retry_after in (Fault.retry_after, "600")
]


def by_hand(site: Site, command: str, kodebooking: str) -> subprocess.CompletedProcess[str]:
    """Type one command."""
    form = FORMS.get(command, ("update", "{}", command, f"{MONDAY} 11:00:00"))
    body = json.dumps({**EXAMPLE_ADD, "kodebooking": kodebooking, "tanggalperiksa": str(MONDAY)})
    args = (word.format(kodebooking) for word in form)
    return site.run(*args, input=body, CLOCK=site.clock.now.isoformat())


def known_to_bpjs(site: Site, kodebooking: str, command: str) -> list[int]:
    """Let BPJS know the booking with what comes before this command; return the tasks that it then
    holds.
    """
    if command == "add":
        return []
    tasks = range(1, int(command) if command in "1234567" else 4)
    times = {task: datetime.combine(MONDAY, time(8, task), WIB).timestamp() for task in tasks}
    held = [{"taskid": task, "waktu": round(1000 * waktu)} for task, waktu in times.items()]
    site.bpjs.bookings.mobile_jkn(kodebooking, str(MONDAY), tasks=held)
    return [*tasks]


def noted(site: Site, kodebooking: str, command: str) -> bool:
    """Return whether the ledger takes it for done."""
    with Ledger.open(site.state, WIB) as ledger:
        record = ledger.record(kodebooking)
    return record is not None and record.pushes[command].state in DONE


def complaint(
    site: Site, trouble: Trouble, command: str, done: subprocess.CompletedProcess[str]
) -> None:
    """Check what a command says that could not be carried out, or not for certain."""
    line = done.stderr.removesuffix("\n")
    assert done.stdout == ""
    assert line.startswith("antrean: ")
    assert harmless(line, site)
    assert re.search(trouble.says, line)
    assert ("belum pasti diterima" in line) == (trouble.doubt and command != "listtask")


def type_twice(
    site: Site, trouble: Trouble, command: str, kodebooking: str, pems: Mapping[str, Path]
) -> None:
    """Type a command while BPJS is in trouble, and once more when it is not."""
    tasks = known_to_bpjs(site, kodebooking, command)
    with struck(site, trouble, pems) as there:
        first = by_hand(there, command, kodebooking)
    assert first.returncode == EXIT_CODES[trouble.kind]
    if trouble.kind != SPELLED:
        complaint(site, trouble, command, first)
    writes = command != "listtask"
    assert noted(site, kodebooking, command) == (trouble.kind == SPELLED and writes)
    second = by_hand(site, command, kodebooking)
    assert second.returncode == 0
    if writes:
        acted = trouble.fault is not None and trouble.fault.acts
        assert judged(site, kodebooking, command) == ([200, 208] if acted else [200])
        assert noted(site, kodebooking, command)
        tasks += {"add": [], "batal": [99]}[command] if command in FORMS else [int(command)]
    else:
        assert [line.split("\t")[0] for line in second.stdout.splitlines()] == [*map(str, tasks)]
    assert [task for task, _ in site.held_at_bpjs(kodebooking)] == tasks


def test_any_trouble_on_any_command_by_hand_is_told_and_mended_by_typing_it_again(
    attack: Attack, site: Site, pems: dict[str, Path]
) -> None:
    """One command is one call; it claims nothing that BPJS did not say, and a second one does
    nothing twice.
    """
    sample = attack.random().sample(BY_HAND, len(COMMANDS))
    cases = list(product(BY_HAND, COMMANDS) if attack.all else zip(sample, COMMANDS, strict=True))
    for number, (trouble, command) in enumerate(cases):
        with naming(trouble, command):
            type_twice(site, trouble, command, f"MANUAL-{number}", pems)
    said = Counter(one.code for one in site.bpjs.received if one.path != LIST)
    attack.measured(
        f"{len(BY_HAND)} kinds of trouble at BPJS × {len(COMMANDS)} "
        f"commands by hand: {len(cases)} cases",
        f"{said[200]} answers 200, {said[208]} answers 208, {said[201]} "
        f"refused; 0 noted that BPJS had not confirmed",
    )


# -- all of it at once

SHARE = 0.2
# What takes a second, or ends a pass, comes more rarely than the others.
RARER = {STOP: 0.1, "timeout_before": 0.2, "timeout_after": 0.2, "drip": 0.2, "drip_headers": 0.2}
MIX = {
    one.fault: RARER.get(one.kind) or RARER.get(one.fault.name, 1.0)
    for one in (*TROUBLES, *TURNED_AWAY)
    if one.fault
    and one.fault.retry_after in (Fault.retry_after, "600")
    and one.fault.interval == Fault.interval
}
DOUBTFUL = {fault.name for _, fault in IN_DOUBT}


class Met(NamedTuple):
    """One request that reached BPJS, and the fault that it met."""

    path: str
    kodebooking: str
    taskid: str
    fault: Fault | None


class Storm(FaultPlan):
    """Faults of all kinds at once, which together hit SHARE of all requests; it remembers which
    request met which.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.met: list[Met] = []
        for fault, weight in MIX.items():
            share = 1 - (1 - SHARE) ** (weight / sum(MIX.values()))
            self.add(replace(fault, times=None, share=share))

    def pick(self, path: str, body: Mapping[str, object]) -> Fault | None:
        fault = super().pick(path, body)
        kodebooking, taskid = (str(body.get(name, "")) for name in ("kodebooking", "taskid"))
        self.met.append(Met(path.removeprefix("/antreanrs"), kodebooking, taskid, fault))
        return fault


@dataclass
class Morning:
    """What Khanza records of one morning, and what BPJS must hold of it in the end."""

    site: Site
    served: dict[str, list[tuple[int, str]]]
    left: dict[str, list[tuple[int, str]]]  # cancelled at the desk
    cancelled: list[str]  # in Mobile JKN

    @classmethod
    def of(cls, site: Site, visits: int) -> Morning:
        """Write the visits; of each ten, one is cancelled at the desk later on, and one more in
        Mobile JKN.
        """
        morning = cls(site, {}, {}, [])
        for number in range(visits):
            came = datetime.combine(MONDAY, time(8, 5), WIB) + number * timedelta(hours=2) / visits
            if number % 10 == 9:
                morning.cancelled.append(site.cancelled())
            elif number % 10 == 8:
                morning.left[site.khanza.visit(MONDAY, jam=f"{came:%H:%M:%S}")] = [
                    (3, f"{came:%H:%M:%S}")
                ]
            else:
                morning.serve(came)
        for no_rawat in morning.left:
            site.khanza.sep(no_rawat)
        return morning

    def serve(self, came: datetime) -> None:
        times = [
            came.replace(microsecond=0) + timedelta(minutes=minutes)
            for minutes in (0, 20, 35, 45, 55)
        ]
        no_rawat = self.site.khanza.visit(MONDAY, jam=f"{came:%H:%M:%S}")
        exam, kembali, divalidasi, diserahkan = (f"{at:%Y-%m-%d %H:%M:%S}" for at in times[1:])
        self.site.khanza.sep(no_rawat)
        self.site.khanza.exam(no_rawat, exam)
        self.site.khanza.berkas(no_rawat, kembali=kembali)
        self.site.khanza.resep(no_rawat, divalidasi=divalidasi, diserahkan=diserahkan)
        self.served[no_rawat] = [(task, f"{at:%H:%M:%S}") for task, at in enumerate(times, 3)]

    def leave(self) -> None:
        """Cancel at the desk."""
        for no_rawat, held in self.left.items():
            self.site.khanza.stts(no_rawat, "Batal")
            held.append((99, f"{self.site.clock.now:%H:%M:%S}"))

    def arrived(self) -> None:
        """Check that all of it is at BPJS, and that a visit that ended before it came there is not
        alive there.
        """
        held = all_held(self.site)
        assert {no_rawat: held[no_rawat] for no_rawat in self.served} == self.served
        assert all(
            held.get(no_rawat, []) in (tasks, tasks[1:], [])
            for no_rawat, tasks in self.left.items()
        )
        assert all([task for task, _ in held[nobooking]] == [99] for nobooking in self.cancelled)
        alive = {
            row["kodebooking"]
            for row in self.site.bpjs.bookings.snapshot()
            if row["status"] != "Batal"
        }
        assert alive == self.served.keys()
        with Ledger.open(self.site.state, WIB) as ledger:
            records = ledger.of_days(MONDAY, MONDAY)
        for no_rawat in self.served:
            states = {step: push.state in DONE for step, push in records[no_rawat].pushes.items()}
            assert states == dict.fromkeys(("add", *"34567"), True)


def all_held(site: Site) -> dict[str, list[tuple[int, str]]]:
    """Return the tasks that BPJS holds of each booking, with their times of day."""
    held: dict[str, list[tuple[int, str]]] = {}
    for row in site.bpjs.bookings.snapshot():
        tasks: Any = row["tasks"]
        times = [
            (task["taskid"], datetime.fromtimestamp(task["wakturs"] / 1000, WIB)) for task in tasks
        ]
        held[str(row["kodebooking"])] = [(taskid, f"{at:%H:%M:%S}") for taskid, at in times]
    return held


def confirmed(site: Site) -> Counter[tuple[str, str]]:
    """Count how often BPJS accepted each push."""
    steps = {ADD: "add", BATAL: "batal"}
    return Counter(
        (str(one.body["kodebooking"]), steps.get(one.path) or str(one.body["taskid"]))
        for one in site.bpjs.received
        if one.body and one.code == 200 and one.path != LIST
    )


def honest_pass(site: Site) -> None:
    """Make a pass: what it takes for sent is at BPJS, it refuses nothing on its own, and it ends as
    it may.
    """
    done = site.sync()
    assert done.report.exit_code in (0, 4, 5)
    states = {
        (change.record.kodebooking, change.push.step): change.push.state for change in done.changes
    }
    assert {push for push, state in states.items() if state in DONE} <= confirmed(site).keys()
    assert "refused" not in states.values()


def out_of_order(received: Iterable[Received]) -> list[Received]:
    """Return what the stand-in refused: whatever comes out of order.

    A push that it took already is none: a request that the client gave up can be judged later than
    its repeat, and then even after the cancel. Nor is the 99 of a booking whose add was in doubt,
    and never came.
    """
    taken: set[tuple[str, str, str]] = set()
    refused = []
    for one in received:
        body = one.body or {}
        kodebooking, taskid = str(body.get("kodebooking")), str(body.get("taskid", ""))
        push = (one.path, kodebooking, taskid)
        if one.code == 200:
            taken.add(push)
        elif (
            one.code == 201
            and push not in taken
            and (taskid != "99" or (ADD, kodebooking, "") in taken)
        ):
            refused.append(one)
    return refused


def nothing_repeated_blindly(site: Site, met: Sequence[Met]) -> None:
    """Check that a task in doubt is asked for until BPJS answers, and that only BPJS's own "again"
    brings a 208.
    """
    doubt: set[str] = set()
    excused: set[tuple[str, str]] = set()
    for path, kodebooking, taskid, fault in met:
        assert path == LIST or kodebooking not in doubt
        if path == UPDATE and fault and fault.name in DOUBTFUL:
            doubt.add(kodebooking)
        elif path == UPDATE and fault and fault.acts:
            excused.add((kodebooking, taskid))
        elif path == LIST and (fault is None or fault.name in SPELLINGS):
            doubt.discard(kodebooking)
    repeated = {one[:2] for one in site.sent(UPDATE) if one[2] == 208}
    assert repeated <= excused


def test_a_storm_of_all_faults_at_once_and_then_everything_is_there_once_and_in_order(
    attack: Attack, site: Site
) -> None:
    """20 % of all requests go wrong for three hours; an hour after that BPJS holds just what Khanza
    recorded.
    """
    morning = Morning.of(site, attack.size(always=60, all=1950))
    site.bpjs.faults = storm = Storm(attack.seed)
    for minutes in range(0, 180, attack.size(always=10, all=3)):
        site.clock.now = datetime.combine(MONDAY, time(8), WIB) + timedelta(minutes=minutes)
        if minutes == 150:
            morning.leave()
        honest_pass(having(site, BPJS_TIMEOUT="1", ANTREAN_WORKERS="8"))
    storm.clear()
    weathered, hit = confirmed(site).total(), sum(one.fault is not None for one in storm.met)
    worst = max(Counter(one[:3] for one in storm.met if one.path != LIST).values())
    requests = len(storm.met)
    for _ in range(6):
        site.clock.forward(minutes=11)
        honest_pass(site)
    morning.arrived()
    nothing_repeated_blindly(site, storm.met)
    pushes = confirmed(site)
    assert set(pushes.values()) == {1}, "accepted once"
    codes = Counter(one.code for one in site.bpjs.received)
    assert codes.keys() <= {1, 200, 204, 208, 201}
    assert out_of_order(site.bpjs.received) == []
    attack.measured(
        f"{len(MIX)} kinds of trouble at once: {len(pushes)} pushes, "
        f"{hit / requests:.0%} of {requests} requests hit",
        f"{weathered} arrived in the storm, the rest after it; at "
        f"most {worst} requests for one push; "
        f"{codes[208]} answers 208; 0 lost, 0 accepted twice, 0 out of order",
    )
