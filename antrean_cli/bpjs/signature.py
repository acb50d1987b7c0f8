"""Who we are: the headers that BPJS knows a hospital by.

What they hold is said in bpjs/README.md, Headers and signature.
"""

import base64
import hashlib
import hmac

from antrean_cli.config.settings import BpjsSettings


def signed_headers(settings: BpjsSettings, timestamp: str) -> dict[str, str]:
    """Return the headers of one attempt; `timestamp` is in unix seconds, UTC."""
    return {
        "x-cons-id": settings.cons_id,
        "x-timestamp": timestamp,
        "x-signature": signature(f"{settings.cons_id}&{timestamp}", settings.secret_key),
        "user_key": settings.user_key,
    }


def signature(message: str, secret: str) -> str:
    """Return base64(HMAC-SHA256(key = secret, message)), both as UTF-8."""
    return base64.b64encode(
        hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()
    ).decode()
