"""A report as HTML: every string is data, and only http and https become links."""

import re
from collections.abc import Iterable
from typing import assert_never
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from bot.resources import size
from bot.web.wording import absolute, machine, plain
from flows.report import (
    Attachment,
    Block,
    Bullets,
    Channel,
    Code,
    Facts,
    Figure,
    Inline,
    Line,
    Link,
    Moment,
    Person,
    Report,
    Snippet,
    Table,
    Text,
    spoken,
)

NUMBER = re.compile(
    r"[\N{MINUS SIGN}+-]?[\d.,]*\d(\s?(%|ms|s|min|h|d|days?|[KMG]?B|\N{MULTIPLICATION SIGN}))?"
    r"|[\N{EN DASH}\N{EM DASH}-]|"
)


def render(report: Report, place: str, name: str = "report") -> Markup:
    """Return the blocks of a report; its figures and files are found under `place`.

    `name` makes the ids of this report different from those of another on the same page.
    """
    return _joined(
        _block(each, number, place, name) for number, each in enumerate(report.blocks, start=1)
    )


def _block(block: Block, number: int, place: str, name: str) -> Markup:
    match block:
        case Text(parts):
            return Markup("<p>{}</p>").format(line(parts))
        case Facts(rows, title):
            pairs = _joined(
                Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(plain(label), line(value))
                for label, value in rows
            )
            return _titled(title) + Markup('<dl class="facts">{}</dl>').format(pairs)
        case Bullets(items, title):
            entries = _joined(Markup("<li>{}</li>").format(line(item)) for item in items)
            return _titled(title) + Markup("<ul>{}</ul>").format(entries)
        case Table():
            return _table(block, number, name)
        case Snippet(lines):
            return Markup("<pre>{}</pre>").format(plain(lines))
        case Figure() | Attachment():
            return _beside(block, number, place)
        case _:
            assert_never(block)


def _beside(block: Figure | Attachment, number: int, place: str) -> Markup:
    if isinstance(block, Figure):
        picture = Markup('<figure><img src="{}/figures/{}.png" alt="{}" loading="lazy">')
        caption = Markup("<figcaption><strong>{}</strong> {}</figcaption></figure>")
        return picture.format(place, number, plain(block.alt)) + caption.format(
            plain(block.title), plain(block.alt)
        )
    link = Markup('<p class="file"><a href="{}/files/{}" download>{}</a> ')
    about = Markup('<span class="quiet">{}, {}</span></p>')
    return link.format(place, number, plain(block.name)) + about.format(
        plain(block.media), size(len(block.content))
    )


def line(parts: Line) -> Markup:
    """Return the parts of a line, one after the other."""
    return _joined(inline(part) for part in parts)


def inline(part: Inline) -> Markup:
    """Return one part of a line."""
    match part:
        case str() | Channel():
            return escape(plain(str(part)))
        case Link(label, url):
            if not is_web(url):
                return Markup('{} <span class="quiet">({})</span>').format(plain(label), plain(url))
            return Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(
                plain(url), plain(label) or plain(url)
            )
        case Code(code):
            return Markup("<code>{}</code>").format(plain(code))
        case Person(login):
            return Markup('<span class="person">@{}</span>').format(plain(login))
        case Moment(at):
            return Markup('<time datetime="{}" data-absolute>{}</time>').format(
                machine(at), absolute(at)
            )
        case _:
            assert_never(part)


def is_web(url: str) -> bool:
    """Say whether a URL leads to a web server and nowhere else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _table(table: Table, number: int, name: str) -> Markup:
    numeric = [
        any(map(str.strip, column)) and all(NUMBER.fullmatch(cell.strip()) for cell in column)
        for column in (
            [spoken(row[index]) for row in table.rows] for index in range(len(table.head))
        )
    ]
    classes = [Markup(' class="number"') if each else Markup() for each in numeric]
    head = _joined(
        Markup('<th scope="col"{}>{}</th>').format(kind, plain(title))
        for title, kind in zip(table.head, classes, strict=True)
    )
    rows = _joined(
        Markup("<tr>{}</tr>").format(
            _joined(
                Markup("<td{}>{}</td>").format(kind, inline(cell))
                for cell, kind in zip(row, classes, strict=False)
            )
        )
        for row in table.rows
    )
    # A box that scrolls has to be reached by keyboard, so it needs a name of its own.
    label = f"Table {number} of the {name}" + (f": {plain(table.title)}" if table.title else "")
    return _titled(table.title) + Markup(
        '<div class="scroll" id="{}-table-{}" tabindex="0" role="region" aria-label="{}">'
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(name, number, label, head, rows)


def _titled(title: str) -> Markup:
    return Markup("<h3>{}</h3>").format(plain(title)) if title else Markup()


def _joined(pieces: Iterable[Markup]) -> Markup:
    return Markup("").join(pieces)
