"""The files of a release: listed, fetched, and put there once."""

import hashlib
import re
from datetime import datetime

from integrations.errors import NotFound, Refused
from integrations.github import models, wire
from integrations.github.places import place
from integrations.github.releases import ReleaseReads
from integrations.github.wire import LONG_AGO
from integrations.meter import in_thread

THERE = "uploaded"
BYTES = "application/octet-stream"
# Of a file with any other name GitHub changes the name, and nobody would find it again.
_NAME = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*")


class Asset(models.Model, frozen=True):
    """A file of a release; `state` is uploaded, or another word where only a part arrived."""

    id: int
    name: str
    size: int
    url: str
    created_at: datetime
    state: str = THERE
    kind: str = BYTES
    digest: str = ""
    label: str = ""
    downloads: int = 0
    uploader: str = ""

    def is_of(self, content: bytes, digest: str) -> bool:
        """Say whether this is that file; GitHub has no digests of old ones, so the size decides."""
        return self.size == len(content) and self.digest in ("", digest)


class AssetWire(wire.Wire, frozen=True):
    id: int
    name: str
    size: int | None = None
    browser_download_url: str | None = None
    created_at: datetime | None = None
    state: str | None = None
    content_type: str | None = None
    digest: str | None = None
    label: str | None = None
    download_count: int | None = None
    uploader: wire.User | None = None

    def model(self) -> Asset:
        return Asset(
            id=self.id,
            name=self.name,
            size=self.size or 0,
            url=self.browser_download_url or "",
            created_at=self.created_at or LONG_AGO,
            state=self.state or THERE,
            kind=self.content_type or BYTES,
            digest=self.digest or "",
            label=self.label or "",
            downloads=self.download_count or 0,
            uploader=wire.login(self.uploader),
        )


class AssetReads(ReleaseReads):
    async def assets(self, repo: str, tag: str) -> list[Asset]:
        """Return the files of a release, also of a draft."""
        return await self._assets_of(repo, await self._release_with(repo, tag))

    async def asset_content(self, repo: str, asset: int) -> bytes:
        """Return what is in a file of a release; 64 MB at most."""
        missing = {404: f"{repo} has no file {asset} in a release, or this bot may not see it."}
        path = f"/releases/assets/{asset}"
        answer = await self._api.answer(place(repo), path, missing=missing, accept=BYTES)
        return answer.body

    async def _release_with(self, repo: str, tag: str) -> wire.Release:
        found = await self._any_release(repo, tag)
        if found is None:
            raise NotFound(f"{repo} has no release {tag}.")
        return found

    async def _assets_of(self, repo: str, release: wire.Release) -> list[Asset]:
        path = f"/releases/{release.id}/assets"
        pages = self._api.pages(place(repo), path, list[AssetWire])
        return [found.model() async for page in pages for found in page]


class AssetWrites(AssetReads):
    async def ensure_asset(
        self, repo: str, tag: str, name: str, content: bytes, kind: str = BYTES, label: str = ""
    ) -> Asset:
        """Put a file into a release; the same one is put there once, another is not replaced."""
        if not _NAME.fullmatch(name):
            raise Refused(
                f"GitHub would rename {name!r}: use letters, digits, dots, hyphens, plus signs "
                "and underscores, and no dot beside another one or at an end."
            )
        if not content:
            raise Refused(f"{name} is empty, and GitHub takes no empty file into a release.")
        release = await self._release_with(repo, tag)
        digest = await in_thread(_digest_of, content)
        if found := await self._same(repo, release, name, content, digest):
            return found
        # The address is a template: what stands in its braces is added as parameters.
        address = (release.upload_url or "").partition("{")[0]
        if not address:
            raise Refused(f"GitHub does not say where release {tag} of {repo} takes files.")
        params = {"name": name, **({"label": label} if label else {})}
        try:
            answer = await self._api.upload(place(repo), address, content, kind, params)
        except Refused:
            # Somebody may have been faster.
            if found := await self._same(repo, release, name, content, digest):
                return found
            raise
        return answer.decode(AssetWire).model()

    async def delete_asset(self, repo: str, tag: str, name: str) -> None:
        """Take a file out of a release; where there is none, there is nothing to do."""
        release = await self._any_release(repo, tag)
        if release is None:
            await self._api.exists(place(repo))
            return
        for found in await self._assets_of(repo, release):
            if found.name == name:
                await self._api.delete(place(repo), f"/releases/assets/{found.id}")

    async def _same(
        self, repo: str, release: wire.Release, name: str, content: bytes, digest: str
    ) -> Asset | None:
        """Return this file where the release has it; what arrived in part is taken away first."""
        held = await self._assets_of(repo, release)
        found = next((each for each in held if each.name == name), None)
        if found is None or (found.state == THERE and found.is_of(content, digest)):
            return found
        if found.state == THERE:
            raise Refused(
                f"Release {release.tag_name} of {repo} has another file {name}: "
                "delete that first, or choose another name."
            )
        await self._api.delete(place(repo), f"/releases/assets/{found.id}")
        return None


def _digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
