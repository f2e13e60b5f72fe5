"""What GraphQL changes and REST cannot: merging by itself, and the end of a draft."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace

from integrations.emulators.github.calls import Call
from integrations.emulators.github.connections import Trouble
from integrations.emulators.github.levers import Write
from integrations.emulators.github.mergeability import mergeable
from integrations.emulators.github.news import tell
from integrations.emulators.github.records import Pull
from integrations.emulators.github.roots import Query
from integrations.emulators.github.rules import obstacle
from integrations.emulators.github.threads import PullNode, Sizes

Input = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Payload:
    """What comes back from a change of a pull request."""

    pull_request: PullNode
    client_mutation_id: str | None


class Mutation(Query):
    """The root of every change; who only asks uses the part that asks."""

    async def enable_pull_request_auto_merge(self, *, input: Input) -> Payload:  # noqa: A002 - GitHub's word
        call, found = self._pull(input["pullRequestId"])
        if not call.repo.settings.auto_merge:
            words = "Pull request Auto merge is not allowed for this repository"
            raise Trouble("UNPROCESSABLE", words)
        if input.get("expectedHeadOid", found.head_sha) != found.head_sha:
            raise Trouble("UNPROCESSABLE", "Head branch was modified. Review and try again.")
        if not obstacle(call, found) and await mergeable(call, found):
            raise Trouble("UNPROCESSABLE", "Pull request Pull request is in clean status")
        found.auto_merge = input["mergeMethod"].lower(), call.actor.login
        call.repo.auto_merges.append(found.number)
        return await self._changed(call, found, input)

    async def disable_pull_request_auto_merge(self, *, input: Input) -> Payload:  # noqa: A002 - same
        call, found = self._pull(input["pullRequestId"])
        if found.auto_merge is None:
            raise Trouble("UNPROCESSABLE", "Can't disable auto-merge for this pull request.")
        found.auto_merge = None
        call.repo.auto_merges.remove(found.number)
        return await self._changed(call, found, input)

    async def mark_pull_request_ready_for_review(self, *, input: Input) -> Payload:  # noqa: A002 - same
        call, found = self._pull(input["pullRequestId"])
        found.draft, found.ready_at = False, call.world.clock
        return await self._changed(call, found, input)

    def _pull(self, key: str) -> tuple[Call, Pull]:
        """Return a pull request by the id that GraphQL knows it by."""
        world = self._call.world
        if not self._call.grant.writes:
            raise Trouble("FORBIDDEN", "Resource not accessible by personal access token")
        try:
            number = int(base64.b64decode(key, validate=True).decode().removeprefix("PullRequest:"))
        except (binascii.Error, ValueError):
            number = 0
        for repo in world.repositories.values():
            for found in repo.pulls.values():
                if found.id == number:
                    params = {"owner": repo.owner, "repo": repo.name}
                    return replace(self._call, params=params), found
        raise Trouble("NOT_FOUND", f"Could not resolve to a node with the global id of '{key}'")

    async def _changed(self, call: Call, found: Pull, said: Input) -> Payload:
        found.updated_at = call.world.clock
        call.world.writes.append(Write("POST", "/graphql"))
        await tell(call)
        pull = PullNode(call, found, Sizes(call, [found]))
        return Payload(pull, said.get("clientMutationId"))
