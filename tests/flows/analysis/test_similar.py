"""Similar texts: a published example, and the words that count."""

from collections import Counter

import pytest

from flows.analysis.similar import LIKELY, most_similar, score_of, terms_of

# Manning, Raghavan, Schütze, "Introduction to Information Retrieval", example 6.4, with the
# document frequencies of table 6.8 there; both sides normalised, as in the authors' slides.
COUNT = 1_000_000
FREQUENCY = {"auto": 5_000, "best": 50_000, "car": 10_000, "insurance": 1_000}


def test_the_published_example_comes_out() -> None:
    """The query "best car insurance" and the text "car insurance auto insurance": 0.8."""
    document = Counter(["car", "insurance", "auto", "insurance"])
    query = Counter(["best", "car", "insurance"])
    assert score_of(query, document, FREQUENCY, COUNT) == pytest.approx(0.8, abs=0.005)


def test_two_texts_by_hand() -> None:
    """One shared word of two: its weight is log10(1 + 2/2), the other's log10(1 + 2/1).

    (0.30103 * 1) / (sqrt(0.30103² + 0.47712²) * sqrt(1² + 1²)) = 0.37731.
    """
    frequency = {"crash": 2, "login": 1, "cart": 1}
    score = score_of({"crash": 1, "login": 1}, {"crash": 1, "cart": 1}, frequency, 2)
    assert score == pytest.approx(0.37731, abs=0.00001)


def test_the_same_text_is_entirely_similar() -> None:
    """Also where it is the only one there is."""
    [match] = most_similar("Checkout crashes on empty carts", ["Checkout crashes on empty carts"])
    assert match.score == pytest.approx(1.0)


def test_the_most_similar_come_first_and_others_not_at_all() -> None:
    """At most as many as wanted, none below the bound."""
    texts = [
        "Add dark mode to the settings page",
        "Checkout crashes with a KeyError when the cart is empty",
        "KeyError: total in checkout",
        "Write the guide",
    ]
    found = most_similar("KeyError 'total' when checkout has an empty cart", texts)
    assert [each.index for each in found] == [1, 2]
    assert all(each.score >= LIKELY for each in found)
    assert len(most_similar("KeyError 'total' in checkout", texts, most=1)) == 1


@pytest.mark.parametrize(("query", "texts"), [("", ["a b"]), ("crash", []), ("the", ["the"])])
def test_nothing_is_similar_to_nothing(query: str, texts: list[str]) -> None:
    """No words, no texts, no words that count."""
    assert most_similar(query, texts) == []


def test_words_are_counted_without_addresses_and_fillers() -> None:
    """Names of code fall apart into their words."""
    text = "The retryCount is off, see https://acme.example/x1 and retry_count 42"
    assert terms_of(text) == {"retry": 2, "count": 2, "off": 1, "see": 1}
