"""Reasons as the ledger stores them: the code in one column, its parameters as JSON in another.

A time is kept as epoch milliseconds, and comes back in the hospital's zone.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from antrean_cli.rules.reasons import Param, Reason, ReasonCode, because

_TIME, _REASON = "ms", "code"  # how a parameter that is no plain value is told apart


def params_of(reason: Reason) -> str:
    """Return what a reason has besides its code, as JSON."""
    return json.dumps(_document(reason), ensure_ascii=False, sort_keys=True)


def reason_from(code: str, params: str, time: Callable[[int], datetime]) -> Reason:
    """Return a stored reason; `time` makes an aware datetime of epoch milliseconds.

    Raises ValueError or KeyError for what no version has written.
    """
    return _reason(code, json.loads(params), time)


def _document(reason: Reason) -> dict[str, Any]:
    stored: dict[str, Any] = {name: _stored(value) for name, value in reason.params}
    return {**stored, "behind": reason.behind} if reason.behind else stored


def _stored(value: Param) -> Any:
    if isinstance(value, Reason):
        return {_REASON: str(value.code), "params": _document(value)}
    if isinstance(value, datetime):
        return {_TIME: round(value.timestamp() * 1000)}
    return str(value) if isinstance(value, str) else value


def _reason(code: str, stored: Mapping[str, Any], time: Callable[[int], datetime]) -> Reason:
    params = {name: _value(value, time) for name, value in stored.items() if name != "behind"}
    return because(ReasonCode(code), **params)._replace(behind=stored.get("behind", ""))


def _value(value: Any, time: Callable[[int], datetime]) -> Param:
    if not isinstance(value, dict):
        plain: str | int = value
        return plain
    if _TIME in value:
        return time(value[_TIME])
    return _reason(value[_REASON], value["params"], time)
