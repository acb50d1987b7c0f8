"""The mutants that survive for a reason: they make no difference that anybody could see.

By file (below antrean_cli), function and operator, so that no other change costs anything here: one
reason for each mutant of that operator in that function that may go unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping

TAKES_LONGER = "what is not left out for being worse is looked at, and found to be worse"
THE_LONG_WAY = "what is not found at once is found by the search"
ONLY_DAMAGED = "people are told that the file is damaged, and not by what it was seen"
NO_HOUR_24 = "only from 3.14 on Python itself takes an hour 24"
NEVER_REFUSED = "where nothing was refused, no mark is among those that were"
ANY_KIND = "calls of no kind are of one, whatever it is called"
CAN_BE_SEEN = "the first letter that has more digits can be seen, and is not written out"
FOR_TYPES = "the other side of `or` is there for the type checker alone"

EXCUSED: Mapping[tuple[str, str, str], tuple[str, ...]] = {
    ("ledger/file.py", "_check", "constants"): (ONLY_DAMAGED, ONLY_DAMAGED),
    ("ledger/ledger.py", "Ledger.key", "constants"): (ONLY_DAMAGED,),
    ("ledger/ledger.py", "Ledger._meta", "constants"): (ONLY_DAMAGED,),
    ("ledger/ledger.py", "Ledger._records", "constants"): (ONLY_DAMAGED,),
    ("ledger/file.py", "_lock_in_time", "comparisons"): ("a tick of the clock",),
    ("ledger/file.py", "_opened", "statements"): (
        "FULL is what SQLite is built with; a build that is not would be met nowhere here",
    ),
    ("ledger/columns.py", "_observation_of", "connectives"): (
        "both columns of stts are NULL, or neither",
        "whichever of the two is looked at",
    ),
    ("rules/answers.py", "", "constants"): ("any word does",) * 3,
    ("ledger/migrations.py", "_name_reason", "connectives"): (
        "no version has written a code without its sentence",
    ),
    ("rules/booking_plans.py", "_plan_of", "conditions"): (
        "a visit that is given the kode booking that it has is the same visit",
    ),
    ("rules/cached_lists.py", "", "constants"): ("any word does that is no kind of outcome",),
    ("rules/choice.py", "_Search._from", "conditions"): ("what is looked for again is the same",),
    ("rules/choice.py", "_Search._ways", "comparisons"): (TAKES_LONGER,),
    ("rules/choice.py", "_Search._ways", "conditions"): (TAKES_LONGER,),
    ("rules/choice.py", "_Search._ways", "statements"): (TAKES_LONGER, TAKES_LONGER),
    ("rules/choice.py", "_Search.at_once", "conditions"): (THE_LONG_WAY, THE_LONG_WAY),
    ("rules/choice.py", "_Search.at_once", "constants"): (THE_LONG_WAY,),
    ("rules/choice.py", "_Search.at_once", "returns"): (THE_LONG_WAY, THE_LONG_WAY),
    ("rules/choice.py", "_Search.at_once", "statements"): (THE_LONG_WAY,),
    ("rules/choice.py", "_Way.behind", "constants"): ("any number does that grows",),
    ("rules/choice.py", "choose", "connectives"): (THE_LONG_WAY,),
    ("rules/codes.py", "CallName", "constants"): (
        "no pass makes the call per_kodebooking: nobody sees what it is counted as",
        "nor the call ref_dokter",
    ),
    ("rules/events.py", "_Events._arrival_without_session", "connectives"): (FOR_TYPES,),
    ("rules/events.py", "_Events._moved_beyond", "constants"): (
        "any number before task 3 does where no task has a time of the day",
    ),
    ("rules/events.py", "_Events.chosen", "connectives"): (FOR_TYPES,),
    ("rules/outcomes.py", "_as_refusal", "conditions"): (FOR_TYPES,),
    ("rules/outcomes.py", "_as_refusal", "connectives"): (FOR_TYPES,),
    ("rules/outcomes.py", "_as_refusal", "constants"): (FOR_TYPES,),
    ("rules/outcomes.py", "_unknown_booking", "connectives"): (
        "a held add has its reason",
        "so has a refused one",
        "and one that is closed",
    ),
    ("rules/claims.py", "newest_first", "arguments"): (
        "nobooking is the first column of a row, and no two rows have the same",
    ),
    ("rules/claims.py", "_looking", "conditions"): ("what nobody looks for nobody finds",),
    ("rules/comparison.py", "_mendable", "connectives"): (FOR_TYPES,),
    ("rules/comparison.py", "_recorded", "connectives"): (FOR_TYPES,),
    ("rules/identity.py", "card_of", "constants"): (
        "any text does in which no digit stands",
        "nothing but digits is left of the text, and nothing but zeros is taken off",
    ),
    ("rules/identity.py", "nik_of", "constants"): ("any text does in which no digit stands",),
    ("rules/identity.py", "phone_of", "constants"): ("any text does in which no digit stands",),
    ("rules/letters.py", "_visible", "comparisons"): (CAN_BE_SEEN, CAN_BE_SEEN),
    ("rules/letters.py", "_visible", "constants"): (CAN_BE_SEEN, CAN_BE_SEEN),
    ("rules/pacing.py", "Pacing._rise", "comparisons"): ("in no time nothing rises",),
    ("rules/pacing.py", "Pacing.beginning", "connectives"): (FOR_TYPES,),
    ("rules/pacing.py", "Pacing.begin", "constants"): (ANY_KIND,),
    ("rules/pacing.py", "Start", "constants"): (ANY_KIND,),
    ("rules/pacing.py", "got_through", "constants"): (
        "no row of the answers that tells of the pace asks for the call",
        "nor for the step",
    ),
    ("rules/add_body.py", "_session_fields", "connectives"): (FOR_TYPES,),
    ("rules/add_body.py", "_session_fields", "constants"): (FOR_TYPES,),
    ("rules/planner.py", "_farmasi", "returns"): ("what left stays in the record anyhow",),
    ("rules/refused_bodies.py", "unless_refused", "connectives"): (NEVER_REFUSED,),
    ("rules/references.py", "_jeniskunjungan", "constants"): (FOR_TYPES,),
    ("rules/seps.py", "_age", "constants"): (
        "the letter between year and count is the same in all",
        "the same letter, left out of what is compared last",
        "where the months are compared the years are the same, and so is their first digit",
    ),
    ("sync/adopt.py", "amended", "conditions"): (
        "without a list nothing is compared: the plans come back as they are either way",
    ),
    ("rules/sessions.py", "hours_of", "constants"): (
        "any text does in which no hours stand",
        "two texts that are no hours, whatever they are",
        "the second of them",
    ),
    ("rules/sessions.py", "hours_of", "tables"): (
        "one text that is no hour is enough",
        "whichever of the two it is",
    ),
    ("rules/unsent.py", "reopens", "connectives"): (
        "what is done and has such a reason has ended its booking",
    ),
    ("rules/planner.py", "_task", "returns"): ("what came by hand stays in the record anyhow",),
    ("rules/unsent.py", "with_kept_wanted", "connectives"): (
        "what came from Khanza is withdrawn by then, or held in doubt",
    ),
    ("rules/ties.py", "placed_as", "comparisons"): ("two times that are equal are one",),
    ("sync/read.py", "_begin", "comparisons"): ("a beginning that is today is today either way",),
    ("sync/read.py", "_surat_kontrol_days", "returns"): ("no days are none",),
    ("sync/read.py", "known_of", "conditions"): ("no booking is called nothing",),
    ("sync/read.py", "visits_of", "conditions"): ("who is looked for by nothing is not found",),
    ("sync/run.py", "Pass._record", "conditions"): (FOR_TYPES,),
    ("sync/run.py", "Pass._settle_owners", "conditions"): ("of no bookings none waits",),
    ("sync/deliver.py", "Delivery._enqueue", "connectives"): (
        "where no call goes ahead no booking is the probe",
    ),
    ("sync/hfis.py", "read_sessions", "conditions"): ("nothing is written for nothing",),
    ("sync/housekeeping.py", "_shorten", "conditions"): ("nothing is written for nothing",),
    ("sync/housekeeping.py", "recover", "conditions"): (
        "nothing is written for nothing",
        "what is as it was is written as it was",
    ),
    ("sync/housekeeping.py", "prune", "comparisons"): (
        "of exactly as many as are forgotten at once none is left for the next pass",
    ),
    ("sync/pass_report.py", "PassReport.add", "constants"): ("any text does that is no state",),
    ("rules/values.py", "", "constants"): ("how many texts are remembered shows nowhere",),
    ("rules/times.py", "parse_datetime", "connectives"): (NO_HOUR_24,),
    ("rules/times.py", "parse_datetime", "constants"): (NO_HOUR_24,),
    ("rules/sources.py", "VisitContext.session_opens_at", "constants"): (
        "any text does that is no hour",
    ),
    ("rules/sources.py", "_berkas_dikirim", "connectives"): (FOR_TYPES,),
    ("rules/sources.py", "_checkin", "connectives"): (FOR_TYPES,),
}
