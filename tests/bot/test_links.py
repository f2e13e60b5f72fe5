"""A link stands for what it leads to, wherever a command takes it."""

from typing import Any

import pytest
from pydantic import create_model

from bot.grammar import Misread, Verb
from bot.links import linked, values_of
from flows.engine.spec import Params
from tests.bot.speech import inputs, labelled, understood


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://github.com/acme/shop/pull/12", {"number": 12}),
        ("https://github.com/acme/shop/pull/12/files#diff-1", {"number": 12}),
        ("<https://github.com/acme/shop/issues/12?x=1>", {"number": 12}),
        ("https://ghe.acme.example/acme/shop/pull/12", {"number": 12}),
        ("https://github.com/acme/shop/actions/runs/99", {"number": 99}),
        ("https://github.com/acme/shop", {}),
        ("acme/shop#12", {"number": 12}),
        ("https://github.com/acme/shop.git", {}),
        ("https://github.com/acme/shop/tree/feature/x", {}),
        ("repo=https://github.com/acme/shop/pull/12", {}),
        ("--repo https://github.com/acme/shop/pull/12", {}),
        ("--repo=https://github.com/acme/shop/pull/12", {}),
        ("acme/shop number=https://github.com/acme/api/pull/12", {"number": 12}),
        ("--dry-run https://github.com/acme/shop/pull/12", {"number": 12}),
        ("acme/shop #12", {"number": 12}),
        ("acme/shop number=#12", {"number": 12}),
    ],
)
def test_a_link_stands_for_what_it_leads_to(text: str, expected: dict[str, object]) -> None:
    """A pull request, an issue, a run of Actions or a repository, wherever it is hosted."""
    assert inputs(f"label {text}") == {"repo": "acme/shop"} | expected


def test_a_link_and_a_value_do_not_contradict_each_other() -> None:
    """Where they would, somebody has to say which one counts."""
    with pytest.raises(Misread, match="repo is there twice"):
        labelled("label acme/api https://github.com/acme/shop/pull/12")


@pytest.mark.parametrize(
    ("url", "names", "expected"),
    [
        ("https://linear.app/acme/issue/eng-12/fix-it", ("issue", "repo"), {"issue": "ENG-12"}),
        (
            "https://github.com/acme/shop/releases/tag/web/v1.2.0",
            ("repo", "tag"),
            {"repo": "acme/shop", "tag": "web/v1.2.0"},
        ),
        (
            "https://github.com/acme/shop/tree/feature/x",
            ("repo", "ref"),
            {"repo": "acme/shop", "ref": "feature/x"},
        ),
        (
            "https://github.com/acme/shop/commit/1a2b3c4?diff=split",
            ("sha", "repo"),
            {"repo": "acme/shop", "sha": "1a2b3c4"},
        ),
        ("https://acme.example/acme/shop", ("repo",), {}),
        ("https://github.com/acme", ("repo",), {}),
        ("https://github.com/acme/shop/pull/12", ("url",), {}),
    ],
)
def test_links_give_the_inputs_that_there_are(
    url: str, names: tuple[str, ...], expected: dict[str, str]
) -> None:
    """Each part of an address has the names that flows give to such a thing."""
    fields: dict[str, Any] = dict.fromkeys(names, (str, ""))
    assert values_of(url, create_model("Given", __base__=Params, **fields)) == expected


def test_a_number_that_nobody_asks_for_is_not_left_out() -> None:
    """What asks for a repository alone says that this is none."""
    fields: dict[str, Any] = {"repo": (str, "")}
    model = create_model("Given", __base__=Params, **fields)
    assert linked(["ship", "acme/shop#12"], model) == ["ship", "acme/shop#12"]


def test_the_link_to_a_run_stands_for_the_run() -> None:
    """Where a verb is about a run; its page is what people have at hand."""
    link = "https://flowbot.example/base/runs/0123456789abcdef?x=1#steps"
    assert understood(f"status {link}") == Verb("status", ("0123456789abcdef",))
    assert understood(f"cancel <{link}|the run> --undo") == Verb(
        "cancel", ("0123456789abcdef", "--undo")
    )
    assert understood(f"runs {link}") == Verb("runs", (link,))
    other = "https://github.com/acme/shop/actions/runs/0123456789012345"
    assert understood(f"status {other}") == Verb("status", (other,))
