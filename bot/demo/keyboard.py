"""What a line means that somebody types into a demo: words for the chat, or for the demo itself."""

import re
from collections import Counter

from bot.demo import hub
from bot.demo.stage import ANSWERS, ASKS, CHANNEL
from bot.demo.world import BUTTONS, Demo
from bot.words import Misread

START = """\
You are in {chat}, as {who}, an admin. Type what you would type there, for example:

    /flow help                             what the bot can do
    /flow dora acme/shop window=12w        a report
    /flow release acme/shop                a plan; then type yes, and {other} approves it
    /flow subscribe acme/shop prs,ci       let the channel follow a repository; then let
    github open-pr Sell umbrellas          something happen there

"""
HELP = """\
/flow …          type a slash command as {who}         yes, no     answer the open plan as {other}
@flowbot …       mention the bot in #{channel}            as NAME     be somebody else:
!flow …          say it in the last thread                        {people}
fill NAME=VALUE  fill in the form that is open        github      what GitHub has by now
press BUTTON     press a button, such as Undo         github help what you can do there
:discord :slack  go on in the other chat              linear      what Linear has by now
quit             end the demo (or Ctrl-C)             help        this
"""


class Keyboard:
    """Types as one person at a time into the chat that a demo shows."""

    def __init__(self, world: Demo) -> None:
        self._world = world
        self.who = ASKS

    def start(self) -> str:
        """Return what somebody new to the demo reads first."""
        chat = self._world.platform.capitalize()
        return START.format(who=self.who.capitalize(), chat=chat, other=ANSWERS) + self.help()

    def help(self) -> str:
        """Return everything that can be typed."""
        people = ", ".join(self._world.stage.people)
        return HELP.format(who=self.who, other=ANSWERS, channel=CHANNEL, people=people)

    async def take(self, line: str) -> str:
        """Do what one line says; return what to show for it beside the chat, "" for nothing."""
        word, _, rest = line.partition(" ")
        stage = self._world.stage
        try:
            if re.match(r"[/@!]", line):
                said = await self._type(line)
            elif word in BUTTONS:
                pressed = await stage.press(BUTTONS[word])
                said = "" if pressed else "No plan waits for an answer."
            elif word == "github":
                said = await hub.done(self._world.github, self.who, rest)
            elif word == "linear":
                said = _in_linear(self._world)
            elif word == "press" and rest:
                said = await self._press(rest)
            elif word == "fill":
                said = await self._world.fill(self.who, rest)
            else:
                said = self._turned(word, rest) if line else ""
        except Misread as misread:
            said = str(misread)
        return said

    def _turned(self, word: str, rest: str) -> str:
        """Become somebody else, or go elsewhere; whatever else is typed is answered by the help."""
        if word == "as" and rest in self._world.stage.people:
            self.who = rest
            return ""
        if word[:1] == ":" and word[1:] in self._world.stages:
            self._world.platform = word[1:]
            if self.who not in self._world.stage.people:
                self.who = ASKS
            return f"You are in {self._world.platform.capitalize()} now."
        return self.help()

    async def _type(self, line: str) -> str:
        """Type a line into the chat; return what the client of this person shows."""
        before = self._asked()
        said = await self._world.stage.type(self.who, line)
        asked = self._asked()
        return "\n".join(filter(None, (said, asked if asked != before else "")))

    async def _press(self, label: str) -> str:
        """Press the newest button with this label; return what the client of this person shows."""
        pressed = await self._world.stage.press(label, who=self.who)
        return self._asked() if pressed else f"There is no button “{label}” now."

    def _asked(self) -> str:
        """Return which form is open for this person, and how it is filled in; "" for none."""
        form = self._world.stage.form(self.who)
        return f"{form}\nType: fill name=value …" if form else ""


def _in_linear(world: Demo) -> str:
    lines = []
    for team in world.linear.teams:
        counts = Counter(issue.state.name for issue in team.issues if not issue.archived_at)
        told = ", ".join(f"{counts[state.name]} {state.name}" for state in team.states)
        lines.append(f"{team.key}: {told}")
    return "\n".join(lines)
