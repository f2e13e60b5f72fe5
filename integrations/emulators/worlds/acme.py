"""The built-in world: organisation acme, two repositories and twelve weeks of their past."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files
from random import Random

from integrations.emulators.github.history import Mark
from integrations.emulators.github.records import Milestone
from integrations.emulators.github.rollouts import deployer
from integrations.emulators.github.story import Review, Story
from integrations.emulators.github.world import PEOPLE, GitHubWorld
from integrations.emulators.worlds import code, plot
from integrations.emulators.worlds.estate import furnish
from integrations.emulators.worlds.tickets import Ticket, ticket_of

SEED = 7
WEEKS = 12
_FILE = re.compile(r"^## (\S+)\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MODULES = {
    "catalog": "shop/catalog/products.py",
    "pricing": "shop/pricing/rules.py",
    "inventory": "shop/inventory/stock.py",
    "cart": "shop/cart/basket.py",
    "orders": "shop/orders/order.py",
    "payments": "shop/payments/refunds.py",
    "notifications": "shop/notifications/mail.py",
    "web": "shop/web/routes.py",
    "frontend": "frontend/src/cart.js",
    "guide": "docs/guide.md",
    "gateway": "gateway/server.go",
    "limits": "limits/bucket.go",
    "store": "store/orders.go",
    "client": "client/src/orders.ts",
    "jobs": "jobs/cleanup.py",
    "readme": "README.md",
}


def build_acme(world: GitHubWorld, *, seed: int = SEED) -> None:
    """Fill an empty world; the same seed and clock give the same commits."""
    _shop(world, Random(seed))  # noqa: S311 - a story, not a secret
    _api(world, Random(seed + 1))  # noqa: S311 - a story, not a secret
    furnish(world)
    for repo in world.repositories.values():
        for environment in repo.environments:
            deployer(world, repo.full_name, environment)


def files_of(name: str) -> dict[str, str]:
    """Read the first tree of a repository from its page in this package."""
    page = (files("integrations.emulators.worlds") / f"{name}.md").read_text(encoding="utf-8")
    return dict(_FILE.findall(page))


def _shop(world: GitHubWorld, chance: Random) -> None:
    saga = Saga(world, "acme/shop", chance, plot.changes(plot.SHOP), plot.SHOP_RELEASES)
    saga.pins, saga.language = plot.SHOP_PINS, "Python"
    saga.trouble = {12: "failure", 30: "rollback", 47: "revert"}
    saga.tell_merged(every=3)
    now, story = world.clock, saga.story
    saga.milestone("1.14", now - timedelta(days=9), closed=True)
    current = saga.milestone("1.15", now + timedelta(days=12))
    for index, title in enumerate(
        ("Parcel tracking shows yesterday", "Basket links expire too soon")
    ):
        opened = now - timedelta(days=20 - index)
        done = now - timedelta(days=3 - index)
        story.issue(title, "bo", opened, labels=("bug",), closed=done, milestone=current)
    story.issue("Coupons for first orders", "dee", now - timedelta(days=8), milestone=current)
    story.issue("Search by colour", "cy", now - timedelta(days=6), milestone=current)
    story.issue("Mails to old addresses bounce", "eli", now - timedelta(days=5), labels=("bug",))
    story.issue("Describe the warehouse import", "ada", now - timedelta(days=30))
    saga.open("feat(pricing): prices per customer group", "bo", hours=30, draft=True)
    saga.open(
        "feat(payments): pay in instalments",
        "eli",
        hours=52,
        reviews=(("dee", "CHANGES_REQUESTED", "The last instalment is a cent short."),),
    )
    saga.open("fix(web): keep filters when going back", "cy", hours=7)
    saga.open_bump(hours=20)
    note = "Does not work yet.\n"
    saga.abandon("spike/graph-of-prices", "cy", days=70, files={"docs/prices.md": note})
    saga.abandon("try-another-queue", "eli", days=45, files={"docs/queue.md": note})
    story.tell()


def _api(world: GitHubWorld, chance: Random) -> None:
    saga = Saga(world, "acme/api", chance, plot.changes(plot.API), plot.API_RELEASES)
    saga.pins, saga.language = plot.API_PINS, "Go"
    saga.trouble = {10: "failure", 21: "rollback"}
    saga.tell_merged(every=2)
    now, story = world.clock, saga.story
    stable = saga.milestone("1.0", now + timedelta(days=30))
    story.issue(
        "Webhooks are signed with the old key",
        "eli",
        now - timedelta(days=2),
        labels=("bug", "blocker"),
        milestone=stable,
    )
    story.issue("Document every error", "cy", now - timedelta(days=15), milestone=stable)
    story.issue(
        "Choose a name for the client",
        "ada",
        now - timedelta(days=40),
        closed=now - timedelta(days=33),
    )
    saga.open("feat(gateway): filter orders by date", "bo", hours=26)
    saga.open("docs(readme): say hello", "dee", hours=3)
    story.tell()


@dataclass
class Saga:
    """Tells the merged pull requests of one repository, with what went right and wrong."""

    world: GitHubWorld
    full_name: str
    chance: Random
    changes: list[plot.Change]
    releases: dict[int, str]
    pins: tuple[tuple[str, str, str], ...] = ()
    language: str = ""
    trouble: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.begin = self.world.clock - timedelta(weeks=WEEKS)
        self.story = Story(self.world, self.full_name, self.begin - timedelta(days=1))
        self._versions = {name: version for name, version, _ in self.pins}
        self._deployed: Mark | str | None = None
        self._merged = 0

    def tell_merged(self, *, every: int) -> None:
        """Merge everything; deploy to production after each `every` merges."""
        story, first = self.story, self.begin - timedelta(hours=6)
        self._versions = {name: version for name, version, _ in self.pins}
        story.repo.language = self.language
        start = story.commit("ada", first, "Begin", files_of(story.repo.name))
        story.checks(start, first)
        queue: list[plot.Change | None] = list(self.changes)
        for place in range(7, len(queue), 7):
            queue.insert(place, None)  # a dependency update
        for index, (change, at) in enumerate(zip(queue, self._times(len(queue)), strict=True), 1):
            self._change(change, at, index)
            self._deploy(at, index, every)
            if tag := self.releases.get(index):
                self._release(tag, at + timedelta(minutes=50))

    def _times(self, count: int) -> list[datetime]:
        """Spread merges over working hours of the weeks, the last some hours ago."""
        span = timedelta(weeks=WEEKS) - timedelta(hours=20)
        times = []
        for index in range(count):
            at = self.begin + span * ((index + self.chance.uniform(0.1, 0.9)) / count)
            if at.weekday() > 4:  # noqa: PLR2004 - nobody merges at the weekend
                at -= timedelta(days=2)
            times.append(max(at, self.begin + timedelta(hours=1)).replace(microsecond=0, second=0))
        times.sort()
        for index in range(1, count):  # room for what follows a merge
            times[index] = max(times[index], times[index - 1] + timedelta(hours=1))
        return times

    def _change(self, change: plot.Change | None, at: datetime, index: int) -> None:
        if change is None:
            self._bump(at)
            return
        chance, number = self.chance, self.story.repo.last_number + 1
        author = chance.choice(PEOPLE)
        reviewer = chance.choice([login for login in PEOPLE if login != author])
        reviews: list[Review] = [(reviewer, "APPROVED", "")]
        if chance.random() < 0.25:  # noqa: PLR2004 - a quarter needs a second look
            reviews.insert(0, (reviewer, "CHANGES_REQUESTED", "Please add a test for the edge."))
        if chance.random() < 0.3:  # noqa: PLR2004
            reviews.insert(0, (plot.COVERAGE, "COMMENTED", "Coverage stays the same."))
        hours = chance.choice((3, 7, 20, 26, 48, 75, 120))
        labels = [plot.LABELS[change.kind], *(["breaking"] if change.breaking else [])]
        ticket = ticket_of(self.full_name, change.subject)
        title, branch, body = _told(change, ticket)
        self.story.pull(
            title,
            author,
            self._files(change, number, ticket),
            opened=at - timedelta(hours=hours, minutes=chance.randint(0, 59)),
            merged=at,
            how="merge" if index % 9 == 0 else "squash",
            branch=branch,
            body=body,
            labels=labels,
            steps=chance.randint(1, 2),
            reviews=reviews,
            by=reviewer,
            stumbles=chance.random() < 0.2,  # noqa: PLR2004 - CI fails first, then passes
            minutes=5 + index / 20 + chance.random() * 3,
            stays=index % 11 == 0,  # somebody forgot to delete the branch
        )

    def abandon(self, branch: str, login: str, *, days: int, files: dict[str, str]) -> None:
        """Leave work on a branch that never became a pull request."""
        at = self.world.clock - timedelta(days=days)
        self.story.side(branch, login, at, f"Try {branch.rpartition('/')[2]}", files)

    def _files(
        self, change: plot.Change, number: int, ticket: Ticket | None = None
    ) -> dict[str, str]:
        path = _MODULES[change.scope]
        text = self.story.tree[path]
        if change.kind == "docs":
            return {path: f"{text}\n{change.subject[:1].upper()}{change.subject[1:]}.\n"}
        write = code.corrected if change.kind == "fix" else code.grown
        changed = {path: write(path, text, change.subject, number, self.chance)}
        if path.endswith(".py"):
            asked = ticket.identifier if ticket and ticket.is_requirement else ""
            test = code.tested(change.subject, number, asked)
            changed[f"tests/test_{change.scope}_{number}.py"] = test
        return changed

    def _bump(self, at: datetime) -> None:
        name, path, old, new = self._next_pin()
        self.story.pull(
            f"chore(deps): bump {name} from {old} to {new}",
            plot.DEPENDABOT,
            {path: code.bumped(self.story.tree[path], name, old, new)},
            opened=at - timedelta(hours=self.chance.randint(8, 40)),
            merged=at,
            branch=f"dependabot/{name.rpartition('/')[2]}-{new}",
            labels=("dependencies",),
            reviews=(("ada", "APPROVED", ""),),
            by="ada",
        )
        self._versions[name] = new

    def _next_pin(self) -> tuple[str, str, str, str]:
        name, _, path = self.pins[self.chance.randrange(len(self.pins))]
        old = self._versions[name]
        major, minor, _ = old.split(".")
        return name, path, old, f"{major}.{int(minor) + 1}.0"

    def _deploy(self, at: datetime, index: int, every: int) -> None:
        """Staging sees every merge; production every few of them, with its accidents."""
        story, by, before = self.story, "ada", self._deployed
        story.deploy("staging", at + timedelta(minutes=8), by="flowbot")
        accident = self.trouble.get(index)
        if index % every and not accident:
            return
        when = at + timedelta(minutes=20)
        if accident == "failure":
            story.deploy("production", when, by=by, state="failure", description="Migration failed")
            when += timedelta(minutes=25)
        self._deployed = story.deploy("production", when, by=by, description="Deploy of main")
        if accident == "rollback" and before is not None:
            later = when + timedelta(minutes=12)
            text = "Rollback: errors after the deployment"
            self._deployed = story.deploy(
                "production", later, by="dee", mark=before, description=text
            )
        if accident == "revert":
            self._revert(when + timedelta(minutes=9))

    def _revert(self, at: datetime) -> None:
        """Take the last merged change back and deploy at once."""
        story = self.story
        bad = story.repo.pulls[story.repo.last_number]
        path = "shop/notifications/mail.py"
        text = story.tree[path].replace("text.strip()", "text")
        story.pull(
            f'Revert "{bad.title}"',
            "dee",
            {path: text},
            opened=at,
            merged=at + timedelta(minutes=10),
            branch=f"revert-{bad.number}",
            body=f"Reverts #{bad.number}.",
            labels=("revert", "hotfix"),
            reviews=(("ada", "APPROVED", ""),),
            by="dee",
        )
        when = at + timedelta(minutes=14)
        self._deployed = story.deploy("production", when, by="dee", description="Hotfix")

    def _release(self, tag: str, at: datetime) -> None:
        story = self.story
        if "pyproject.toml" in story.tree:
            text = re.sub(
                r'(?m)^version = ".*"$', f'version = "{tag[1:]}"', story.tree["pyproject.toml"]
            )
            mark = story.commit("ada", at, f"chore(release): {tag}", {"pyproject.toml": text})
            story.checks(mark, at)
        story.release(tag, at, by="ada", notes=f"What changed up to {tag}.")

    def milestone(self, title: str, due: datetime, *, closed: bool = False) -> int:
        """Add a milestone; return its number."""
        repo, at = self.story.repo, self.begin
        number = len(repo.milestones) + 1
        repo.milestones[number] = Milestone(
            id=self.world.next_id(),
            number=number,
            title=title,
            creator="ada",
            created_at=at,
            updated_at=due if closed else at,
            state="closed" if closed else "open",
            due_on=due,
            closed_at=due if closed else None,
        )
        return number

    def open(
        self,
        title: str,
        login: str,
        *,
        hours: int,
        draft: bool = False,
        reviews: tuple[Review, ...] = (),
    ) -> None:
        """Open a pull request that waits."""
        kind, scope, subject = re.findall(r"(\w+)\((\w+)\): (.*)", title)[0]
        number, change = self.story.repo.last_number + 1, plot.Change(kind, scope, subject)
        title, branch, body = _told(change, ticket_of(self.full_name, subject))
        self.story.pull(
            title,
            login,
            self._files(change, number),
            opened=self.world.clock - timedelta(hours=hours),
            branch=branch,
            body=body,
            labels=(plot.LABELS[kind],),
            draft=draft,
            reviews=reviews,
        )

    def open_bump(self, *, hours: int) -> None:
        """Let the dependency bot wait for a review."""
        name, path, old, new = self._next_pin()
        self.story.pull(
            f"chore(deps): bump {name} from {old} to {new}",
            plot.DEPENDABOT,
            {path: code.bumped(self.story.tree[path], name, old, new)},
            opened=self.world.clock - timedelta(hours=hours),
            branch=f"dependabot/{name}-{new}",
            labels=("dependencies",),
        )


def _told(change: plot.Change, ticket: Ticket | None) -> tuple[str, str, str]:
    """Return title, branch and body of a pull request; one of them may name its issue."""
    words = code.name_of(change.subject).replace("_", "-")
    title, branch = change.title, f"{change.kind}/{words}"
    body = f"{change.subject[:1].upper()}{change.subject[1:]}."
    if ticket is None:
        return title, branch, body
    if ticket.trace == "title":
        title = f"{title} ({ticket.identifier})"
    elif ticket.trace == "branch":
        branch = f"{change.kind}/{ticket.identifier.lower()}-{words}"
    elif ticket.trace == "body":
        body = f"{body}\n\nFixes {ticket.identifier}."
    return title, branch, body
