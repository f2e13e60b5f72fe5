"""Whatever people do on both sides, and whichever webhooks get lost: in the end both are equal."""

from collections.abc import Sequence
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flows.analysis.echoes import clean
from flows.analysis.merging import Wins
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Comment
from integrations.emulators.linear.issues import Comment as Remark
from integrations.github import GitHub
from tests.flows.integration.sides import PRIORITIES, Side, Sides, sides

DEEDS = ("title", "body", "state", "person", "priority", "label", "say", "edit", "unsay")


class Deed(NamedTuple):
    """What somebody does, and how often the bot hears of it; a sync may be lost after `torn`."""

    side: Side
    what: str
    number: int
    told: int
    torn: int


deeds = st.builds(
    Deed,
    st.sampled_from(["github", "linear"]),
    st.sampled_from(DEEDS),
    st.integers(0, 2),
    st.sampled_from([0, 0, 0, 1, 2]),
    st.sampled_from([1, 2, 1_000, 1_000]),
)


@settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.generate],  # a smaller example costs minutes to find
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    acts=st.lists(deeds, min_size=3, max_size=9),
    wins=st.sampled_from(["newest", "github", "linear"]),
)
async def test_both_sides_are_equal_after_one_reconciliation(
    github: tuple[GitHubWorld, GitHub], acts: list[Deed], wins: Wins
) -> None:
    """No comment is lost or doubled, and what the bot writes makes it write nothing more."""
    async with sides(*github, wins) as both:
        await both.sync()
        for each in acts:
            both.act(each.side, each.what, each.number)
            for _ in range(each.told):
                await both.sync(f"{both.issue.number}", each.torn)
        await both.sync()
        equal(both)
        writes = both.writes
        assert (await both.sync()).works == ()
        assert both.writes == writes


def equal(both: Sides) -> None:
    """Fail where the two sides do not say the same."""
    issue, (twin,) = both.issue, both.linear.issues
    labels = {each for each in issue.labels if not each.startswith("priority")}
    assert (issue.title, clean(issue.body)) == (twin.title, clean(twin.description or ""))
    assert (issue.state == "closed") == (twin.state.type in ("completed", "canceled"))
    assert issue.assignees == ([twin.assignee.display_name] if twin.assignee else [])
    assert labels == {each.name for each in twin.labels}
    assert PRIORITIES[twin.priority] == next((x for x in issue.labels if "priority" in x), "")
    ours = [each for each in issue.comments if each.author != "flowbot"]
    theirs = [each for each in twin.comments if each.user is not both.linear.viewer]
    to_linear = [each for each in twin.comments if each.user is both.linear.viewer]
    to_github = [each for each in issue.comments if each.author == "flowbot"]
    assert words(to_linear) == sorted(each.body for each in ours)
    assert words(to_github) == sorted(each.body for each in theirs)


def words(mirrors: Sequence[Comment | Remark]) -> list[str]:
    """Return what mirrors repeat, without who said it where."""
    return sorted(clean(each.body).partition("\n\n")[2] for each in mirrors)
