"""Keyed marks: how the ledger knows a text again that must not stand in it.

- A mark is a short HMAC-SHA256 of texts under the ledger's own random key (Ledger.key). Equal texts
  have equal marks in one ledger, and other marks in every other one.
- So no number of a patient stands in the ledger. It is no secret from whoever has the file: the key
  lies beside the marks, and guesses can be tested against them. (rules/README.md, Safety)
"""

import hmac

LENGTH = 16  # hex digits: among a million texts no two are alike by chance


def mark(key: bytes, *texts: str) -> str:
    """Return the mark of these texts in this order: 16 hex digits.

    Where one text ends and the next begins counts: ("ab", "c") is not ("a", "bc").
    """
    whole = "".join(f"{len(text)}:{text}" for text in texts)
    # Khanza's texts may hold halves of a surrogate pair, which strict UTF-8 has no bytes for.
    return hmac.digest(key, whole.encode("utf-8", "surrogatepass"), "sha256").hex()[:LENGTH]
