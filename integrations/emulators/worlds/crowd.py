"""Many more repositories of acme: as much history as a large organisation has, told in seconds."""

from datetime import datetime, timedelta
from itertools import product
from random import Random

from integrations.emulators.github.story import Story
from integrations.emulators.github.world import PEOPLE, GitHubWorld
from integrations.emulators.worlds import code, plot

SEED = 11
WEEKS = 26
# How many of each a repository has; all of acme has so many times the number of its repositories.
PULLS, ISSUES = 200, 400
SUBJECTS = [
    "billing",
    "search",
    "mail",
    "stock",
    "media",
    "tax",
    "fraud",
    "route",
    "label",
    "report",
]
SHAPES = ("service", "worker", "web", "client", "tools")
MODULES = ("core", "model", "views", "store", "tasks", "text")
FAULTS = ("is slow", "fails at night", "shows yesterday", "forgets its place", "says too little")
OPEN_SHARE = 0.2


def build_crowd(world: GitHubWorld, repositories: int, *, seed: int = SEED) -> None:
    """Add repositories until the world has so many; the same seed and clock give the same ones.

    Pull requests and issues are made up for: altogether there are `PULLS` and `ISSUES` for each
    repository, whatever the first ones have.
    """
    names = _names()
    with world.together():
        missing = range(len(world.repositories), repositories)
        pulls = repositories * PULLS - sum(len(r.pulls) for r in world.repositories.values())
        issues = repositories * ISSUES - sum(len(r.issues) for r in world.repositories.values())
        for place, number in enumerate(missing):
            name = names[number % len(names)]
            known = world.found(f"acme/{name}")
            full_name = f"acme/{name}-{number}" if known else f"acme/{name}"
            tale = _Tale(world, full_name, Random(f"{seed} {full_name}"))  # noqa: S311 - a story, not a secret
            tale.tell(_share(pulls, place, len(missing)), _share(issues, place, len(missing)))


def _names() -> list[str]:
    return [f"{subject}-{shape}" for shape, subject in product(SHAPES, SUBJECTS)]


def _share(total: int, place: int, of: int) -> int:
    """Return how much of a total falls to one of many; all together are exactly the total."""
    return max(total, 0) * (place + 1) // of - max(total, 0) * place // of


class _Tale:
    """The past of one repository."""

    def __init__(self, world: GitHubWorld, full_name: str, chance: Random) -> None:
        self.chance, self.now = chance, world.clock
        self.begin = self.now - timedelta(weeks=WEEKS)
        self.story = Story(world, full_name, self.begin - timedelta(days=1))
        self.changes = plot.changes(plot.SHOP) + plot.changes(plot.API)

    def tell(self, pulls: int, issues: int) -> None:
        """Tell so many pull requests and issues, the last few of them open."""
        story = self.story
        story.repo.language = "Python"
        first = {f"{module}.py": f'"""The {module} of it."""\n' for module in MODULES}
        first["README.md"] = f"# {story.repo.name}\n"
        mark = story.commit(PEOPLE[0], self.begin, "Begin", first)
        story.checks(mark, self.begin)
        still_open = min(pulls // 20, pulls)
        done = pulls - still_open
        for number, at in enumerate(self._times(done)):
            self._pull(number, at - timedelta(hours=self.chance.randint(2, 70)), at)
            if number % 5 == 0:
                story.deploy("production", at + timedelta(minutes=20), by=PEOPLE[0])
            if number % 20 == 19:  # noqa: PLR2004 - a release from time to time
                story.release(f"v1.{number // 20}.0", at + timedelta(minutes=40), by=PEOPLE[0])
        for number in range(still_open):
            opened = self.now - timedelta(hours=self.chance.randint(1, 900))
            self._pull(done + number, opened, None)
        for number, at in enumerate(self._times(issues)):
            self._issue(number, at)
        story.tell()

    def _times(self, count: int) -> list[datetime]:
        """Return moments from the beginning to some hours ago, in order."""
        step = (self.now - self.begin - timedelta(hours=6)) / max(count, 1)
        shift = [self.chance.random() for _ in range(count)]
        return [
            (self.begin + timedelta(hours=1) + step * (number + part)).replace(microsecond=0)
            for number, part in enumerate(shift)
        ]

    def _pull(self, number: int, opened: datetime, merged: datetime | None) -> None:
        chance, story = self.chance, self.story
        change = self.changes[number % len(self.changes)]
        path = f"{MODULES[number % len(MODULES)]}.py"
        author, reviewer = chance.sample(PEOPLE, 2)
        text = code.grown(path, story.tree[path], change.subject, number, chance)
        story.pull(
            change.title,
            author,
            {path: text},
            opened=max(opened, self.begin + timedelta(minutes=30)),
            merged=merged,
            branch=f"{change.kind}/{number}",
            labels=(plot.LABELS[change.kind],),
            reviews=((reviewer, "APPROVED", ""),) if merged else (),
            by=reviewer,
            stumbles=chance.random() < 0.1,  # noqa: PLR2004 - CI fails first, then passes
            minutes=4 + chance.random() * 3,
        )

    def _issue(self, number: int, at: datetime) -> None:
        chance = self.chance
        part, fault = MODULES[number % len(MODULES)], chance.choice(FAULTS)
        lasts = timedelta(hours=chance.randint(2, 600))
        is_open = chance.random() < OPEN_SHARE or at + lasts > self.now
        self.story.issue(
            f"The {part} {fault}",
            chance.choice(PEOPLE),
            at,
            labels=("bug",) if chance.random() < 0.5 else (),  # noqa: PLR2004 - half are faults
            closed=None if is_open else at + lasts,
            body=f"Seen in {part}.py, for the {number + 1}th time this year.",
        )
