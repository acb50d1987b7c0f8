"""The mutants that survive for a reason: they make no difference that anybody could see.

By file (below antrean_cli), function and operator, so that no other change costs anything here: one
reason for each mutant of that operator in that function that may go unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping

EXCUSED: Mapping[tuple[str, str, str], tuple[str, ...]] = {}
