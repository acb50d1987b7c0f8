"""antrean: sends a SIMRS Khanza hospital's outpatient queue to BPJS."""

__version__ = "1.2.0"
BUILD = "$Format:%h, %cs$"  # commit and day, by `git archive`; in a checkout it stays as it is
