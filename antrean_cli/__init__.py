"""antrean: sends a SIMRS Khanza hospital's outpatient queue to BPJS."""

__version__ = "1.2.0"
