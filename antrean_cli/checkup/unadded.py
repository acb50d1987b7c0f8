"""What keeps visits from being added: mappings and sessions that Khanza's tables lack."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from antrean_cli.checkup.results import Finding, ok, warning
from antrean_cli.render.reasons import sentence
from antrean_cli.rules.payloads import missing
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import MAX_AGE
from antrean_cli.rules.reasons import SHARED_FAMILIES, Reason, ReasonCode
from antrean_cli.rules.visits import Visit

MOST_GROUPS = 15
# What a mapping table is filled from: the list of `antrean ref`, and the name that Khanza has.
MAPPINGS: dict[ReasonCode, str] = {
    ReasonCode.CLINIC_UNMAPPED: "poli",
    ReasonCode.DOCTOR_UNMAPPED: "dokter",
    ReasonCode.DOCTOR_CODE_NO_NUMBER: "dokter",
}
# A list of `antrean ref` ("poli", "dokter") and a name → BPJS's names like it, as "code name".
SimilarNames = Callable[[str, str], Sequence[str]]


class Lack(NamedTuple):
    """One thing that so many visits lack, and one of these visits."""

    reason: Reason
    visits: int
    example: Visit


def unadded(visits: Sequence[Visit], policy: Policy, similar: SimilarNames) -> Iterator[Finding]:
    """Judge what keeps visits from being added: one finding a clinic, doctor or session."""
    lacks = lacking(visits, policy)
    for lack in lacks[:MOST_GROUPS]:
        yield lack_finding(lack, similar)
    if len(lacks) > MOST_GROUPS:
        text = f"Pemetaan dan jadwal: … dan {len(lacks) - MOST_GROUPS} alasan lain"
        yield warning("unadded", text, "antrean sync --dry-run")
    if not lacks:
        text = (
            f"Pemetaan dan jadwal: tidak ada yang kurang ({len(visits)} "
            f"kunjungan {MAX_AGE.days} hari terakhir)"
        )
        yield ok("unadded", text)


def lacking(visits: Iterable[Visit], policy: Policy) -> list[Lack]:
    """Return what keeps visits that are to be added from being added, the most frequent first."""
    found: dict[Reason, Lack] = {}
    for visit in visits:
        reason = missing(visit) if visit.kind in policy.add and not visit.booking else None
        if reason and reason.code.family in SHARED_FAMILIES:
            known = found.get(reason, Lack(reason, 0, visit))
            found[reason] = known._replace(visits=known.visits + 1)
    return sorted(found.values(), key=lambda lack: (-lack.visits, sentence(lack.reason)))


def lack_finding(lack: Lack, similar: SimilarNames) -> Finding:
    """Return the warning for visits that lack one thing, with BPJS's names like Khanza's."""
    text = f"{lack.visits} kunjungan {MAX_AGE.days} hari terakhir: {sentence(lack.reason)}"
    kind = MAPPINGS.get(lack.reason.code, "")
    row = lack.example.registration
    name = (row and (row.nm_poli if kind == "poli" else row.nm_dokter)) or ""
    if not kind or not name:
        return warning("unadded", text)
    alike = similar(kind, name)
    text += f" ({name})" + (f"; mirip di BPJS: {', '.join(alike)}" if alike else "")
    return warning("unadded", text, f"antrean ref {kind}")
