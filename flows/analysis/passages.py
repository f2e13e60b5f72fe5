"""Passages of documentation, and which of them answer a question: Okapi BM25.

Robertson, Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), equation 3.15,
with k1 = 1.2 and b = 0.75, and the inverse document frequency ln(1 + (N - n + 0.5) / (n + 0.5)),
which is never negative. A heading counts as often as `HEADING` says.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from flows.analysis.similar import terms_of

K1, B = 1.2, 0.75
HEADING = 3
LONGEST = 1_500  # characters of a passage: longer sections are several
SHOWN = 400
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$")
_UNDERLINE = re.compile(r"^(?:=+|-+)$")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_DECISION = re.compile(r"(?:^|/)(?:adrs?|decisions)/", re.IGNORECASE)
_PAGE = re.compile(r".+\.(?:md|markdown|rst|txt|adoc)", re.IGNORECASE)
_PLACES = re.compile(
    r"(?:^|/)(?:docs?|documentation|adrs?|decisions|wiki|guides?|runbooks?)/", re.IGNORECASE
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ROLE = re.compile(r":[a-z]+(?::[a-z]+)?:`~?\.?([^`<]+?)(?:\s*<[^`]*>)?`")  # of reStructuredText
# Underscores stay: they are parts of names far more often than emphasis.
_SIGNS = re.compile(
    r"!?\[([^\]]*)\]\([^)]*\)|^[ \t]*(?:```|~~~)\w*|[*`]+|^[ \t]*[>#|]+|[ \t]\|", re.MULTILINE
)


class Passage(msgspec.Struct, frozen=True):
    """A piece of a page below one heading; `line` is where it begins, `url` where it is read."""

    source: str
    heading: str
    text: str
    line: int = 1
    url: str = ""


class Found(msgspec.Struct, frozen=True):
    """What a search came to: the best passages, and how many there were to choose from.

    `nowhere` are the words of the question that no passage has.
    """

    passages: tuple[Passage, ...]
    pages: int
    searched: int
    nowhere: tuple[str, ...] = ()


def is_page(path: str) -> bool:
    """Say whether a file is documentation: a text in a place for it, or one that stands on top."""
    on_top = "/" not in path or path.rpartition("/")[2].lower().startswith("readme")
    return bool(_PAGE.fullmatch(path)) and (on_top or bool(_PLACES.search(path)))


def kind_of(source: str) -> str:
    """Return what people call a source."""
    if source.startswith("#"):
        return "pull request"
    return "decision" if _DECISION.search(source) else "page"


def passages_of(source: str, text: str, url: str = "") -> list[Passage]:
    """Return a page in pieces, each with its heading; what stands in a code block is none."""
    pieces: list[tuple[str, int, list[str]]] = [("", 1, [])]
    lines, is_code = text.splitlines(), False
    for number, line in enumerate(lines, start=1):
        heading = "" if is_code else _heading(line, lines[number] if number < len(lines) else "")
        if _FENCE.match(line):
            is_code = not is_code
        if heading or sum(map(len, pieces[-1][2])) > LONGEST:
            pieces.append((heading or pieces[-1][0], number, []))
        if not heading and not (_UNDERLINE.match(line) and not is_code):
            pieces[-1][2].append(line)
    return [
        Passage(source, heading, body, number, f"{url}#L{number}" if url else "")
        for heading, number, found in pieces
        if (body := "\n".join(found).strip())
    ]


def best(question: str, passages: Sequence[Passage], most: int = 5) -> list[Passage]:
    """Return the passages that answer a question best; those with none of its words are none."""
    documents = [_terms(f"{each.heading} " * HEADING + each.text) for each in passages]
    scores = scores_of(_terms(question), documents)
    order = sorted(range(len(passages)), key=lambda index: (-scores[index], index))
    found: list[Passage] = []
    for index in order:
        each = passages[index]
        same_page = sum(one.source == each.source for one in found)
        if scores[index] > 0 and same_page < 2:  # noqa: PLR2004 - one page is not the whole answer
            found.append(each)
    return found[:most]


def nowhere(question: str, passages: Sequence[Passage]) -> tuple[str, ...]:
    """Return the words of a question that no passage has."""
    known = {word for each in passages for word in _terms(f"{each.heading} {each.text}")}
    return tuple(word for word in terms_of(question) if _stem(word) not in known)


def scores_of(query: Iterable[str], documents: Sequence[Counter[str]]) -> list[float]:
    """Return how well each document answers the words of a query."""
    count = len(documents)
    lengths = [document.total() for document in documents]
    average = sum(lengths) / count if count else 0
    inside = Counter(word for document in documents for word in document)
    scores = [0.0] * count
    for word in set(query):
        rarity = math.log(1 + (count - inside[word] + 0.5) / (inside[word] + 0.5))
        for index, document in enumerate(documents):
            if tf := document[word]:
                norm = K1 * (1 - B + B * lengths[index] / average)
                scores[index] += rarity * tf * (K1 + 1) / (tf + norm)
    return scores


def shown(text: str) -> str:
    """Return the beginning of a passage in one line, without the signs of Markdown."""
    plain = _COMMENT.sub(" ", text)
    bare = _SIGNS.sub(lambda found: found[1] or "", _ROLE.sub(r"\1", plain))
    line = " ".join(bare.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1].rstrip()}…"


def _heading(line: str, following: str) -> str:
    if found := _HEADING.match(line):
        return found[1]
    return line.strip() if line.strip() and _UNDERLINE.match(following.strip()) else ""


def _terms(text: str) -> Counter[str]:
    terms: Counter[str] = Counter()
    for word, count in terms_of(text).items():
        terms[_stem(word)] += count
    return terms


def _stem(word: str) -> str:
    """Return a word without the ending that makes it plural or a verb's other form."""
    for ending, least in (("ing", 6), ("ed", 5), ("es", 5), ("s", 4)):
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            return word.removesuffix(ending).removesuffix("e")
    return word.removesuffix("e") if len(word) > len("are") else word
