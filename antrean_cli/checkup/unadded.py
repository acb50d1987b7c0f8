"""What keeps visits from being added: mappings and sessions that Khanza's tables lack."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from antrean_cli.checkup.results import Finding, ok, warning, warning_of_many
from antrean_cli.render.reasons import sentence
from antrean_cli.rules.add_lacks import what_add_lacks
from antrean_cli.rules.policy import Policy
from antrean_cli.rules.push import MAX_AGE
from antrean_cli.rules.reasons import SHARED_FAMILIES, Reason, ReasonCode, because
from antrean_cli.rules.visits import Visit

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
    """Judge what keeps visits from being added: one finding for what is lacking in the same way."""
    kinds: dict[ReasonCode, list[Lack]] = {}
    for lack in lacking(visits, policy):
        kinds.setdefault(lack.reason.code, []).append(lack)
    for lacks in kinds.values():
        yield lacks_finding(lacks, similar)
    if not kinds:
        text = (
            f"Pemetaan dan jadwal: tidak ada yang kurang ({len(visits)} "
            f"kunjungan {MAX_AGE.days} hari terakhir)"
        )
        yield ok("unadded", text)


def lacking(visits: Iterable[Visit], policy: Policy) -> list[Lack]:
    """Return what keeps visits that are to be added from being added, the most frequent first."""
    found: dict[Reason, Lack] = {}
    for visit in visits:
        reason = what_add_lacks(visit) if visit.kind in policy.add and not visit.booking else None
        if reason and reason.code.family in SHARED_FAMILIES:
            known = found.get(reason, Lack(reason, 0, visit))
            found[reason] = known._replace(visits=known.visits + 1)
    return sorted(found.values(), key=lambda lack: (-lack.visits, sentence(lack.reason)))


def lacks_finding(lacks: Sequence[Lack], similar: SimilarNames) -> Finding:
    """Return the warning for visits that lack the same, with BPJS's names like Khanza's."""
    first = lacks[0]
    code = first.reason.code
    typed = [f"antrean ref {MAPPINGS[code]}"] if code in MAPPINGS else []
    visits = f"{sum(lack.visits for lack in lacks)} kunjungan {MAX_AGE.days} hari terakhir"
    if len(lacks) == 1:
        names = _names(first, similar)
        typed = typed if names else []
        return warning("unadded", f"{visits}: {sentence(first.reason)}{names}", *typed)
    text = f"{visits}: {len(lacks)} kali {sentence(because(code))}"
    items = [
        f"{_which(lack.reason)}{_names(lack, similar)}, {lack.visits} kunjungan" for lack in lacks
    ]
    return warning_of_many("unadded", text, items, *typed)


def _which(reason: Reason) -> str:
    """Return what tells a reason from others of its code: the codes of doctor, clinic and day."""
    found = (reason.get(name) for name in ("kd_dokter", "kd_poli", "hari", "field"))
    return " ".join(str(value) for value in found if value is not None)


def _names(lack: Lack, similar: SimilarNames) -> str:
    """Return Khanza's name of what is not mapped, and BPJS's like it; empty for anything else."""
    kind = MAPPINGS.get(lack.reason.code, "")
    row = lack.example.registration
    name = (row and (row.nm_poli if kind == "poli" else row.nm_dokter)) or ""
    if not kind or not name:
        return ""
    alike = similar(kind, name)
    return f" ({name})" + (f"; mirip di BPJS: {', '.join(alike)}" if alike else "")
