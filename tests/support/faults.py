"""The faults of the stand-in BPJS, by what a pass makes of an exchange that meets them."""

from __future__ import annotations

from antrean_cli.simulator.faults import Fault

# No envelope at all.
TRANSPORT = [
    Fault("refuse_connection"),
    Fault("reset_before"),
    Fault("reset_after"),
    Fault("timeout_before", seconds=3),
    Fault("timeout_after", seconds=3),
    Fault("drip"),
    Fault("drip_headers"),
    Fault("cut"),
    Fault("cut_unannounced"),
    Fault("empty"),
    Fault("empty", handled=True),
    Fault("html"),
    Fault("html", handled=True),
    Fault("http_500"),
    Fault("http_500", handled=True),
    Fault("redirect"),
    Fault("no_code"),
    Fault("no_code", handled=True),
]
# "Again".
PUT_OFF = [
    Fault("unknown_code"),
    Fault("unknown_code", handled=True),
    Fault("gagal_dicoba"),
    Fault("gagal_dicoba", handled=True),
]
# The proper answer in another spelling.
SPELLED = [
    Fault("code_as_text"),
    Fault("metaData"),
    Fault("wrapped_list"),
    Fault("drip", interval=0.001),
    Fault("drip_headers", interval=0.001),
]
