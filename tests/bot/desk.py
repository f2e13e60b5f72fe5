"""Somebody behind the counter: answers a surface by the first word of a command."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.chat import Actor, Button, Card, Origin
from bot.dispatch import Accepted, Field, Form, FormErrors, Say
from bot.home import Home
from bot.pressing import typing
from bot.shortcuts import Posted
from flows.report import Code, Report, Text, table
from flows.report import text as text_of
from integrations.errors import Refused

REPO = Field("repo", "Repository", "Which one (such as acme/shop)", "text", (), True, "")
LEVEL = Field("level", "Level", "", "choice", ("major", "minor", "patch"), False, "minor")
LIMIT = Field("limit", "Limit", "", "number", (), False, "30")
QUIET = Field("quiet", "Quiet", "", "flag", (), False, "")
FORM = Form("release-management", "release", (REPO, LEVEL, LIMIT, QUIET))
READ = "I read that as “/flow release acme/shop”. Nothing has started yet."
SHIPPING = replace(FORM, fields=(replace(REPO, value="acme/shop"),), text=READ)


PAGE = "https://flowbot.example"
EMPTY = Home((), 0, (), (), 0, (), 0, ("dora acme/shop", "health"), PAGE)
ROWS = [(f"flow {number}", "does things") for number in range(60)]
LONG = f"search {'x' * 120}"
SAID = {
    "help": Say(Report("Help", "What I can do")),
    "catalogue": Say(Report("Catalogue", blocks=(table(["Flow", "What"], ROWS),) * 2)),
    "menu": Say(Report("", "Pick one."), buttons=(typing("dora"), typing("story"))),
    "mine": Say(Report("Yours"), buttons=(typing("dora acme/shop", "Dora"), typing(LONG))),
    "waiting": Say(Report("Waits"), buttons=(Button("Approve", "answer:7:yes"),)),
    "story": Say(Report("Story", blocks=(Text(("word " * 1_800,)),))),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as it came to the desk."""

    text: str
    by: Actor
    origin: Origin
    key: str


@dataclass
class Desk:
    """Keeps the contract of `bot.dispatch.Dispatch`: the same key is the same run."""

    asked: list[Asked] = field(default_factory=list)
    filled: list[tuple[str, dict[str, str], Origin, str]] = field(default_factory=list)
    pressed: list[tuple[str, Actor]] = field(default_factory=list)
    answered: list[tuple[int, dict[str, str], Actor]] = field(default_factory=list)
    runs: dict[str, str] = field(default_factory=dict)
    looked: list[Actor] = field(default_factory=list)
    used: list[tuple[str, Posted, Actor, Origin]] = field(default_factory=list)
    cards: dict[str, Card] = field(default_factory=dict)
    shown: Home = EMPTY

    async def command(
        self, text: str, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | Form:
        self.asked.append(Asked(text, by, origin, key))
        match text.partition(" ")[0]:
            case "release" | "ship" as word:
                return FORM if word == "release" else SHIPPING
            case "how":
                note = Report("", blocks=(text_of("I read that as ", Code("/flow dora"), "."),))
                return replace(self._accept(key), note=note)
            case word if word in SAID:
                return SAID[word]
            case "refuse":
                raise Refused("The archive is closed on Sundays.")
            case "break":
                raise ZeroDivisionError("secret detail")
            case _:
                return self._accept(key)

    async def submit_form(
        self, flow: str, values: Mapping[str, str], by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | FormErrors:
        self.filled.append((flow, dict(values), origin, key))
        match values.get("repo"):
            case "nowhere":
                return FormErrors({"repo": "There is no such repository.", "": "Look again."})
            case "closed":
                return Say(Report("", "You may not release that.", "warn"))
            case "break":
                raise ZeroDivisionError("secret detail")
            case _:
                return self._accept(key)

    async def press(
        self, action: str, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | Form | None:
        self.pressed.append((action, by))
        if action == "form:7":
            return replace(FORM, question=7, text="Which release is it?")
        if action.startswith("rerun:"):
            self.asked.append(Asked(action, by, origin, key))
            return self._accept(key)
        if action.startswith("type:"):
            return await self.command(action.removeprefix("type:"), by, origin, key)
        if action == "break":
            raise ZeroDivisionError("secret detail")
        return Say(Report("", "Bo was faster.", "warn")) if action.endswith("late") else None

    async def home(self, by: Actor) -> Home:
        self.looked.append(by)
        return self.shown

    async def glance(self, run_id: str) -> Card | None:
        return self.cards.get(run_id)

    async def shortcut(self, name: str, posted: Posted, by: Actor, origin: Origin) -> Form | Say:
        self.used.append((name, posted, by, origin))
        if name != "bug-fix-workflow:create-bug":
            return Say(Report("", "There is no such entry.", "warn"))
        return replace(FORM, fields=(replace(REPO, value=posted.text),))

    async def answer_form(
        self, question_id: int, values: Mapping[str, str], by: Actor, door: str = ""
    ) -> Say | FormErrors | None:
        self.answered.append((question_id, dict(values), by))
        match values.get("repo"):
            case "nowhere":
                return FormErrors({"repo": "There is no such repository."})
            case "closed":
                return Say(Report("", "Bo was faster.", "warn"))
            case _:
                return None

    def _accept(self, key: str) -> Accepted:
        new = key not in self.runs
        run = self.runs.setdefault(key, f"r{len(self.runs) + 1}")
        return Accepted(run, f"{PAGE}/runs/{run}", new)
