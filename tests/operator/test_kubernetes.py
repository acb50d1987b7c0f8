"""The CronJob and the image: what a pass needs, and no other right.

Kubernetes's own schema is looked at by hand, once a release (kubernetes-validate); here the
structure is.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from antrean_cli.config.settings import load
from tests.support.command import run
from tests.support.sites import installed

ROOT = Path(__file__).parents[2]


def units(*args: str) -> str:
    done = run(*args)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    """The settings of a hospital whose Khanza is on another computer."""
    return installed(tmp_path, "rs-kota", KHANZA_HOST="192.0.2.5", ANTREAN_LOG_FILE="/x/a.log")


def printed(env_file: Path, *args: str) -> str:
    return units("--env-file", str(env_file), "units", "--kubernetes", *args)


def documents(text: str) -> Iterator[str]:
    """Yield the documents by their order, without comments."""
    for document in text.split("\n---\n")[1:]:
        yield re.sub(r"^\s*#.*\n", "", document, flags=re.MULTILINE)


def value(document: str, name: str) -> str:
    """Return the one value of a name, wherever it stands."""
    (found,) = re.findall(rf"^ *(?:- )?{name}: (.*)$", document, re.MULTILINE)
    return str(found)


def test_there_is_a_volume_a_bound_for_the_network_and_a_job(env_file: Path) -> None:
    kinds = [value(one, "kind") for one in documents(printed(env_file))]
    assert kinds == ["PersistentVolumeClaim", "NetworkPolicy", "CronJob"]
    named = [
        re.findall(r"^  name: (.*)$", one, re.MULTILINE) for one in documents(printed(env_file))
    ]
    assert named == [["antrean-rs-kota"]] * 3


def test_passes_are_one_at_a_time_and_the_pod_has_no_right_that_it_can_do_without(
    env_file: Path,
) -> None:
    """What Kubernetes calls the restricted standard, and no account of the cluster's."""
    *_, job = documents(printed(env_file))
    wanted = {
        "schedule": '"* * * * *"',
        "concurrencyPolicy": "Forbid",
        "backoffLimit": "0",
        "restartPolicy": "Never",
        "automountServiceAccountToken": "false",
        "enableServiceLinks": "false",
        "runAsNonRoot": "true",
        "allowPrivilegeEscalation": "false",
        "readOnlyRootFilesystem": "true",
        "drop": "[ALL]",
        "type": "RuntimeDefault",
        "defaultMode": "0440",
        "claimName": "antrean-rs-kota",
        "secretName": "antrean-rs-kota",
    }
    assert {name: value(job, name) for name in wanted} == wanted
    assert int(value(job, "activeDeadlineSeconds")) > 50
    assert int(value(job, "terminationGracePeriodSeconds")) > 20
    assert 10 <= int(value(job, "startingDeadlineSeconds")) < 60


def test_settings_come_from_a_secret_and_keep_their_places(env_file: Path, tmp_path: Path) -> None:
    """Their values are nowhere; each file that they name is there, at its own path."""
    for name in ("kunci rahasia", "ca.pem"):
        (tmp_path / name).write_text("rahasia-besar", encoding="utf-8")
        (tmp_path / name).chmod(0o600)
    installed(
        tmp_path,
        "rs-kota",
        KHANZA_HOST="192.0.2.5",
        BPJS_SECRET_KEY="",
        BPJS_SECRET_KEY_FILE=str(tmp_path / "kunci rahasia"),
        KHANZA_CA=str(tmp_path / "ca.pem"),
    )
    text = printed(env_file)
    assert "rahasia-besar" not in text
    assert "kunci'" not in text
    mounts = dict(re.findall(r'mountPath: "(.*?)", subPath: "(.*?)", readOnly: true', text))
    assert mounts == {
        str(env_file): "antrean.env",
        str(tmp_path / "kunci rahasia"): "1-kunci-rahasia",
        str(tmp_path / "ca.pem"): "2-ca.pem",
    }
    (made,) = re.findall(r"^#   (kubectl create secret .*)$", text, re.MULTILINE)
    files = [word for word in shlex.split(made) if word.startswith("--from-file=")]
    assert files == [f"--from-file={key}={path}" for path, key in mounts.items()]


def test_a_pass_in_the_pod_has_the_settings_of_the_secret_and_the_ledger_of_the_volume(
    env_file: Path,
) -> None:
    text = printed(env_file)
    found = re.findall(r"- \{name: (ANTREAN_\w+), value: (.*)\}", text)
    environ = {name: shown.strip('"') for name, shown in found}
    settings = load(env_file=None, state=None, needs=frozenset({"bpjs"}), environ=environ)
    (volume,) = re.findall(r"name: ledger, mountPath: (\S+)\}", text)
    assert settings.state.is_relative_to(volume)
    assert settings.state.parent != Path(volume), "a folder that antrean makes, for itself alone"
    assert (settings.site, settings.log_file, settings.bpjs.cons_id) == ("rs-kota", None, "12345")


def test_the_network_is_what_the_settings_name(tmp_path: Path) -> None:
    file = installed(
        tmp_path,
        "rs-kota",
        KHANZA_HOST="db.example",
        KHANZA_PORT="3307",
        BPJS_BASE_URL="https://bpjs.example:8443/x",
        ANTREAN_PING_URL="http://hc.example/uuid",
    )
    _, policy, _ = documents(printed(file))
    assert re.findall(r"port: (\d+)", policy) == ["53", "53", "80", "3307", "8443"]
    assert value(policy, "policyTypes") == "[Ingress, Egress]"
    assert "ingress:" not in policy


def test_each_site_of_this_computer_has_its_own(env_file: Path, tmp_path: Path) -> None:
    installed(tmp_path, "rs-desa", KHANZA_HOST="192.0.2.6")
    folder = str(env_file.parent)
    text = units("units", "--kubernetes", "--sites", "--folder", folder, "--image", "r.example/a:1")
    names = re.findall(r"claimName: (\S+)", text)
    assert names == ["antrean-rs-desa", "antrean-rs-kota"]
    assert re.findall(r"image: (.*)", text) == ['"r.example/a:1"'] * 2
    alone = printed(env_file, "--image", "r.example/a:1")
    assert text.endswith(alone)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"KHANZA_HOST": ""}, "KHANZA_HOST (127.0.0.1) di dalam pod adalah pod itu sendiri"),
        ({"BPJS_BASE_URL": "http://127.0.0.1:8686"}, "BPJS_BASE_URL (127.0.0.1) di dalam pod"),
        ({"KHANZA_SOCKET": "/run/mysqld/mysqld.sock"}, "KHANZA_SOCKET tidak ada di dalam pod"),
        ({"KHANZA_SQLITE": "/srv/contoh.sqlite3"}, "KHANZA_SQLITE tidak ada di dalam pod"),
        ({"BPJS_CONS_ID": ""}, "BPJS_CONS_ID belum diisi"),
    ],
)
def test_settings_of_this_computer_alone_are_one_error(
    tmp_path: Path, changes: dict[str, str], words: str
) -> None:
    file = installed(tmp_path, "rs-kota", **{"KHANZA_HOST": "192.0.2.5", **changes})
    done = run("--env-file", str(file), "units", "--kubernetes")
    assert (done.returncode, done.stdout) == (8, "")
    assert words in done.stderr


@pytest.mark.parametrize("more", [("--container",), ("service",)])
def test_one_thing_is_printed_at_a_time(env_file: Path, more: tuple[str, ...]) -> None:
    done = run("--env-file", str(env_file), "units", "--kubernetes", *more)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pilih salah satu" in done.stderr


# -- the image


def test_the_image_copies_what_is_there_and_nobody_in_it_is_root() -> None:
    """Neither settings nor a user are needed to print it."""
    lines = units("units", "--container").splitlines()
    copied = [
        source
        for line in lines
        if line.startswith("COPY ") and "--from" not in line
        for source in line.split()[1:-1]
    ]
    assert "antrean_cli/constraints.txt" in copied
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert any("--require-hashes -r antrean_cli/constraints.txt" in line for line in lines)
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    *_, entry = (line for line in lines if line.startswith("ENTRYPOINT "))
    assert (users, entry) == (["10001:10001"], 'ENTRYPOINT ["antrean"]')
    assert lines.index("USER 10001:10001") < lines.index(entry)


def test_the_image_is_built_under_the_name_that_was_typed() -> None:
    line = units("units", "--container", "--image", "r.example/a:1").splitlines()[1]
    assert line == (
        "#   antrean units --container --image r.example/a:1 | podman build -t r.example/a:1 -f - ."
    )


def test_the_pod_runs_as_the_user_of_the_image(env_file: Path) -> None:
    (user,) = re.findall(r"USER (\d+):", units("units", "--container"))
    *_, job = documents(printed(env_file))
    assert value(job, "runAsUser") == value(job, "fsGroup") == user
