"""Numbers as people in Indonesia write them: a comma before decimals, full stops in thousands.

A dash stands for what is not known.
"""


def number(count: int) -> str:
    """Return a count."""
    return f"{count:,}".replace(",", ".")


def decimal(value: float | None, *, none: str = "-") -> str:
    """Return a number with one decimal."""
    return none if value is None else f"{value:.1f}".replace(".", ",")


def percent(share: float | None) -> str:
    """Return a share, from 0 to 1, in per cent."""
    return "-" if share is None else f"{decimal(100 * share)} %"
