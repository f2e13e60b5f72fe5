"""What is said beside comments: reactions, locks, and remarks of reviews on lines of files."""

from datetime import datetime
from typing import Literal

from integrations.github import models, wire
from integrations.github.places import place
from integrations.github.topic import Topic
from integrations.github.wire import LONG_AGO

Emoji = Literal["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]
Reason = Literal["off-topic", "too heated", "resolved", "spam"]
Side = Literal["LEFT", "RIGHT"]


class Reaction(models.Model, frozen=True):
    id: int
    content: str
    author: str


class LineComment(models.Model, frozen=True):
    """A remark on a line; `line` is 0 where it is on the whole file, or the line is gone.

    `answers` is the remark that it replies to, 0 where it begins a thread.
    """

    id: int
    path: str
    line: int
    body: str
    author: str
    url: str
    created_at: datetime
    side: str = "RIGHT"
    sha: str = ""
    answers: int = 0


class ReactionWire(wire.Wire, frozen=True):
    id: int
    content: str | None = None
    user: wire.User | None = None

    def model(self) -> Reaction:
        return Reaction(self.id, self.content or "", wire.login(self.user))


class LineCommentWire(wire.Wire, frozen=True):
    id: int
    path: str | None = None
    line: int | None = None
    body: str | None = None
    user: wire.User | None = None
    html_url: str | None = None
    created_at: datetime | None = None
    side: str | None = None
    commit_id: str | None = None
    in_reply_to_id: int | None = None

    def model(self) -> LineComment:
        return LineComment(
            id=self.id,
            path=self.path or "",
            line=self.line or 0,
            body=self.body or "",
            author=wire.login(self.user),
            url=self.html_url or "",
            created_at=self.created_at or LONG_AGO,
            side=self.side or "RIGHT",
            sha=self.commit_id or "",
            answers=self.in_reply_to_id or 0,
        )


class RemarkReads(Topic):
    async def reactions(self, repo: str, number: int) -> list[Reaction]:
        """Return the reactions to an issue or pull request."""
        pages = self._api.pages(place(repo), f"/issues/{number}/reactions", list[ReactionWire])
        return [found.model() async for page in pages for found in page]

    async def line_comments(self, repo: str, number: int) -> list[LineComment]:
        """Return the remarks on lines of a pull request, oldest first."""
        path, missing = f"/pulls/{number}/comments", _gone(repo, number)
        pages = self._api.pages(place(repo), path, list[LineCommentWire], missing=missing)
        return [found.model() async for page in pages for found in page]


class RemarkWrites(RemarkReads):
    async def ensure_reaction(
        self, repo: str, number: int, content: Emoji, comment: int = 0
    ) -> Reaction:
        """React to an issue or pull request, or to a comment there; GitHub keeps one of each."""
        path = f"/issues/comments/{comment}" if comment else f"/issues/{number}"
        answer = await self._api.change(
            place(repo), "POST", f"{path}/reactions", {"content": content}
        )
        return answer.decode(ReactionWire).model()

    async def delete_reaction(
        self, repo: str, number: int, reaction: int, comment: int = 0
    ) -> None:
        path = f"/issues/comments/{comment}" if comment else f"/issues/{number}"
        await self._api.delete(place(repo), f"{path}/reactions/{reaction}")

    async def ensure_locked(self, repo: str, number: int, reason: Reason | None = None) -> None:
        """Let nobody without write access comment any more."""
        body = {"lock_reason": reason} if reason else None
        path, missing = f"/issues/{number}/lock", _gone(repo, number)
        await self._api.change(place(repo), "PUT", path, body, missing=missing)

    async def ensure_unlocked(self, repo: str, number: int) -> None:
        path, missing = f"/issues/{number}/lock", _gone(repo, number)
        await self._api.change(place(repo), "DELETE", path, missing=missing)

    async def ensure_line_comment(
        self,
        repo: str,
        number: int,
        sha: str,
        path: str,
        line: int,
        body: str,
        *,
        side: Side = "RIGHT",
    ) -> LineComment:
        """Remark on a line of a file; the same words on the same line are said once."""
        for found in await self.line_comments(repo, number):
            if (found.path, found.line, found.side, found.body) == (path, line, side, body):
                return found
        wanted = {"commit_id": sha, "path": path, "line": line, "side": side, "body": body}
        answer = await self._api.change(
            place(repo), "POST", f"/pulls/{number}/comments", wanted, missing=_gone(repo, number)
        )
        return answer.decode(LineCommentWire).model()

    async def ensure_line_reply(
        self, repo: str, number: int, comment: int, body: str
    ) -> LineComment:
        """Answer a remark; the same words are said once."""
        for found in await self.line_comments(repo, number):
            if (found.answers, found.body) == (comment, body):
                return found
        path = f"/pulls/{number}/comments/{comment}/replies"
        gone = f"{repo}#{number} has no such remark."
        answer = await self._api.change(
            place(repo), "POST", path, {"body": body}, missing={404: gone}
        )
        return answer.decode(LineCommentWire).model()

    async def delete_line_comment(self, repo: str, comment: int) -> None:
        await self._api.delete(place(repo), f"/pulls/comments/{comment}")


def _gone(repo: str, number: int) -> dict[int, str]:
    return {404: f"{repo} has no #{number}, or this bot may not see it."}
