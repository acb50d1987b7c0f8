"""A row of Khanza's that nothing can be told of, in words (Indonesian)."""

from antrean_cli.rules.service_days import BrokenRow


def broken_row_text(row: BrokenRow) -> str:
    """Return what is told of a broken row: where it stands, and what to mend."""
    return (
        f"Baris {row.key} di tabel {row.table} tidak dapat dipakai: {row.column} bukan tanggal. "
        f"Betulkan di Khanza."
    )
