"""A repository and a team of Linear whose issues are synced, and what people do on both sides."""

from datetime import timedelta
from typing import Any

from flows.engine.tools import ProjectSettings, SyncSettings
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.records import Comment, Issue, Label, Repository
from integrations.emulators.linear import LinearWorld
from integrations.emulators.linear.issues import Comment as Remark
from integrations.emulators.linear.issues import Issue as Twin
from storage import people
from storage.people import Identity
from tests.flows.play import Play, Played, yes

REPO, TEAM = "acme/api", "ENG"
A_MINUTE = timedelta(minutes=1)
LABELS = ("bug", "ui", "priority: urgent", "priority: high")


def project(**sync: Any) -> ProjectSettings:  # noqa: ANN401 - as the settings have them
    """Return the settings of the repository: twins are made on both sides."""
    return ProjectSettings(REPO, linear_team=TEAM, sync=SyncSettings(**({"create": "both"} | sync)))


def repository(world: GitHubWorld) -> Repository:
    """Return a repository with labels, and without any issue."""
    repo = world.repo(REPO)
    for name in LABELS:
        repo.labels[name] = Label(id=world.next_id(), name=name)
    world.save()
    return repo


def team(linear: LinearWorld) -> None:
    """Make a team that has labels of its own."""
    linear.team(TEAM)
    linear.label("bug", team=TEAM)
    linear.label("ui", team=TEAM)


def opened(world: GitHubWorld, title: str, **parts: Any) -> Issue:  # noqa: ANN401 - as an issue has them
    """Let ada open an issue."""
    repo = world[REPO]
    repo.last_number += 1
    made = Issue(
        id=world.next_id(),
        number=repo.last_number,
        title=title,
        author="ada",
        created_at=world.clock,
        updated_at=world.clock,
        **parts,
    )
    for name in made.labels:
        repo.labels.setdefault(name, Label(id=world.next_id(), name=name))
    repo.issues[made.number] = made
    return made


def said(world: GitHubWorld, issue: Issue, body: str, by: str = "ada") -> Comment:
    """Let somebody comment on an issue."""
    made = Comment(
        id=world.next_id(), author=by, body=body, created_at=world.clock, updated_at=world.clock
    )
    issue.comments.append(made)
    issue.updated_at = world.clock
    return made


class Desk:
    """Both sides of one project, and the bot between them; time goes on with what people do."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.world = play.world
        self.repo = self.world[REPO]
        assert play.linear
        self.linear = play.linear

    @property
    def writes(self) -> int:
        """How often anybody wrote by way of the clients."""
        return len(self.world.writes) + len(self.linear.writes)

    @property
    def calls(self) -> int:
        """How often anybody asked either side anything."""
        return sum(self.world.requests.values()) + sum(self.linear.requests.values())

    def twin(self, issue: Issue) -> Twin:
        """Return the twin of an issue of GitHub."""
        (found,) = [
            each
            for each in self.linear.issues
            for link in each.attachments
            if link.url.endswith(f"/issues/{issue.number}") and not each.trashed
        ]
        return found

    def edit(self, issue: Issue, **parts: Any) -> None:  # noqa: ANN401 - as an issue has them
        """Let somebody change an issue on GitHub."""
        self.later()
        for name, value in parts.items():
            setattr(issue, name, value)
        issue.updated_at = self.world.clock

    def change(self, twin: Twin, **parts: Any) -> None:  # noqa: ANN401 - as an issue has them
        """Let somebody change an issue in Linear."""
        self.later()
        self.linear.change(twin.identifier, **parts)

    def remark(self, twin: Twin, body: str, by: str = "bo") -> Remark:
        """Let somebody comment in Linear."""
        self.later()
        return self.linear.comment(twin.identifier, body, by=by)

    def later(self) -> None:
        """Let a minute go by."""
        self.world.clock += A_MINUTE
        self.linear.clock = self.world.clock

    async def sync(self, words: str = "full=yes") -> Played:
        """Run the sync, and approve where it asks."""
        self.later()
        run = await self.play(f"linear {REPO} {words}".strip())
        if run.state == "waiting" and run.questions[-1].question.plan:
            return await self.play.answer(run.run_id, yes("bo"))
        return run


async def desk(play: Play, **sync: Any) -> Desk:  # noqa: ANN401 - as the settings have them
    """Return both sides of a project that has just been set up."""
    if REPO not in play.world.repositories:
        repository(play.world)
    play.linear = LinearWorld(now=play.world.clock)
    team(play.linear)
    await play.project(project(**sync))
    await play.start()
    return Desk(play)


async def known(on: Desk, *logins: str) -> None:
    """Let people be known on both sides."""
    async with on.play.database.begin() as connection:
        for login in logins:
            person = await people.seen(connection, "github", login, login, on.world.clock)
            identity = Identity("linear", on.linear.user(login).id, login, "admin")
            await people.give(connection, person.id, identity, on.world.clock)
