"""Flows that are read and never run, and what comes of reading a command for one."""

from datetime import date

from pydantic import Field

from bot.grammar import Incomplete, Order, Understood, parse
from bot.places import Places
from flows.engine.registry import find
from flows.engine.spec import Flow, Params
from tests.bot.lab import Look, Make, Nothing


def flow(alias: str, params: type[Params]) -> Flow:
    """Return a flow that is never run."""
    release = find("release")
    assert release is not None
    return Flow(
        slug=f"desk-{alias}",
        alias=alias,
        family="development",
        summary="Try it.",
        params=params,
        writes=False,
        role=release.role,
        approvals=1,
        examples=(f"{alias} desk",),
        body=release.body,
    )


FLOWS = [flow("look", Look), flow("make", Make), flow("choose", Nothing)]
KNOWN = {each.alias: each for each in FLOWS} | {each.slug: each for each in FLOWS}


def understood(text: str) -> Understood:
    """Read a command with these flows."""
    return parse(text, KNOWN.get)


class Label(Params):
    repo: str = Field(description="Repository", examples=["acme/shop"])
    number: int = Field(0, description="Issue or pull request")
    labels: list[str] = Field([], description="What it is called", examples=["bug"])
    since: date | None = Field(None, description="From which day on")
    share: float = Field(0.5, description="How much of it")


LABEL = flow("label", Label)
PLACES = Places(("acme/shop", "acme/api", "umbrella/api"))


def labelled(text: str, places: Places = PLACES) -> Order | Incomplete:
    """Read a command about a repository, where these are known."""
    order = parse(text, {"label": LABEL}.get, places)
    assert isinstance(order, Order | Incomplete), order
    return order


def inputs(text: str, places: Places = PLACES) -> dict[str, object]:
    """Return what a command about a repository gives; it can be typed again as it was read."""
    order = labelled(text, places)
    assert isinstance(order, Order), order
    again = labelled(order.command, Places())
    assert isinstance(again, Order)
    assert (again.params, again.command) == (order.params, order.command)
    return order.params.model_dump(exclude_unset=True)
