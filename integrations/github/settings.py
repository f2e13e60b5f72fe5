"""Making repositories, from a template or empty, and setting them up."""

from collections.abc import Mapping, Sequence

import msgspec

from integrations.errors import NotFound, Refused
from integrations.github import models, wire
from integrations.github.places import Place, organization, place
from integrations.github.repositories import RepositoryReads


class Settings(models.Model, frozen=True):
    """What a repository is set to; as a wish, None leaves as it is."""

    description: str | None = None
    homepage: str | None = None
    private: bool | None = None
    archived: bool | None = None
    is_template: bool | None = None
    default_branch: str | None = None
    has_issues: bool | None = None
    has_wiki: bool | None = None
    allow_squash_merge: bool | None = None
    allow_merge_commit: bool | None = None
    allow_rebase_merge: bool | None = None
    allow_auto_merge: bool | None = None
    allow_update_branch: bool | None = None
    delete_branch_on_merge: bool | None = None

    @property
    def wishes(self) -> dict[str, object]:
        held = msgspec.structs.asdict(self)
        return {name: value for name, value in held.items() if value is not None}


class TopicsWire(wire.Wire, frozen=True):
    names: list[str] | None = None


class SettingReads(RepositoryReads):
    async def settings(self, repo: str) -> Settings:
        """Return what a repository is set to; who may not change it sees less."""
        return await self._api.get(place(repo), "", Settings)

    async def topics(self, repo: str) -> list[str]:
        return (await self._api.get(place(repo), "/topics", TopicsWire)).names or []


class SettingWrites(SettingReads):
    async def ensure_repository(
        self, repo: str, *, template: str = "", description: str = "", private: bool = True
    ) -> models.Repository:
        """Make a repository of an organisation, with the files of a template where one is named.

        One that is there stays as it is.
        """
        where = place(repo)
        try:
            return await self.repository(repo)
        except NotFound:
            made = self._new(where, template, description, private=private)
        path, body, home = made
        gone = f"There is no template {template}." if template else home.missing.get(404, "")
        try:
            answer = await self._api.change(home, "POST", path, body, missing={404: gone})
        except Refused:
            try:
                return await self.repository(repo)  # somebody may have been faster
            except NotFound:
                pass
            raise
        return answer.decode(wire.Repository).model()

    def _new(
        self, where: Place, template: str, description: str, *, private: bool
    ) -> tuple[str, dict[str, object], Place]:
        wanted: dict[str, object] = {
            "name": where.name,
            "description": description,
            "private": private,
        }
        if template:
            return "/generate", {**wanted, "owner": where.owner}, place(template)
        return "/repos", {**wanted, "auto_init": True}, organization(where.owner)

    async def ensure_settings(self, repo: str, wanted: Settings) -> Settings:
        """Set a repository up so; what is not named stays as it is."""
        now = (await self.settings(repo)).wishes
        # GitHub says null where nothing is set.
        differs = {
            name: value
            for name, value in wanted.wishes.items()
            if now.get(name) != value and (value or now.get(name))
        }
        if not differs:
            return await self.settings(repo)
        answer = await self._api.change(place(repo), "PATCH", "", differs)
        return answer.decode(Settings)

    async def ensure_topics(self, repo: str, names: Sequence[str]) -> list[str]:
        """Give a repository exactly these topics."""
        if sorted(await self.topics(repo)) == sorted(names):
            return list(names)
        wanted: Mapping[str, object] = {"names": list(names)}
        answer = await self._api.change(place(repo), "PUT", "/topics", wanted)
        return answer.decode(TopicsWire).names or []

    async def delete_repository(self, repo: str) -> None:
        """Delete a repository with all that is in it."""
        try:
            await self._api.change(place(repo), "DELETE", "")
        except NotFound:
            return  # that is what was wanted
