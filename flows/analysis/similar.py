"""Texts that say the same: TF-IDF weights, compared by the cosine of their angle.

Manning, Raghavan, Schütze, "Introduction to Information Retrieval" (2008), sections 6.2 to 6.4:
documents are weighted lnc (1 + log10 tf, cosine-normalised), the query ltc (the same times the
inverse document frequency). The frequency is smoothed, log10(1 + N / df), so that one text among
one can be found as well.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

LIKELY = 0.3  # from here on somebody should look
_ADDRESS = re.compile(r"https?://\S+")
_WORD = re.compile(r"[^\W\d_][^\W_]+")
_UNSPACED = re.compile(r"([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]+)")
_PARTS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LONGEST = 20_000
# The most frequent words of English say nothing about what a text is about.
_FILLERS = """
a about after all also an and any are as at be because been but by can do does for from get has have
he her his how if in into is it its just me more my no not of on one or our out she should so some
than that the their them then there they this to up was we were what when where which while who will
with would you your
"""
_STOP = frozenset(_FILLERS.split())


@dataclass(frozen=True, slots=True)
class Match:
    """Which text it is, by its place in the list, and how similar: 0 to 1."""

    index: int
    score: float


def terms_of(text: str) -> Counter[str]:
    """Return the words of a text with their counts; `retryCount` is the words retry and count."""
    plain = _ADDRESS.sub(" ", text[:_LONGEST])
    words = (
        word.lower()
        for each in _WORD.findall(plain)
        for part in _PARTS.split(each)
        for word in _words_of(part)
    )
    return Counter(word for word in words if len(word) > 1 and word not in _STOP)


def most_similar(query: str, texts: Sequence[str], most: int = 3) -> list[Match]:
    """Return the texts that are likely to say the same, the most similar first."""
    documents = [terms_of(text) for text in texts]
    frequency = Counter(word for document in documents for word in document)
    wanted = terms_of(query)
    scored = [
        Match(index, score_of(wanted, document, frequency, len(documents)))
        for index, document in enumerate(documents)
    ]
    likely = [each for each in scored if each.score >= LIKELY]
    return sorted(likely, key=lambda each: (-each.score, each.index))[:most]


def score_of(
    query: Mapping[str, int], document: Mapping[str, int], frequency: Mapping[str, int], count: int
) -> float:
    """Return the cosine of two texts, given in how many of `count` texts each word is."""
    asked = {
        word: _tf(tf) * math.log10(1 + count / frequency[word])
        for word, tf in query.items()
        if frequency.get(word)
    }
    known = {word: _tf(tf) for word, tf in document.items()}
    shared = sum(weight * known[word] for word, weight in asked.items() if word in known)
    # A word that no document has makes the query longer all the same.
    unseen = [_tf(tf) * math.log10(1 + count) for w, tf in query.items() if not frequency.get(w)]
    length = _length([*asked.values(), *unseen]) * _length(known.values())
    return shared / length if length else 0.0


def _words_of(part: str) -> Iterator[str]:
    """Yield a word, and pairs of signs of writings that put no space between words."""
    for run in _UNSPACED.split(part):
        if _UNSPACED.fullmatch(run):
            yield from (run[at : at + 2] for at in range(max(len(run) - 1, 1)))
        elif run:
            yield run


def _tf(count: int) -> float:
    return 1 + math.log10(count)


def _length(weights: Iterable[float]) -> float:
    return math.sqrt(sum(weight * weight for weight in weights))
