"""The labels and milestones that a repository offers; each is known by its name."""

from datetime import datetime

from integrations.errors import Refused
from integrations.github import models, wire
from integrations.github.places import place, quoted
from integrations.github.releases import ReleaseReads


class Label(models.Model, frozen=True):
    """`colour` is six hexadecimal digits."""

    name: str
    colour: str = "ededed"
    description: str = ""


class LabelWire(wire.Wire, frozen=True):
    name: str
    color: str | None = None
    description: str | None = None

    def model(self) -> Label:
        return Label(self.name, (self.color or "ededed").lower(), self.description or "")


class LabelReads(ReleaseReads):
    async def labels(self, repo: str) -> list[Label]:
        pages = self._api.pages(place(repo), "/labels", list[LabelWire])
        return [found.model() async for page in pages for found in page]

    async def label(self, repo: str, name: str) -> Label | None:
        """Return a label by its name, in capitals or not."""
        found = await self._api.optional(place(repo), f"/labels/{quoted(name)}", LabelWire)
        return found.model() if found else None


class LabelWrites(LabelReads):
    async def ensure_label(
        self, repo: str, name: str, colour: str = "ededed", description: str = ""
    ) -> Label:
        """Offer a label in this form; issues that carry it keep it."""
        wanted = Label(name, colour.lstrip("#").lower(), description)
        body = {"color": wanted.colour, "description": description}
        found = await self.label(repo, name)
        if found is None:
            try:
                answer = await self._api.change(
                    place(repo), "POST", "/labels", {"name": name, **body}
                )
                return answer.decode(LabelWire).model()
            except Refused:
                found = await self.label(repo, name)  # somebody may have been faster
                if found is None:
                    raise
        if found == wanted:
            return found
        path = f"/labels/{quoted(found.name)}"
        answer = await self._api.change(place(repo), "PATCH", path, {"new_name": name, **body})
        return answer.decode(LabelWire).model()

    async def delete_label(self, repo: str, name: str) -> None:
        """Take a label away, also from the issues that carry it."""
        await self._api.delete(place(repo), f"/labels/{quoted(name)}")

    async def ensure_milestone(
        self, repo: str, title: str, *, due_on: datetime | None = None, description: str = ""
    ) -> models.Milestone:
        """Make a milestone, or bring the one of this title into this form; it stays as open."""
        wanted = {
            "title": title,
            "description": description,
            "due_on": wire.stamp(due_on) if due_on else None,
        }
        found = await self._milestone(repo, title)
        if found is None:
            # What is not set must not be sent: GitHub takes no null here.
            said = {name: value for name, value in wanted.items() if value}
            try:
                answer = await self._api.change(place(repo), "POST", "/milestones", said)
                return answer.decode(wire.Milestone).model()
            except Refused:
                found = await self._milestone(repo, title)  # somebody may have been faster
                if found is None:
                    raise
        # GitHub keeps the day and moves the hour.
        days = [at.date() if at else None for at in (found.due_on, due_on)]
        if days[0] == days[1] and found.description == description:
            return found
        path = f"/milestones/{found.number}"
        said = {name: value for name, value in wanted.items() if value is not None}
        answer = await self._api.change(place(repo), "PATCH", path, said)
        return answer.decode(wire.Milestone).model()

    async def delete_milestone(self, repo: str, number: int) -> None:
        await self._api.delete(place(repo), f"/milestones/{number}")

    async def _milestone(self, repo: str, title: str) -> models.Milestone | None:
        return next((one for one in await self.milestones(repo) if one.title == title), None)
