"""Text from anywhere as Slack elements that can neither ping, link, format nor hide."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeAlias, assert_never
from urllib.parse import quote

from bot.wording import ELLIPSIS, clean, fit, is_web_address, pieces
from flows.report import Channel, Code, Inline, Line, Link, Moment, Person, spoken

Json: TypeAlias = dict[str, Any]

HERE = "slack"
ID = re.compile(r"[A-Z0-9]{2,30}")
WHOLE = {"user", "usergroup", "channel", "date"}  # elements that are not cut
LINK = 300
SMALL = 150
TEXT = 3_000
GROUP = 6_000  # on the wire
BRIEF = 3_000  # on the wire
FORMATS = re.compile(r"([*_~`:]).*\1")
SPACES = re.compile(r"\s")
OVERHEAD = 50  # what an element takes on the wire besides its text


def escape(text: str) -> str:
    """Return clean text for the places that only take Slack's markup."""
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain_text(text: str, limit: int) -> Json:
    """Return a text object in which nothing is markup, not even `:emoji:`."""
    return {"type": "plain_text", "text": fit(text, limit) or ELLIPSIS, "emoji": False}


def styled(text: str, *styles: str) -> Json:
    """Return a rich text element; it carries text as it is."""
    element: Json = {"type": "text", "text": clean(text)}
    return element | {"style": dict.fromkeys(styles, True)} if styles else element


def bold(text: str) -> Json:
    """Return a rich text element in bold."""
    return styled(text, "bold")


def inline(part: Inline) -> Json:
    """Return one part of a line as a rich text element."""
    match part:
        case str():
            return styled(part)
        case Link(label, url):
            return link(label, url)
        case Code(code):
            return styled(code, "code")
        case Person():
            return _person(part)
        case Moment(at):
            return date(at, "{date_short_pretty} at {time}", str(part))
        case Channel(platform, place):
            is_here = platform == HERE and ID.fullmatch(place)
            return {"type": "channel", "channel_id": place} if is_here else styled(str(part))
        case _:
            assert_never(part)


def date(at: datetime, shape: str, fallback: str) -> Json:
    """Return an instant that Slack shows to every reader in their own zone."""
    return {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": shape,
        "fallback": fallback,
    }


def _person(person: Person) -> Json:
    """Return a mention where we know who it is here, or the login."""
    if not ID.fullmatch(person.id):
        return styled(person.login)
    if person.is_team:
        return {"type": "usergroup", "usergroup_id": person.id}
    return {"type": "user", "user_id": person.id}


def link(label: str, url: str) -> Json:
    """Return a link, or only its label where the address is not one of the web."""
    url = SPACES.sub(lambda found: quote(found[0]), clean(url))
    if not is_web_address(url):
        return styled(label)
    return {"type": "link", "url": url, "text": clean(label) or url}


def link_text(part: Link) -> Json:
    """Return a link as a text object; its label alone where it leads nowhere or would format."""
    label, url = fit(" ".join(clean(part.label).split()) or part.url, SMALL), clean(part.url)
    text = f"<{escape(url).replace('|', '%7C')}|{escape(label)}>"
    if not is_web_address(url) or FORMATS.search(label) or SPACES.search(url) or len(text) > TEXT:
        return plain_text(label, SMALL)
    return {"type": "mrkdwn", "text": text}


def line(parts: Line) -> list[Json]:
    """Return a line as rich text elements; what is empty is left out."""
    elements = map(inline, parts)
    return [each for each in elements if each.get("text") or each["type"] in WHOLE]


def words(parts: Line) -> str:
    """Return a line as plain text."""
    return "".join(clean(spoken(part)) for part in parts)


def chunks(elements: Iterable[Json], limit: int = GROUP) -> Iterator[list[Json]]:
    """Yield elements in groups that fit into one block; long text is cut between words.

    `limit` is in characters on the wire, where one of text can take two.
    """
    group: list[Json] = []
    size = 0
    for element in elements:
        for part in _parts(element, limit):
            weight = weigh(part)
            if group and size + weight > limit:
                yield group
                group, size = [], 0
            group.append(part)
            size += weight
    if group:
        yield group


def _parts(element: Json, limit: int) -> Iterator[Json]:
    if element["type"] in WHOLE:
        yield element
        return
    if element["type"] == "link":
        yield element | {"text": fit(element["text"], LINK)}
        return
    for text in pieces(element["text"], limit // 2 - OVERHEAD):
        yield element | {"text": text}


def short(parts: Line, limit: int = BRIEF) -> list[Json]:
    """Return as much of a line as fits, with an ellipsis if that is not all."""
    groups = list(chunks(line(parts), limit))
    if not groups:
        return []
    return [*groups[0], styled(ELLIPSIS)] if len(groups) > 1 else groups[0]


def weigh(block: Json) -> int:
    """Return how many characters something has on the wire, with the comma after it."""
    return len(json.dumps(block, ensure_ascii=False, separators=(",", ":"))) + 1


def section(elements: list[Json]) -> Json:
    """Return a rich text block of one paragraph."""
    return rich_text({"type": "rich_text_section", "elements": elements})


def listing(items: list[list[Json]], style: str, offset: int = 0) -> Json:
    """Return the list part of a rich text block; `offset` is how many items came before."""
    part: Json = {
        "type": "rich_text_list",
        "style": style,
        "elements": [{"type": "rich_text_section", "elements": item} for item in items],
    }
    return part | {"offset": offset} if offset else part


def preformatted(text: str) -> Json:
    """Return the part of a rich text block that keeps lines as they are."""
    return {"type": "rich_text_preformatted", "elements": [styled(text)]}


def rich_text(*parts: Json) -> Json:
    """Return a rich text block."""
    return {"type": "rich_text", "elements": list(parts)}
