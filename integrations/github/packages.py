"""Packages that an organisation publishes, and who looks at a repository."""

from datetime import datetime
from typing import Literal

from integrations.errors import NotFound
from integrations.github import models, wire
from integrations.github.places import organization, place, quoted
from integrations.github.topic import Topic
from integrations.github.wire import LONG_AGO

Kind = Literal["container", "npm", "maven", "rubygems", "nuget", "docker"]


class Package(models.Model, frozen=True):
    name: str
    kind: str
    url: str
    versions: int = 0
    updated_at: datetime = LONG_AGO
    repo: str = ""


class PackageVersion(models.Model, frozen=True):
    """`name` of a container's version is its digest; nothing points to one without tags."""

    id: int
    name: str
    created_at: datetime
    tags: tuple[str, ...] = ()


class TrafficDay(models.Model, frozen=True):
    """How often, and by how many different people, on one day."""

    day: datetime
    count: int
    people: int


class TrafficRow(models.Model, frozen=True):
    name: str
    count: int
    people: int


class Traffic(models.Model, frozen=True):
    """The last fourteen days, which is all that GitHub keeps."""

    views: tuple[TrafficDay, ...] = ()
    clones: tuple[TrafficDay, ...] = ()
    paths: tuple[TrafficRow, ...] = ()
    referrers: tuple[TrafficRow, ...] = ()


class HomeWire(wire.Wire, frozen=True):
    full_name: str | None = None


class PackageWire(wire.Wire, frozen=True):
    name: str
    package_type: str | None = None
    html_url: str | None = None
    version_count: int | None = None
    updated_at: datetime | None = None
    repository: HomeWire | None = None

    def model(self) -> Package:
        return Package(
            name=self.name,
            kind=self.package_type or "",
            url=self.html_url or "",
            versions=self.version_count or 0,
            updated_at=self.updated_at or LONG_AGO,
            repo=(self.repository or HomeWire()).full_name or "",
        )


class TagsWire(wire.Wire, frozen=True):
    tags: list[str] | None = None


class AboutWire(wire.Wire, frozen=True):
    container: TagsWire | None = None


class VersionWire(wire.Wire, frozen=True):
    id: int
    name: str | None = None
    created_at: datetime | None = None
    metadata: AboutWire | None = None

    def model(self) -> PackageVersion:
        tags = ((self.metadata or AboutWire()).container or TagsWire()).tags
        return PackageVersion(
            self.id, self.name or "", self.created_at or LONG_AGO, tuple(tags or ())
        )


class DayWire(wire.Wire, frozen=True):
    timestamp: datetime
    count: int | None = None
    uniques: int | None = None

    def model(self) -> TrafficDay:
        return TrafficDay(self.timestamp, self.count or 0, self.uniques or 0)


class DaysWire(wire.Wire, frozen=True):
    views: list[DayWire] | None = None
    clones: list[DayWire] | None = None

    @property
    def days(self) -> tuple[TrafficDay, ...]:
        return tuple(day.model() for day in (self.views or self.clones or []))


class RowWire(wire.Wire, frozen=True):
    path: str | None = None
    referrer: str | None = None
    count: int | None = None
    uniques: int | None = None

    def model(self) -> TrafficRow:
        return TrafficRow(self.path or self.referrer or "", self.count or 0, self.uniques or 0)


class PackageReads(Topic):
    async def packages(self, org: str, kind: Kind = "container") -> list[Package]:
        params = {"package_type": kind}
        pages = self._api.pages(organization(org), "/packages", list[PackageWire], params=params)
        return [found.model() async for page in pages for found in page]

    async def package_versions(
        self, org: str, name: str, kind: Kind = "container"
    ) -> list[PackageVersion]:
        """Return the versions of a package, newest first."""
        gone = f"{org} has no {kind} package {name}, or this bot may not see it."
        path, missing = f"/packages/{kind}/{quoted(name)}/versions", {404: gone}
        pages = self._api.pages(organization(org), path, list[VersionWire], missing=missing)
        return [found.model() async for page in pages for found in page]

    async def traffic(self, repo: str) -> Traffic:
        """Return who looked at a repository: four calls; only who may push to it may ask."""
        where = place(repo)
        views = await self._api.get(where, "/traffic/views", DaysWire)
        clones = await self._api.get(where, "/traffic/clones", DaysWire)
        paths = await self._api.get(where, "/traffic/popular/paths", list[RowWire])
        referrers = await self._api.get(where, "/traffic/popular/referrers", list[RowWire])
        return Traffic(
            views.days,
            clones.days,
            tuple(row.model() for row in paths),
            tuple(row.model() for row in referrers),
        )


class PackageWrites(PackageReads):
    async def delete_package_version(
        self, org: str, name: str, version: int, kind: Kind = "container"
    ) -> None:
        """Delete a version of a package; GitHub can restore it for thirty days."""
        path = f"/packages/{kind}/{quoted(name)}/versions/{version}"
        try:
            await self._api.change(organization(org), "DELETE", path)
        except NotFound:
            await self.package_versions(org, name, kind)  # it is the version that is missing
