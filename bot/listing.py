"""The catalogue as JSON, kept beside the compiled pages, so that listing it imports no flow."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "flows" / "__pycache__" / "catalogue.json"
MARK_LENGTH = 64


def listing_json(root: Path = ROOT, kept: Path = KEPT) -> bytes:
    """Return every flow as JSON; made anew when any page, or what describes it, has changed."""
    mark = _mark(root)
    with suppress(OSError):
        content = kept.read_bytes()
        if content[:MARK_LENGTH] == mark:
            return content[MARK_LENGTH:]
    import msgspec

    from bot.catalogue import listing

    made = msgspec.json.format(msgspec.json.encode(listing()))
    with suppress(OSError):  # a folder that cannot be written only costs time
        kept.parent.mkdir(exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(mark + made)
        fresh.replace(kept)
    return made


def _mark(root: Path) -> bytes:
    """Return what changes with every file that the listing depends on."""
    sources = [*sorted((root / "flows").rglob("*.py")), root / "bot" / "catalogue.py"]
    seen = hashlib.sha256()
    for path in sources:
        about = path.stat()
        seen.update(f"{path}\0{about.st_mtime_ns}\0{about.st_size}\n".encode())
    return seen.hexdigest().encode()
