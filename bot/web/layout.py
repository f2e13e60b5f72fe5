"""Templates to HTML: whole pages, and the parts of a page that change while it is open."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

from bot.resources import size
from bot.web import wording
from bot.web.badges import badge, icon
from bot.web.entrance import NOBODY
from bot.web.render import line, render

HERE = Path(__file__).parent
ONCE_BYTES = 9
MEDIA = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of ours that a page refers to by its content, so that it can be kept for ever."""

    media: str
    content: bytes
    version: str


class Compiled(BytecodeCache):
    """Keeps what templates compile to, which takes long, for every layout of this process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket of a template, if the same text was compiled before."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        if bucket.code:
            self._kept[bucket.key, bucket.checksum] = bucket.code


@cache
def compiled() -> Compiled:
    """Return what this process has compiled."""
    return Compiled()


class Layout:
    """Holds the compiled templates; a live part of a page is a block of its template."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.assets = {
            path.name: _asset(path)
            for path in sorted((HERE / "static").iterdir())
            if path.suffix in MEDIA
        }
        self._clock = clock
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_readable,
            trim_blocks=True,
            lstrip_blocks=True,
            bytecode_cache=compiled(),
            auto_reload=False,  # else every page looks at the date of every file it is made of
        )
        self._templates.filters.update(
            absolute=wording.absolute,
            line=line,
            machine=wording.machine,
            platform=wording.platform,
            duration=wording.duration,
            size=size,
            counted=wording.counted,
            ago=lambda at: wording.relative(at, clock()),
        )
        self._templates.globals.update(
            asset=self._address, badge=badge, icon=icon, report_html=render
        )
        self._templates.globals["ui"] = self._templates.get_template("pieces.html").module

    def page(self, name: str, **context: object) -> str:
        """Return a whole page."""
        return self._templates.get_template(name).render(self._context(context))

    def fragments(self, name: str, **context: object) -> dict[str, str]:
        """Return the live blocks of a page: those whose names end in `_live`, by element id."""
        template = self._templates.get_template(name)
        return {
            block.removesuffix("_live"): "".join(
                render_block(template.new_context(self._context(context)))
            ).strip()
            for block, render_block in template.blocks.items()
            if block.endswith("_live")
        }

    def _context(self, context: Mapping[str, object]) -> dict[str, Any]:
        once = secrets.token_urlsafe(ONCE_BYTES)  # a form that is sent twice counts once
        return {"now": self._clock(), "visitor": NOBODY, "once": once, **context}

    def _address(self, name: str) -> str:
        return f"/static/{name}?v={self.assets[name].version}"


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(MEDIA[path.suffix], content, hashlib.sha256(content).hexdigest()[:12])


def _readable(value: object) -> object:
    return wording.plain(value) if type(value) is str else value
