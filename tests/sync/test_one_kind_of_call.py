"""BPJS answers no push of one kind of call, and all others: one trouble, told once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from antrean_cli.ledger.ledger import Ledger
from antrean_cli.rules.outages import OutageKind
from antrean_cli.simulator.faults import Fault
from tests.support.patients import examined, patient
from tests.support.site import WIB, Done, Site

ADD, UPDATE = "/antrean/add", "/antrean/updatewaktu"
POSTS = ("/add", "/updatewaktu", "/batal", "/getlisttask")
SENT = {"add": "sent", "3": "sent", "4": "sent"}


@pytest.fixture(autouse=True)
def _morning(site: Site) -> None:
    site.clock.at("08:10")


def come(site: Site, count: int, new: int = 1) -> tuple[list[Done], list[str]]:
    """Run a pass a minute, each with so many new patients who are examined at once."""
    passes, patients = [], []
    for _ in range(count):
        site.clock.forward(minutes=1)
        now = f"{site.clock.now:%H:%M:%S}"
        patients += [patient(site, jam=now, exam=now) for _ in range(new)]
        site.clock.forward(seconds=20)
        passes.append(site.sync())
        site.clock.forward(seconds=-20)
    return passes, patients


def told(passes: list[Done]) -> list[str]:
    return [text for one in passes for text in one.told]


def codes(passes: list[Done]) -> list[int]:
    return [one.report.exit_code for one in passes]


def status(site: Site) -> tuple[int, dict[str, Any], str]:
    now = (site.clock.now + timedelta(seconds=30)).isoformat()
    found = site.run("status", "--json", CLOCK=now)
    return found.returncode, json.loads(found.stdout), site.run("status", CLOCK=now).stdout


def calls(site: Site) -> int:
    """Return how many requests came since the last look."""
    count = len(site.bpjs.arrived)
    site.bpjs.arrived.clear()
    return count


def mended(site: Site, patients: list[str], lasted: str) -> None:
    """Take the faults away, and expect the end to be told and all to be delivered."""
    site.bpjs.faults.clear()
    passes, more = come(site, 3)
    (text,) = told(passes)
    assert text == lasted
    assert codes(passes) == [0] * 3
    assert [site.states(one) for one in patients + more[:-1]] == [SENT] * (len(patients) + 2)
    code, found, text = status(site)
    assert (code, found["outages"], found["unanswered"]) == (0, [], [])
    assert "Gangguan            tidak ada" in text


def test_an_address_that_only_updates_do_not_find_is_told_once(site: Site) -> None:
    """BPJS_UPDATE_PATH is wrong."""
    site.bpjs.faults.add(Fault("no_route", path=UPDATE, times=None))
    passes, patients = come(site, 12)
    (text,) = told(passes)
    assert passes[2].told == [text]
    assert text == (
        "Kiriman task tidak dijawab BPJS: alamat kiriman itu tidak dikenal servernya (HTTP 404 "
        "tanpa jawaban BPJS). Dicoba lagi otomatis dan tidak ada yang hilang, tetapi menunggu saja "
        "tidak cukup. Periksa BPJS_UPDATE_PATH; bila sudah benar, periksa proxy di antaranya: ia "
        "mengubah alamat, atau tidak meneruskan POST."
    )
    assert codes(passes[2:]) == [5] * 10
    assert all(site.states(one)["add"] == "sent" for one in patients)
    code, found, page = status(site)
    (outage,) = found["outages"]
    assert (code, outage["kind"], outage["cause"]) == (12, "kiriman", "no_route")
    assert outage["about"] == "updatewaktu"
    assert outage["advice"].startswith("periksa BPJS_UPDATE_PATH;")
    assert "Gangguan            Kiriman task tidak dijawab BPJS sejak 23-11 08:11" in page
    assert "Tidak dijawab BPJS, sedangkan yang lain dijawab:" not in page
    mended(site, patients, "Gangguan kiriman task selesai setelah 12 menit.")


def test_a_firewall_that_lets_no_post_through_is_told_once(site: Site) -> None:
    """GET ref/poli is answered, and nothing else."""
    for path in POSTS:
        site.bpjs.faults.add(Fault("request_rejected", path=path, times=None))
    passes, patients = come(site, 12)
    (text,) = told(passes)
    assert text.startswith(
        "Kiriman tambah tidak dijawab BPJS: BPJS menjawab halaman HTML (HTTP 200). Dicoba lagi "
        "otomatis; tidak ada yang hilang. Minta administrator firewall atau proxy di antaranya "
    )
    assert codes(passes[2:]) == [5] * 10
    code, found, page = status(site)
    assert (code, [one["kind"] for one in found["outages"]]) == (12, ["kiriman"])
    assert "PERLU DILIHAT" in page
    mended(site, patients, "Gangguan kiriman tambah selesai setelah 12 menit.")


@pytest.mark.parametrize("name", ["forbidden", "http_500", "refuse_connection", "empty"])
def test_so_is_every_other_fault_of_one_kind_of_call(site: Site, name: Any) -> None:
    site.bpjs.faults.add(Fault(name, path=UPDATE, times=None))
    passes, patients = come(site, 12)
    assert len(told(passes)) == 1
    assert codes(passes[2:]) == [5] * 10
    mended(site, patients, "Gangguan kiriman task selesai setelah 12 menit.")


def test_it_is_told_once_an_hour(site: Site) -> None:
    site.bpjs.faults.add(Fault("no_route", path=UPDATE, times=None))
    passes, _ = come(site, 8)
    site.clock.forward(minutes=56)
    later, _ = come(site, 3)
    assert [text.split(":")[0] for text in told(later)] == [
        "Kiriman task tidak dijawab BPJS sejak 23-11 08"
    ]
    assert len(told(passes)) == 1


def test_many_patients_a_minute_stop_no_add(site: Site) -> None:
    """Once it is known, no update that is not answered counts towards an outage of BPJS."""
    site.bpjs.faults.add(Fault("no_route", path=UPDATE, times=None))
    come(site, 4)
    calls(site)
    passes, patients = come(site, 10, new=5)
    assert told(passes) == []
    assert all(site.states(one)["add"] == "sent" for one in patients)
    assert calls(site) < 400
    with Ledger.open(site.state, WIB) as ledger:
        assert list(ledger.pass_state().outages) == [OutageKind.PUSHES]


@pytest.mark.parametrize("name", ["no_route", "http_500"])
def test_nor_do_many_before_it_is_known(site: Site, name: Any) -> None:
    """Three updates in a row are not answered, of three patients who came in one minute."""
    site.bpjs.faults.add(Fault(name, path=UPDATE, times=None))
    passes, patients = come(site, 6, new=5)
    assert [text.split(":")[0] for text in told(passes)] == ["Kiriman task tidak dijawab BPJS"]
    adds = [site.states(one)["add"] for one in patients]
    assert adds == ["sent"] * 30
    mended(site, patients, "Gangguan kiriman task selesai setelah 6 menit.")


def test_two_poisoned_bookings_among_healthy_ones_are_told_by_themselves(site: Site) -> None:
    poisoned = [examined(site) for _ in range(2)]
    for one in poisoned:
        site.bpjs.faults.add(Fault("request_rejected", path=ADD, kodebooking=one, times=None))
    site.sync()
    passes, others = come(site, 20)
    assert sorted(text.split()[0] for text in told(passes)) == sorted(poisoned)
    assert codes(passes[3:]) == [0] * 17
    assert [site.states(one) for one in others] == [SENT] * 20
    assert status(site)[0] == 0


def test_three_of_them_are_no_trouble_of_all_as_long_as_others_are_judged(site: Site) -> None:
    poisoned = [examined(site) for _ in range(2)]
    for one in poisoned:
        site.bpjs.faults.add(Fault("request_rejected", path=ADD, kodebooking=one, times=None))
    site.sync()
    come(site, 6)
    poisoned.append(examined(site))
    site.bpjs.faults.add(Fault("request_rejected", path=ADD, kodebooking=poisoned[2], times=None))
    passes, _ = come(site, 10)
    (text,) = told(passes)
    assert text.startswith(poisoned[2])
    assert status(site)[1]["outages"] == []


def test_two_bookings_alone_are_told_by_themselves(site: Site) -> None:
    poisoned = [patient(site) for _ in range(2)]
    site.bpjs.faults.add(Fault("request_rejected", path=ADD, times=None))
    passes = [site.sync()]
    for _ in range(10):
        site.clock.forward(minutes=1)
        passes.append(site.sync())
    assert sorted(text.split()[0] for text in told(passes)) == sorted(poisoned)


def test_what_is_still_not_answered_when_it_is_over_is_told_by_itself(site: Site) -> None:
    site.bpjs.faults.add(Fault("no_route", path=UPDATE, times=None))
    _, patients = come(site, 12)
    site.bpjs.faults.clear()
    poisoned = patients[0]
    site.bpjs.faults.add(Fault("no_route", path=UPDATE, kodebooking=poisoned, times=None))
    passes, _ = come(site, 10)
    first, second = told(passes)
    assert first == "Gangguan kiriman task selesai setelah 12 menit."
    assert second.startswith(f"{poisoned} task 3 belum terkirim: ")
    assert all(site.states(one) == SENT for one in patients[1:])


def test_it_is_over_as_well_where_nothing_of_the_kind_waits_any_more(site: Site) -> None:
    site.bpjs.faults.add(Fault("no_route", path=UPDATE, times=None))
    _, patients = come(site, 5)
    now = (site.clock.now + timedelta(seconds=30)).isoformat()
    for one in patients:
        assert site.run("drop", one, "--keterangan", "uji", CLOCK=now).returncode == 0
    site.clock.forward(minutes=1)
    done = site.sync()
    assert done.told == ["Gangguan kiriman task selesai setelah 4 menit."]
    assert status(site)[1]["outages"] == []


def test_a_bpjs_that_answers_nothing_is_no_trouble_of_one_kind(site: Site) -> None:
    come(site, 2)
    site.bpjs.down = True
    passes, _ = come(site, 12, new=2)
    assert [text.split(":")[0] for text in told(passes)] == ["BPJS terganggu"]
    site.bpjs.down = False
    passes, _ = come(site, 12)
    assert [text.split(" setelah")[0] for text in told(passes)] == ["BPJS pulih"]


def test_a_bpjs_that_then_answers_nothing_is_told_besides(site: Site) -> None:
    """No booking is told by itself, and what the kind of call is in for goes on afterwards."""
    site.bpjs.faults.add(Fault("no_route", path=UPDATE, times=None))
    _, patients = come(site, 6)
    site.bpjs.down = True
    passes, more = come(site, 10, new=2)
    assert [text.split(":")[0] for text in told(passes)] == ["BPJS terganggu"]
    site.bpjs.down = False
    passes, last = come(site, 12)
    assert [text.split(" setelah")[0] for text in told(passes)] == ["BPJS pulih"]
    assert [one["kind"] for one in status(site)[1]["outages"]] == ["kiriman"]
    mended(site, patients + more + last, "Gangguan kiriman task selesai setelah 28 menit.")
