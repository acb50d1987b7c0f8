"""Khanza's hands: what its programs write into the database, operation by operation.

- Each operation is a generator: every statement is made in the order in which Khanza makes it, and
  is followed by a `yield` of what it did ("INSERT reg_periksa"), so that a pass can fall between
  any two. What Khanza makes in one transaction is one step.
- An operation returns what it made (a no_rawat, a no_resep …), or whether Khanza let it happen.
- `at` is a time of the form: the client's clock, which may be off, or what somebody typed. `now` is
  the server's own. Both are the hospital's wall clock.
- Rooms: `desk` (registration), `mobile_jkn`, `sep`, `clinic` (exams, states, folders), `pharmacy`,
  `cashier` (and the ward).
"""

from tests.support.hands.statements import Operation, done, steps

__all__ = ["Operation", "done", "steps"]
