"""Conversations below issues and pull requests, and who may write where these stand."""

from datetime import datetime

from integrations.errors import NotFound
from integrations.github import models, tracking, wire
from integrations.github.places import place, quoted
from integrations.github.remarks import Emoji, ReactionWire
from integrations.github.repositories import RepositoryReads

WRITERS = frozenset({"write", "admin"})  # GitHub counts every role as one of these, or as less
LINE = "line/"  # what names a comment on a line of a file, which GitHub counts apart


class _Level(wire.Wire, frozen=True):
    permission: str | None = None


class Conversation(RepositoryReads):
    """Reads and writes single comments, by their ids; an edit says the whole anew."""

    async def may_write(self, repo: str, login: str) -> bool:
        """Say whether somebody may push to a repository, as GitHub counts all of their roles."""
        path = f"/collaborators/{quoted(login)}/permission"
        found = await self._api.optional(place(repo), path, _Level)
        return found is not None and found.permission in WRITERS

    async def opening(self, repo: str, number: int) -> models.Comment:
        """Return what an issue or a pull request was opened with, as if it were a comment."""
        missing = _no_thread(repo, number)
        found = await self._api.get(
            place(repo), f"/issues/{number}", tracking.Comment, missing=missing
        )
        return found.model()

    async def said(
        self, repo: str, number: int, since: datetime | None = None
    ) -> list[models.Comment]:
        """Return the comments that were made or changed since then, oldest first."""
        params = {"since": wire.stamp(since)} if since else {}
        path, shape = f"/issues/{number}/comments", list[tracking.Comment]
        missing = _no_thread(repo, number)
        pages = self._api.pages(place(repo), path, shape, params=params, missing=missing)
        return [found.model() async for page in pages for found in page]

    async def comment(self, repo: str, comment: int) -> models.Comment:
        """Return one comment; raises NotFound where somebody has deleted it."""
        path = f"/issues/comments/{comment}"
        found = await self._api.get(place(repo), path, tracking.Comment, missing=_gone(repo))
        return found.model()

    async def say(self, repo: str, number: int, body: str) -> int:
        """Comment; return the comment's id."""
        path, missing = f"/issues/{number}/comments", _no_thread(repo, number)
        answer = await self._api.change(place(repo), "POST", path, {"body": body}, missing=missing)
        return answer.decode(tracking.Comment).id

    async def resay(self, repo: str, comment: int, body: str) -> None:
        """Replace what a comment says."""
        path, missing = f"/issues/comments/{comment}", _gone(repo)
        await self._api.change(place(repo), "PATCH", path, {"body": body}, missing=missing)

    async def unsay(self, repo: str, comment: int) -> None:
        """Delete a comment, unless it is gone."""
        try:
            await self._api.change(place(repo), "DELETE", f"/issues/comments/{comment}")
        except NotFound:
            await self._api.exists(place(repo))

    async def react(self, repo: str, comment: str, emoji: Emoji) -> int:
        """React to a comment, one on a line as well; GitHub keeps one of each of us."""
        path = f"{_path(comment)}/reactions"
        answer = await self._api.change(place(repo), "POST", path, {"content": emoji})
        return answer.decode(ReactionWire).id

    async def unreact(self, repo: str, comment: str, reaction: int) -> None:
        path = f"{_path(comment)}/reactions/{reaction}"
        await self._api.change(place(repo), "DELETE", path)


def _path(comment: str) -> str:
    if comment.startswith(LINE):
        return f"/pulls/comments/{quoted(comment.removeprefix(LINE))}"
    return f"/issues/comments/{quoted(comment)}"


def _no_thread(repo: str, number: int) -> dict[int, str]:
    gone = f"{repo} has no #{number}, or this bot may not see it."
    return {404: gone, 410: gone}


def _gone(repo: str) -> dict[int, str]:
    return {404: f"That comment is no longer in {repo}."}
