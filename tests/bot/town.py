"""The bot with the desks about people, and what platforms tell of them."""

from dataclasses import dataclass, field

from bot.admin.changes import Changes
from bot.chat import Actor, Origin, Profile
from bot.console.render import render
from bot.dispatch import Dispatch, Say
from bot.notices import Notices
from bot.people.household import Contacts, household
from integrations.errors import NotFound, Transient
from integrations.github import Pull, PullState
from storage import audit, people
from storage.people import Identity, Person
from tests.bot.lab import ADA, RULES, Lab

ADMIN = Actor("slack", "U9", "eve")
ADA_THERE = Actor("discord", "77", "ada_l")
THERE = Origin("slash", "discord", "500")
PLACES = {"slack": Origin("slash", "slack", "C1"), "discord": THERE}


@dataclass
class Outside:
    """What Slack, Linear and GitHub tell; `away` names what does not answer."""

    profiles: dict[str, Profile] = field(default_factory=dict)
    linear: dict[str, Identity] = field(default_factory=dict)
    pulls: dict[str, list[Pull]] = field(default_factory=dict)
    states: dict[int, PullState] = field(default_factory=dict)
    teams: dict[str, list[str]] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)

    async def profile(self, user: str) -> Profile | None:
        self._answers("slack")
        return self.profiles.get(user)

    async def with_email(self, email: str) -> Identity | None:
        return self.linear.get(email)

    async def open_pulls(self, repo: str, head: str = "", base: str = "") -> list[Pull]:
        self._answers(repo)
        return self.pulls.get(repo, [])

    async def pull_state(self, repo: str, number: int) -> PullState:
        self._answers(repo)
        [found] = [each for each in self.pulls[repo] if each.number == number]
        state = PullState(
            number=number,
            title=found.title,
            url=found.url,
            author=found.author,
            state="open",
            head_ref=found.head_ref,
            base_ref=found.base_ref,
            head_sha="1" * 40,
            created_at=found.created_at,
            updated_at=found.created_at,
            reviewers=found.reviewers,
        )
        return self.states.get(number, state)

    async def team_members(self, org: str, team: str) -> list[str]:
        if f"{org}/{team}" not in self.teams:
            raise NotFound(f"{org} has no team {team}, or this bot may not see it.")
        return self.teams[f"{org}/{team}"]

    def _answers(self, name: str) -> None:
        if name in self.away:
            raise Transient(f"{name} is away.")


class Town:
    """What is typed by anybody, what they are told, and who they are by then."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.clock = lab.clock
        self.outside = Outside()
        self.people = household(
            lab.database,
            RULES,
            lab.clock,
            lab.passes,
            Contacts(
                self.outside,
                profiles={"slack": self.outside},
                permalinks={"slack": lambda ref: f"https://acme.example/{ref.message}"},
                linear=self.outside,
            ),
            lab.find,
        )
        changes = Changes(lab.database, lab.clock, self.people.subjects)
        desks = (*self.people.desks, changes)
        self.dispatch = Dispatch(
            lab.database, lab.queue, RULES, lab.clock, lab.find, lab.passes, desks
        )
        self.notices = Notices(lab.database, lab.clock, {"slack": lab.room, "discord": lab.room})
        self.typed = 0

    async def type(self, command: str, by: Actor = ADA) -> Say:
        """Type something that gets an answer."""
        self.typed += 1
        origin = PLACES.get(by.platform, THERE)
        reply = await self.dispatch.command(command, by, origin, f"typed {self.typed}")
        assert isinstance(reply, Say), reply
        return reply

    async def say(self, command: str, by: Actor = ADA) -> str:
        """Type something; return the answer as plain text in one line."""
        return " ".join(render((await self.type(command, by)).report).split())

    async def raw(self, command: str, by: Actor = ADA) -> str:
        """Type something; return the answer as it is shown."""
        return render((await self.type(command, by)).report)

    async def press(self, label: str, say: Say, by: Actor = ADA) -> str:
        """Press a button of an answer."""
        [button] = [each for each in say.buttons if each.label == label]
        self.typed += 1
        origin = PLACES[by.platform]
        reply = await self.dispatch.press(button.action, by, origin, f"pressed {self.typed}")
        assert isinstance(reply, Say), reply
        return " ".join(render(reply.report).split())

    async def who(self, by: Actor = ADA) -> Person:
        """Return the person behind an actor."""
        async with self.lab.database.read() as connection:
            found = await people.of(connection, by.platform, by.id)
        assert found is not None
        return found

    async def look(self) -> list[str]:
        """Have the leader look and the notices delivered; return what was told or edited since."""
        before = len(self.lab.room.sent)
        for each in self.people.looks:
            await each()
        await self.notices.deliver()
        return [
            f"{kind}: {' '.join(render(what[1]).split())}"  # type: ignore[index] # as the room writes it down
            for kind, what in self.lab.room.sent[before:]
            if kind in ("notice", "edited")
        ]

    async def audited(self) -> list[tuple[str, str]]:
        """Return what was done, and to what."""
        async with self.lab.database.read() as connection:
            return [(row.action, row.detail) async for row in audit.every(connection)]
