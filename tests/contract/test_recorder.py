"""What does not fit a contract is found, and what fits is not."""

import logging
from pathlib import Path

import pytest

from integrations.emulators.exchanges import Exchange
from tests.contract.recorder import Recorder

USER = "query { viewer { login bio } }"


@pytest.fixture(scope="session")
def recorder(contracts: Path) -> Recorder:
    """Return a recorder of its own: what is wrong here is wrong on purpose."""
    return Recorder(contracts)


def found(recorder: Recorder, exchange: Exchange) -> list[str]:
    """Return what is wrong with an exchange."""
    before = len(recorder.misfits)
    record = logging.makeLogRecord({"exchange": exchange})
    recorder.emit(record)
    return [each.rpartition(" → ")[2] for each in recorder.misfits[before:]]


@pytest.mark.parametrize(
    ("exchange", "wrong"),
    [
        (
            Exchange("github", "GET", "/repos/acme/shop/tags", "page=1&sort=up", None, 200, []),
            "200: no parameter 'sort'",
        ),
        (
            Exchange("github", "POST", "/repos/acme/shop/issues", "", {"title": ["x"]}, 201, {}),
            "201: ['title']",
        ),
        (
            Exchange("github", "GET", "/repos/acme/shop/branches", "", None, 200, [{"name": "a"}]),
            "200: [0]: 'commit' is a required property",
        ),
        (Exchange("github", "GET", "/repos/acme/shop/tags", "", None, 206, []), "never answers"),
        (
            Exchange("github", "POST", "/graphql", "", {"query": USER}, 200, {"data": {}}),
            ".viewer is missing",
        ),
        (
            Exchange("github", "POST", "/graphql", "", {"query": "query { nope }"}, 200, {}),
            "Cannot query field 'nope'",
        ),
        (
            Exchange(
                *("linear", "POST", "/graphql", ""),
                {"query": "query { viewer { id active } }"},
                200,
                {"data": {"viewer": {"id": "u1", "active": "yes", "name": "Ada"}}},
            ),
            ".viewer.name was not asked for",
        ),
    ],
)
def test_what_does_not_fit_is_found(recorder: Recorder, exchange: Exchange, wrong: str) -> None:
    """In what is sent and in what is answered; once for each shape."""
    said = found(recorder, exchange)

    assert any(wrong in each for each in said), said
    assert found(recorder, exchange) == []


@pytest.mark.parametrize(
    "exchange",
    [
        Exchange("github", "GET", "/repos/acme/shop/tags", "per_page=5", None, 200, []),
        Exchange("github", "GET", "/no/such/place", "", None, 404, {"message": "Not Found"}),
        Exchange(
            *("github", "POST", "/graphql", ""),
            {"query": USER},
            200,
            {"data": {"viewer": {"login": "ada", "bio": None}}},
        ),
    ],
)
def test_what_fits_is_let_pass(recorder: Recorder, exchange: Exchange) -> None:
    """Also a refusal in GitHub's words."""
    assert found(recorder, exchange) == []
