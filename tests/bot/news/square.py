"""People with a GitHub at one end of the street, and what each of them is told by message."""

from dataclasses import dataclass, field
from typing import cast

from bot.chat import Actor, MessageRef
from bot.console.render import render
from bot.notices import Notices
from flows.report import Report
from storage import people
from storage.people import Identity, PersonSettings
from tests.bot.subscriptions.street import Street

ADA = Actor("slack", "U1", "ada")
BO = Actor("slack", "U2", "bo")
CAT = Actor("discord", "77", "cat")
LINEAR = {"ada": "l-ada", "bo": "l-bo", "cat": "l-cat"}
NEWS = PersonSettings(news=True)
ROUNDS = 5


@dataclass
class Square:
    """Everybody who is known here has said who they are on GitHub and in Linear."""

    street: Street
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lab = self.street.lab
        self.clock, self.database, self.room = lab.clock, lab.database, lab.room
        self.github = self.street.github
        self.notices = self.another_sender()

    def another_sender(self) -> Notices:
        """Return another process that sends messages."""
        chats = {"slack": self.room, "discord": self.room}
        return Notices(self.database, self.clock, chats)

    async def knows(self, *who: Actor, settings: PersonSettings = NEWS) -> None:
        """Know people by their logins, and how they want to be treated."""
        async with self.database.begin() as connection:
            for each in who:
                self.github.person(each.name)
                now = self.clock()
                person = await people.seen(connection, each.platform, each.id, each.name, now)
                for platform, name in (("github", each.name), ("linear", LINEAR[each.name])):
                    identity = Identity(platform, name, each.name, "link")
                    await people.give(connection, person.id, identity, now)
                await people.save(connection, people.changed(person, settings), None)

    async def settle(self) -> list[str]:
        """Carry what happened on GitHub to people; return what they were told since."""
        await self.street.hear()
        return await self.look()

    async def look(self) -> list[str]:
        """Look at what is due; return what people were told since, and what was edited."""
        before = len(self.room.sent)
        await self.street.look()
        await self.send()
        return [self._read(kind, what) for kind, what in self.room.sent[before:]]

    async def send(self) -> None:
        """Send what is due, whatever a message waits for."""
        for _ in range(ROUNDS):
            await self.notices.deliver()

    def _read(self, kind: str, what: object) -> str:
        to, report = cast(tuple[Actor | MessageRef, Report], what)
        said = " ".join(render(report).split())
        if isinstance(to, MessageRef):
            return f"{self.names[to.channel]}, edited: {said}"
        self.names[f"D{to.id}"] = to.name
        return f"{to.name}: {said}" if kind == "notice" else f"{kind}: {said}"
