"""Application commands from the catalogue: within Discord's limits, and read back as typed."""

from dataclasses import replace
from typing import Literal

import pytest
from pydantic import Field

from bot.discord.commands import (
    SIZE,
    application_commands,
    same,
    size,
    suggestions,
    words_of,
)
from bot.discord.words import mentions, typed, without_mention
from flows.engine.registry import catalogue
from flows.engine.spec import Flow, Params
from integrations.emulators.discord.schemas import check_choices, check_commands, command_size
from tests.integrations.emulators.discord.contract import Contract

FAMILIES = ("analytics", "core", "development", "system")


class Wide(Params):
    """Many inputs, each with much to say."""

    repo: str = Field(description="Repository to look at, by its owner and its name" * 3)
    level: Literal["major", "minor", "patch"] = Field("minor", description="Part to raise")
    limit: int = Field(30, description="How many at the most")
    quiet: bool = Field(default=False, description="Say less")
    since: str = Field("", description="From when on; a date, a tag or a window")
    window: str = Field("30d", description="How far back to look, in days or weeks")
    owner: str = Field(description="Whose it is")


def sixty(families: tuple[str, ...] = FAMILIES) -> list[Flow]:
    """Return sixty flows with many inputs, spread over these families."""
    model = next(iter(catalogue().values()))
    return [
        replace(
            model,
            alias=f"flow{number}",
            slug=f"flow-number-{number}",
            family=families[number % len(families)],
            summary="Say what there is to say about this flow, in one sentence of usual length.",
            params=Wide,
            writes=True,
            shortcuts=(),
        )
        for number in range(60)
    ]


@pytest.mark.parametrize("families", [FAMILIES, ("core",)])
def test_sixty_flows_fit(families: tuple[str, ...]) -> None:
    """However they are spread: no command is too large, and no flow is missing."""
    made = application_commands(sixty(families))
    check_commands(made)
    assert [size(each) for each in made] == [command_size(each) for each in made]
    assert max(map(size, made)) <= SIZE
    held = [sub["name"] for each in made[1:] for sub in each["options"]]
    assert sorted(held) == sorted(flow.alias for flow in sixty())


def test_the_catalogue_fits(contract: Contract) -> None:
    """The commands that we register are as Discord describes them."""
    made = application_commands(catalogue().values())
    check_commands(made)
    contract.check_request("PUT", "/applications/1/commands", made)
    held = {sub["name"] for each in made[1:] for sub in each.get("options", [])}  # menus have none
    assert held == {flow.alias for flow in catalogue().values()}


def test_options_have_their_types() -> None:
    """What is needed comes first; numbers, yes or no and choices are what they are."""
    [_, core, *_] = application_commands(sixty(("core",)))
    options = core["options"][0]["options"]
    assert [(each["name"], each["type"]) for each in options] == [
        ("repo", 3),
        ("owner", 3),
        ("level", 3),
        ("limit", 4),
        ("quiet", 5),
        ("since", 3),
        ("window", 3),
        ("dry-run", 5),
    ]
    assert [each["value"] for each in options[2]["choices"]] == ["major", "minor", "patch"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "flow"}, ""),
        ({"name": "flow", "options": [{"name": "command", "value": "dora x"}]}, "dora x"),
        ({"name": "flow-core", "options": [{"name": "dora"}]}, "dora"),
        (
            {
                "name": "flow-core",
                "options": [
                    {
                        "name": "dora",
                        "options": [
                            {"name": "repo", "value": 'a "b'},
                            {"name": "limit", "value": 3},
                            {"name": "quiet", "value": False},
                            {"name": "dry-run", "value": False},
                        ],
                    }
                ],
            },
            "dora repo='a \"b' limit=3 quiet=false",
        ),
    ],
)
def test_what_was_chosen_reads_as_if_typed(data: dict[str, object], words: str) -> None:
    """One grammar for every door."""
    assert words_of(data) == words


def test_suggestions_go_on_from_what_is_typed() -> None:
    """Names, then parameters that are left, then values; never more than Discord shows."""
    flows = sixty()

    def offered(begun: str) -> list[str]:
        found = suggestions(begun, flows)
        assert not list(check_choices(found, ()))
        return [each["value"] for each in found]

    assert len(offered("")) == 25
    assert offered("flow7")[0] == "flow7"
    assert offered("canel")[0] == "cancel"
    assert offered("flow7 repo=x l") == ["flow7 repo=x level=", "flow7 repo=x limit="]
    assert offered("flow7 level=p") == ["flow7 level=patch"]
    assert offered("flow7 limit=") == []
    assert offered("nothing such ") == []
    assert offered("flow7 repo=" + "x" * 100 + " l") == []


def test_what_discord_adds_is_no_change() -> None:
    """Registered commands come back with ids and defaults."""
    [ours, *_] = application_commands(sixty())
    theirs = ours | {"id": "1", "nsfw": False}
    assert same(ours, theirs)
    assert not same(ours, theirs | {"options": []})
    assert not same(ours, None)
    assert same({"required": False, "options": []}, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<@12> in <#34>", "@12 in #34"),
        ("<:party:56> <a:dance:78>", ":party: :dance:"),
        ("</flow dora:90> <https://a.example/x>", "/flow dora https://a.example/x"),
        ("  dora  ", "dora"),
    ],
)
def test_typed_text_is_read_as_it_was_typed(text: str, said: str) -> None:
    """Discord's own marks become words again."""
    assert typed(text) == said


def test_mentions_are_of_the_bot_or_its_role() -> None:
    """Others stay in the text."""
    assert mentions("hey <@!1>", 1, 2)
    assert mentions("hey <@&2>", 1, 2)
    assert not mentions("hey <@3> <@&4>", 1, 2)
    assert without_mention("<@1> dora <@3> <@&2>", 1, 2).split() == ["dora", "<@3>"]
