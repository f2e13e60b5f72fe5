"""Issues with all that is said on them, fifty in a call; and changes of many parts in one."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET, UnsetType, structs

from integrations.linear import models, queries, wire
from integrations.linear.issues import IssueReads
from integrations.linear.making import Making

A_PAGE = 50
# What an issue has by our names, and by Linear's.
PARTS = {
    "title": "title",
    "description": "description",
    "state_id": "stateId",
    "assignee_id": "assigneeId",
    "priority": "priority",
}


class Thread(models.Issue, frozen=True):
    """An issue with its comments, the oldest first, and the addresses that it links to.

    `synced_with` names services that Linear itself keeps it in step with, such as github.
    """

    comments: tuple[models.Comment, ...] = ()
    links: tuple[str, ...] = ()
    synced_with: tuple[str, ...] = ()


class Parts(models.Model, frozen=True):
    """What an issue is to have, by ids; what is not given stays, and an empty id takes away."""

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    state_id: str | UnsetType = UNSET
    assignee_id: str | UnsetType = UNSET
    priority: int | UnsetType = UNSET
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()

    def given(self) -> dict[str, object]:
        """Return what is given, by Linear's names."""
        given: dict[str, object] = {}
        for name, field in PARTS.items():
            value = getattr(self, name)
            if value is not UNSET:
                given[field] = None if field.endswith("Id") and not value else value
        return given


class SyncedWire(wire.Wire, frozen=True):
    service: str | None = None


class ThreadWire(wire.Issue, frozen=True):
    comments: wire.Connection[wire.Comment] | None = None
    attachments: wire.Connection[wire.Attachment] | None = None
    synced_with: list[SyncedWire] | None = None

    def thread(self) -> Thread:
        said = [each.model() for each in self.comments.items] if self.comments else []
        links = [each.url for each in self.attachments.items] if self.attachments else []
        return Thread(
            **structs.asdict(self.model()),
            comments=_in_order(said),
            links=tuple(links),
            synced_with=tuple(each.service or "" for each in self.synced_with or ()),
        )


class _Said(wire.Wire, frozen=True):
    issue_id: str | None = None


class ThreadReads(IssueReads):
    """What is archived is not listed; one that is asked for is found."""

    async def threads(
        self, team: str, since: datetime | None = None, *, kinds: Sequence[str] = ()
    ) -> list[Thread]:
        """Return the issues of a team that changed since then, newest first."""
        wanted: dict[str, object] = {"team": {"key": {"eq": team}}}
        if since:
            wanted["updatedAt"] = {"gte": since}
        if kinds:
            wanted["state"] = {"type": {"in": list(kinds)}}
        return await self._threads(wanted)

    async def threads_named(self, ids: Sequence[str]) -> list[Thread]:
        """Return the issues of these ids, fifty in a call; what is gone is left out."""
        every, found = sorted(set(ids)), list[Thread]()
        for start in range(0, len(every), A_PAGE):
            found += await self._threads({"id": {"in": every[start : start + A_PAGE]}})
        return found

    async def thread(self, issue: str) -> Thread | None:
        """Return an issue, None where it is gone."""
        found = await self._api.optional(queries.ONE_THREAD, ThreadWire, id=issue)
        return await self._whole(found) if found else None

    async def talked(self, team: str, since: datetime) -> list[str]:
        """Return the ids of the issues of a team on which something was said or edited since."""
        wanted = {"updatedAt": {"gte": since}, "issue": {"team": {"key": {"eq": team}}}}
        found = await self._api.every(queries.SAID, _Said, filter=wanted)
        return sorted({each.issue_id for each in found if each.issue_id})

    async def _threads(self, wanted: dict[str, object]) -> list[Thread]:
        found = await self._api.every(queries.THREADS, ThreadWire, filter=wanted)
        return [await self._whole(each) for each in found]

    async def _whole(self, found: ThreadWire) -> Thread:
        """Return a thread with all that hangs on it; a long one costs calls of its own."""
        thread = found.thread()
        if found.comments and found.comments.next:
            said = await self.comments(found.id)
            thread = structs.replace(thread, comments=_in_order(said))
        if found.attachments and found.attachments.next:
            links = tuple(each.url for each in await self.attachments(found.id))
            thread = structs.replace(thread, links=links)
        return thread


class ThreadWrites(ThreadReads, Making):
    """Changes by ids alone, so that each is one call and a look at what came of it."""

    async def ensure_made(
        self, issue_id: str, team_id: str, parts: Parts, created_at: datetime
    ) -> models.Issue:
        """Create an issue of this id, or return the one that is there as people left it."""
        given: dict[str, object] = {"id": issue_id, "teamId": team_id, "createdAt": created_at}
        given |= {name: value for name, value in parts.given().items() if value}
        if parts.add_labels:
            given["labelIds"] = list(parts.add_labels)
        made = await self._make(queries.CREATE_ISSUE, given, queries.ONE_ISSUE, wire.Issue)
        if made.trashed or made.archived_at:
            await self._api.change(queries.RESTORE_ISSUE, id=issue_id)
            made = await self._api.one(queries.ONE_ISSUE, wire.Issue, id=issue_id)
        return made.model()

    async def ensure_parts(self, issue: str, parts: Parts) -> models.Issue:
        """Let an issue have what is given, in one change, and leave the rest as it is."""
        given = parts.given()
        if parts.add_labels:
            given["addedLabelIds"] = list(parts.add_labels)
        if parts.remove_labels:
            given["removedLabelIds"] = list(parts.remove_labels)
        if given:
            await self._api.change(queries.UPDATE_ISSUE, id=issue, input=given)
        return await self.issue(issue)

    async def ensure_linked(self, issue_id: str, url: str, title: str) -> None:
        """Link an address to an issue; Linear takes a second time for a change of the first."""
        given = {"issueId": issue_id, "url": url, "title": title}
        await self._api.change(queries.CREATE_ATTACHMENT, input=given)

    async def delete_linked(self, issue_id: str, url: str) -> None:
        """Let an issue not link to an address."""
        for each in await self.attachments(issue_id):
            if each.url == url:
                await self._gone(queries.DELETE_ATTACHMENT, each.id)

    async def ensure_said(
        self, issue_id: str, comment_id: str, body: str, created_at: datetime | None = None
    ) -> models.Comment:
        """Say something on an issue under this id, or let the comment of this id say it."""
        given: dict[str, object] = {"id": comment_id, "issueId": issue_id, "body": body}
        if created_at:
            given["createdAt"] = created_at
        known = await self._make(queries.CREATE_COMMENT, given, queries.ONE_COMMENT, wire.Comment)
        if known.body != body:
            await self._api.change(queries.UPDATE_COMMENT, id=comment_id, input={"body": body})
        return known.model()


def _in_order(said: Sequence[models.Comment]) -> tuple[models.Comment, ...]:
    return tuple(sorted(said, key=lambda each: each.created_at))
