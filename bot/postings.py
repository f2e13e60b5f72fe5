"""The stored form of what channels are told."""

from functools import cache
from hashlib import blake2b

import msgspec

from bot.chat import Posting


def posting_json(posting: Posting) -> bytes:
    """Return the stored form of a posting."""
    return msgspec.json.encode(posting)


def posting_from(body: bytes) -> Posting:
    """Return the posting that was stored."""
    return _decoder().decode(body)


def digest_of(posting: Posting) -> str:
    """Return what a posting says in so few characters that two are compared by it."""
    return blake2b(posting_json(posting), digest_size=16).hexdigest()


@cache
def _decoder() -> msgspec.json.Decoder[Posting]:
    return msgspec.json.Decoder(Posting)
