"""The CronJob that takes cron's place in Kubernetes, with no more rights than a pass needs (YAML).

- The settings, and each file that they name, come from a Secret and keep their paths.
- One volume holds the ledger; one pass at a time is Kubernetes's own `concurrencyPolicy`. Where the
  volume can be attached to another node, passes go on there when the first one is gone.
- No service links: of a Service named `khanza` Kubernetes would make a variable KHANZA_PORT, which
  is a setting of ours.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from antrean_cli.config.parsers import LOOPBACK
from antrean_cli.config.settings import Settings
from antrean_cli.errors import SettingsError
from antrean_cli.operator.systemd_units import seconds_of_pass, seconds_to_stop
from antrean_cli.rules.splay import USUAL_SPLAY

USER = 10001  # also of the image (container_image.py)
_SCHEDULING = 60  # seconds for finding a node, and fetching the image
_LEDGERS = "/var/lib/antrean"
_STATE = f"{_LEDGERS}/ledger/antrean.sqlite3"  # in a folder of its own, that antrean makes 0700
_HTTPS = 443

_HOW = """\
# {name}: satu putaran tiap menit di Kubernetes. Isi Secret tidak ada di sini; buat dulu:
#   kubectl create secret generic {name} {files}
# lalu simpan yang ini, dan: kubectl apply -f {name}.yaml
# Perintah lain, misalnya status (dengan jq):
#   kubectl create job {name}-status --from=cronjob/{name} --dry-run=client -o json |
#     jq '.spec.template.spec.containers[0].args = ["status"]' | kubectl apply -f -
#   kubectl logs job/{name}-status
"""

_MANIFESTS = """\
---
# Berkas status. Volume blok (bukan NFS): SQLite memerlukan kunci berkas yang benar.
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {name}
  labels: {labels}
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 1Gi
---
# Jaringan hanya ke DNS, Khanza, BPJS, dan pengawas; dari luar tidak ada.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {name}
  labels: {labels}
spec:
  podSelector:
    matchLabels: {labels}
  policyTypes: [Ingress, Egress]
  egress:
    - ports:
        - {{protocol: UDP, port: 53}}
        - {{protocol: TCP, port: 53}}
    - ports:
{ports}
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}
  labels: {labels}
spec:
  schedule: "* * * * *"
  # Satu putaran pada satu waktu. Yang terlewat tidak disusulkan: yang berikutnya melanjutkan.
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 30
  successfulJobsHistoryLimit: 1
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 0
      # Putaran yang macet dihentikan dengan SIGTERM; yang sedang dikirim sempat dicatat.
      activeDeadlineSeconds: {deadline}
      ttlSecondsAfterFinished: 86400
      template:
        metadata:
          labels: {labels}
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: {stop}
          automountServiceAccountToken: false
          # Tanpa ini sebuah Service bernama "khanza" mengisi KHANZA_PORT.
          enableServiceLinks: false
          securityContext:
            runAsNonRoot: true
            runAsUser: {user}
            runAsGroup: {user}
            fsGroup: {user}
            fsGroupChangePolicy: OnRootMismatch
            seccompProfile:
              type: RuntimeDefault
          containers:
            - name: antrean
              image: {image}
              args: [sync, --splay, "{splay}"]
              env:
                - {{name: ANTREAN_ENV_FILE, value: {env_file}}}
                - {{name: ANTREAN_STATE, value: {state}}}
                # kubectl logs dan kube-state-metrics menggantikan keduanya.
                - {{name: ANTREAN_LOG_FILE, value: ""}}
                - {{name: ANTREAN_METRICS_FILE, value: ""}}
              resources:
                requests: {{cpu: 100m, memory: 64Mi}}
                limits: {{cpu: "1", memory: 256Mi}}
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: [ALL]
              volumeMounts:
                - {{name: ledger, mountPath: {ledgers}}}
                - {{name: tmp, mountPath: /tmp}}
{mounts}
          volumes:
            - name: ledger
              persistentVolumeClaim:
                claimName: {name}
            - name: tmp
              emptyDir: {{medium: Memory, sizeLimit: 64Mi}}
            - name: settings
              secret:
                secretName: {name}
                defaultMode: 0440
"""


@dataclass(frozen=True, kw_only=True)
class Hospital:
    """A hospital whose passes are to run in Kubernetes; all paths are absolute.

    `file` holds its settings, `named` are the files that these name; `site` is empty where there is
    but one hospital.
    """

    site: str
    settings: Settings
    file: Path
    named: Sequence[Path]


def manifests(hospital: Hospital, image: str) -> str:
    """Return the volume, the bounds of the network and the CronJob of a hospital, and what to type.

    Raises SettingsError for settings that mean something of this computer's.
    """
    _require_reachable(hospital.settings)
    name = f"antrean-{hospital.site}" if hospital.site else "antrean"
    labels = {"app.kubernetes.io/name": "antrean", "app.kubernetes.io/instance": name}
    keys = _keys(hospital)
    from_file = (shlex.quote(f"--from-file={key}={path}") for key, path in keys.items())
    return _HOW.format(name=name, files=" ".join(from_file)) + _MANIFESTS.format(
        name=name,
        labels=json.dumps(labels),
        ports="\n".join(f"        - {{protocol: TCP, port: {port}}}" for port in _ports(hospital)),
        deadline=seconds_of_pass(hospital.settings) + _SCHEDULING,
        stop=seconds_to_stop(hospital.settings),
        user=USER,
        image=json.dumps(image),
        splay=USUAL_SPLAY,
        env_file=json.dumps(str(hospital.file)),
        state=_STATE,
        ledgers=_LEDGERS,
        mounts="\n".join(_mount(key, path) for key, path in keys.items()),
    )


def _require_reachable(settings: Settings) -> None:
    khanza = settings.khanza
    if khanza.socket or khanza.sqlite:
        name = "KHANZA_SOCKET" if khanza.socket else "KHANZA_SQLITE"
        raise SettingsError(f"{name} tidak ada di dalam pod; isi KHANZA_HOST")
    for name, host in (
        ("KHANZA_HOST", khanza.host),
        ("BPJS_BASE_URL", urlsplit(settings.bpjs.base_url).hostname),
    ):
        if host in LOOPBACK:
            raise SettingsError(
                f"{name} ({host}) di dalam pod adalah pod itu sendiri; isi servernya"
            )


def _keys(hospital: Hospital) -> Mapping[str, Path]:
    """Return the files that the Secret has to hold, by their keys in it."""
    named = dict.fromkeys(path.absolute() for path in hospital.named)
    return {"antrean.env": hospital.file} | {
        f"{number}-{re.sub(r'[^-._a-zA-Z0-9]', '-', path.name)}": path
        for number, path in enumerate(named, 1)
    }


def _mount(key: str, path: Path) -> str:
    return (
        f"                - {{name: settings, mountPath: {json.dumps(str(path))}, "
        f"subPath: {json.dumps(key)}, readOnly: true}}"
    )


def _ports(hospital: Hospital) -> list[int]:
    settings = hospital.settings
    urls = filter(None, (settings.bpjs.base_url, settings.ping_url))
    ports = [urlsplit(url).port or (80 if url.startswith("http:") else _HTTPS) for url in urls]
    return sorted({settings.khanza.port, *ports})
