"""A stand-in BPJS with rules of its own, for training, for trying settings, and for tests.

- `bookings` is what BPJS holds and the rules by which it takes or refuses; it does no I/O.
- `faults` is everything that can go wrong between a hospital and BPJS, on demand.
- `server` is the HTTP(S) server in front of both.
- `hospital` is the sample hospital, and no part of BPJS.
- Nothing of the stand-in BPJS imports antrean's own rules or client, so that it can disagree with
  them.
"""
