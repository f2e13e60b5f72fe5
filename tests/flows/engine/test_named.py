"""People and issues are named as people name them, and reach a flow by their ids."""

import pytest
from pydantic import Field, ValidationError

from flows import IssueKey, Params, PersonName
from flows.engine.named import inputs_of, is_known, issue_key, person


class Review(Params):
    issue: IssueKey = Field(description="What for", examples=["ENG-12"])
    reviewers: list[PersonName] = Field([], description="Who looks at it")
    owner: PersonName | None = Field(None, description="Who answers for it")
    note: str = Field("", description="What else")


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("@U0ABC123", "slack:U0ABC123"),
        ("U0ABC123", "slack:U0ABC123"),
        ("@U1", "slack:U1"),
        ("@WABCDEFGH", "slack:WABCDEFGH"),
        ("@80351110224678912", "discord:80351110224678912"),
        ("slack:U1", "slack:U1"),
        ("GitHub:ada-l", "github:ada-l"),
        ("@ada", "@ada"),
        ("ada", "@ada"),
        ("@URSULA", "@URSULA"),
        ("Ada Lovelace", "@Ada Lovelace"),
        ("@jean-luc", "@jean-luc"),
    ],
)
def test_a_person_has_many_names(words: str, who: str) -> None:
    """A mention, an id, a name; what is known once stays as it is."""
    assert person(words) == who
    assert person(who) == who
    assert is_known(who) == (":" in who)


@pytest.mark.parametrize("words", ["@", "", "@-", "irc:ada", "slack:", "@a\nb", "x" * 81])
def test_what_is_nobodys_name_is_told(words: str) -> None:
    """With what to write."""
    with pytest.raises(ValueError, match=r"is nobody's name: name a person as @ada"):
        person(words)


@pytest.mark.parametrize(("words", "key"), [("ENG-12", "ENG-12"), ("eng-012", "ENG-12")])
def test_an_issue_is_named_by_its_key(words: str, key: str) -> None:
    """In capitals, as Linear writes it."""
    assert issue_key(words) == key


def test_inputs_are_found_by_what_they_name() -> None:
    """Also where there may be several, or none."""
    assert inputs_of(Review, "person") == ("reviewers", "owner")
    assert inputs_of(Review, "issue") == ("issue",)


def test_inputs_are_checked() -> None:
    """Before a flow sees them."""
    made = Review(issue="eng-12", reviewers=["@U1", "ada"], owner=None)
    assert (made.issue, made.reviewers) == ("ENG-12", ["slack:U1", "@ada"])
    with pytest.raises(ValidationError, match="“12” is no issue in Linear"):
        Review(issue="12")
