"""What a sync asks of both services: pages, however many issues there are."""

from integrations.emulators.github import GitHubWorld
from integrations.emulators.linear.issues import Attachment
from integrations.github import GitHub
from tests.flows.integration.sides import Sides, sides
from tests.flows.integration.sync import TEAM, opened


async def test_many_issues_are_read_by_the_page(github: tuple[GitHubWorld, GitHub]) -> None:
    """Sixty more cost one page of GitHub and two of Linear; what is new costs always as much.

    So 2,000 pairs cost 67 calls, and a look at what changed 9: less than a fifth.
    """
    async with sides(*github, "newest") as both:
        paired(both, 49)
        whole, news = await calls(both), await calls(both, only_news=True)
        paired(both, 60)
        assert await calls(both) - whole == 1 + 2
        assert (await calls(both, only_news=True), news) == (9, 9)


def paired(both: Sides, count: int) -> None:
    """Open so many issues that are linked to each other."""
    linear = both.linear
    for _ in range(count):
        issue = opened(both.world, "Issue", labels=["bug"])
        twin = linear.issue(TEAM, "Issue", labels=["bug"], state="Todo")
        url = f"https://github.example/acme/api/issues/{issue.number}"
        twin.attachments.append(linear.make(Attachment, issue=twin, url=url, title="GitHub"))


async def calls(both: Sides, *, only_news: bool = False) -> int:
    """Return what a look costs once all is remembered, with one edit on GitHub since."""
    for work in (await both.look()).works:
        both.memory.kept[work.pair.number] = work.pair
    both.later()
    both.act("github", "title", 1)
    before = both.calls
    await both.look(since=both.world.clock if only_news else None)
    return both.calls - before
