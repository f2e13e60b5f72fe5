"""Proof that a webhook comes from GitHub."""

import hmac
from collections.abc import Iterable
from hashlib import sha256


def verify(secrets: Iterable[str], body: bytes, signature: str) -> bool:
    """Return whether `X-Hub-Signature-256` is `body` signed with one of the secrets.

    Several secrets are current while one is being replaced. All are tried, in constant time
    each, so that the answer's timing says nothing; an empty secret matches nothing.
    """
    given = signature.encode(errors="replace")
    valid = False
    for secret in secrets:
        digest = hmac.new(secret.encode(), body, sha256).hexdigest()
        valid |= bool(secret) and hmac.compare_digest(f"sha256={digest}".encode(), given)
    return valid
