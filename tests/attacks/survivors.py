"""The mutants that survive for a reason: they make no difference that anybody could see.

By file (below antrean_cli), function and operator, so that no other change costs anything here: one
reason for each mutant of that operator in that function that may go unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping

FOR_TYPES = "the other side of `or` is there for the type checker alone"

EXCUSED: Mapping[tuple[str, str, str], tuple[str, ...]] = {
    ("ledger/columns.py", "_observation_of", "connectives"): (
        "both columns of stts are NULL, or neither",
    ),
    ("rules/booking_plans.py", "_codes_given", "connectives"): (
        "a visit at the desk has a no_rawat: nobody asks for the booking of an empty one",
    ),
    ("rules/booking_plans.py", "_known", "connectives"): (FOR_TYPES,),
    ("rules/booking_plans.py", "_known", "constants"): (FOR_TYPES,),
    ("rules/booking_plans.py", "plans_of", "connectives"): (
        "a visit that is given the kode booking that it has is the same visit",
    ),
    ("rules/cached_lists.py", "", "constants"): ("any word does that is no kind of outcome",),
    ("rules/codes.py", "CallName", "constants"): (
        "no pass makes the call per_kodebooking: nobody sees what it is counted as",
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
    ("rules/payloads.py", "_session_fields", "connectives"): (FOR_TYPES,),
    ("rules/payloads.py", "_session_fields", "constants"): (FOR_TYPES,),
    ("rules/planner.py", "_farmasi", "returns"): ("what left stays in the record anyhow",),
    ("rules/requests.py", "request_body", "connectives"): (FOR_TYPES,),
    ("rules/requests.py", "request_body", "constants"): (FOR_TYPES,),
    ("rules/seps.py", "_age", "constants"): (
        "the letter between year and count is the same in all",
        "the same letter, left out of what is compared last",
        "where the months are compared the years are the same, and so is their first digit",
    ),
    ("rules/sources.py", "_arrival", "constants"): (
        "the source of an arrival without a time is not asked for",
    ),
    ("sync/adopt.py", "amended", "conditions"): (
        "without a list nothing is compared: the plans come back as they are either way",
    ),
    ("sync/read.py", "known_of", "connectives"): ("no booking has the no_rawat NULL",),
    ("rules/requests.py", "sendable", "conditions"): (
        "of a booking whose next call is no farmasi, the next call without farmasi is the same",
    ),
}
