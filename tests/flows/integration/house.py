"""Repositories with something for each rule, and the settings of their project."""

from collections.abc import Sequence
from datetime import timedelta

from flows.engine.house import (
    BranchRule,
    GreetRule,
    HouseRules,
    LabelRule,
    RebaseRule,
    ReviewRule,
    StaleRule,
)
from flows.engine.policy import PolicySettings
from flows.engine.tools import ProjectSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Pull
from integrations.emulators.github.story import Review, Story

REPO = "acme/shop"
DAY = timedelta(days=1)
HOUSE = HouseRules(
    labels=[LabelRule("documentation", paths=["docs/**"]), LabelRule("bug", titles=["fix:*"])],
    stale=StaleRule(),
    rebase=RebaseRule(),
    reviewers=ReviewRule(),
    branches=BranchRule(keep=["release/**"]),
    greet=GreetRule(pulls="Welcome to {repo}, {author}!"),
)


def shop(world: GitHubWorld) -> None:
    """Build a repository: #1 is merged, #2 new, #3 conflicts, and #4 is an old issue."""
    start, now = world.clock - 150 * DAY, world.clock
    for login in ("ada", "bo", "cy", "dee"):
        world.account(login)
    world.account("eve", email="eve@elsewhere.example")
    story = Story(world, REPO, created_at=start)
    story.commit("ada", start, "Begin", {"CODEOWNERS": "docs/ @dee\n", "shop/cart.py": "x = 1\n"})
    merged = now - 20 * DAY
    cart = {"shop/cart.py": "x = 2\n"}
    story.pull("Add it", "ada", cart, opened=merged - DAY, merged=merged, branch="cart", stays=True)
    story.pull("Explain it", "eve", {"docs/cart.md": "# Cart\n"}, opened=now - DAY)
    old = {"shop/cart.py": "x = 3\n"}
    fast = story.pull("Make it fast", "bo", old, opened=now - 100 * DAY)
    fast.reviewers = ["ada"]
    story.issue("fix: broken on Sundays", "cy", now - 90 * DAY)
    story.tell()
    later = Story.continued(world, REPO)
    later.commit("ada", now - DAY, "Another way", {"shop/cart.py": "x = 4\n"})
    later.tell()


def kept(house: HouseRules | None = HOUSE, auto: list[str] | None = None) -> ProjectSettings:
    """Return the settings of a project with these rules, where so much needs no yes."""
    policies = {} if auto is None else {"gh": PolicySettings(auto_approve=auto)}
    return ProjectSettings(REPO, rules=house, policies=policies)


def pull(world: GitHubWorld, number: int) -> Pull:
    """Return a pull request."""
    return world[REPO].pulls[number]


def ready(world: GitHubWorld, *titles: str, labels: Sequence[str] = ("automerge",)) -> None:
    """Build a repository with pull requests of cy that are green, and that bo has approved."""
    now = world.clock
    for login in ("ada", "bo", "cy"):
        world.account(login)
    story = Story(world, REPO, created_at=now - 9 * DAY)
    story.commit("ada", now - 9 * DAY, "Begin", {"README.md": "# Shop\n"})
    for number, title in enumerate(titles, 1):
        files = {f"part_{number}.py": "x = 1\n"}
        reviews: list[Review] = [("bo", "APPROVED", "Good")]
        story.pull(title, "cy", files, opened=now - 2 * DAY, labels=labels, reviews=reviews)
    story.tell()
