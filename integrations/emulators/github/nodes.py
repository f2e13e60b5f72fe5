"""The GraphQL view of repositories, references, commits, releases and deployments."""

from integrations.emulators.github.calls import Call, maybe, moment, node_id, stamp
from integrations.emulators.github.checks import rolled_up
from integrations.emulators.github.commits import EMPTY_TREE
from integrations.emulators.github.connections import Connection, Trouble, connection, span
from integrations.emulators.github.git import Commit, Ref, Signature
from integrations.emulators.github.records import (
    Account,
    Deployment,
    DeploymentStatus,
    Release,
)

Order = dict[str, str] | None
Names = list[str] | None


class Node:
    """Something that belongs to a repository."""

    def __init__(self, call: Call) -> None:
        self.call = call


class Actor:
    """A user, bot or organisation; GraphQL spells a bot's login without `[bot]`."""

    def __init__(self, call: Call, account: Account) -> None:
        self.typename = account.kind
        self.database_id = account.id
        self.id = node_id(account.kind, account.id)
        self.login = account.login.removesuffix("[bot]")
        self.name, self.email = account.name, account.email
        self.url = f"{call.base}/{account.login}"
        self.is_viewer = account.login == call.grant.login
        self.avatar_url = f"{call.base}/avatars/{account.id}"


def actor(call: Call, login: str | None) -> Actor | None:
    """Return the node of an account that may not be there."""
    return Actor(call, call.world.account(login)) if login else None


class GitActor:
    """The person written into a commit or tag."""

    def __init__(self, call: Call, who: Signature) -> None:
        self.name, self.email, self.date = who.name, who.email, stamp(who.at)
        account = call.world.accounts.get(call.world.login_of(who.email) or "")
        self.user = Actor(call, account) if account and account.kind == "User" else None


class GitNode(Node):
    """An object of git: commit, tag, tree or blob."""

    def __init__(self, call: Call, sha: str, kind: str) -> None:
        super().__init__(call)
        self.typename = kind.capitalize()
        self.oid, self.abbreviated_oid = sha, sha[:7]
        self.id = node_id(self.typename, f"{call.repo.id}:{sha}")
        self.commit_url = self.url = call.html("commit", sha)


class CommitNode(GitNode):
    def __init__(self, call: Call, found: Commit) -> None:
        super().__init__(call, found.sha, "commit")
        self._found = found
        self.message, self.message_headline = found.message, found.headline
        self.message_body = found.message.partition("\n")[2].lstrip("\n")
        self.authored_date, self.committed_date = stamp(found.author.at), stamp(found.committer.at)
        self.author, self.committer = GitActor(call, found.author), GitActor(call, found.committer)
        self.tree = GitNode(call, found.tree, "tree")

    async def _size(self) -> tuple[int, int, int]:
        first = next(iter(self._found.parents), None)
        pair = (first or EMPTY_TREE, self.oid)
        return (await self.call.git.sizes([pair]))[0]

    async def additions(self) -> int:
        return (await self._size())[0]

    async def deletions(self) -> int:
        return (await self._size())[1]

    async def changed_files_if_available(self) -> int:
        return (await self._size())[2]

    @property
    def status_check_rollup(self) -> "RollupNode | None":
        state = rolled_up(self.call.repo, self.oid)
        return RollupNode(self, state) if state else None

    def parents(self, **page: object) -> Connection[object]:
        return connection("parents", self._found.parents, lambda s: commit(self.call, s), page)

    async def history(
        self,
        since: str | None = None,
        until: str | None = None,
        path: str | None = None,
        author: dict[str, object] | None = None,
        **page: object,
    ) -> Connection[object]:
        wanted = [self.oid]
        for name, value in (("since", since), ("until", until)):
            if value:
                wanted.append(f"--{name}={stamp(moment(value))}")
        emails = author.get("emails") if author else None
        if isinstance(emails, list):
            wanted += ["--fixed-strings", *(f"--author=<{email}>" for email in emails)]
        paths = ["--", f":(literal){path}"] if path else []
        part = span("history", await self.call.git.count(*wanted, *paths), page)
        window = (f"--skip={part.start}", f"--max-count={part.end - part.start}")
        shas = await self.call.git.log(*window, *wanted, *paths)
        return Connection([commit(self.call, s) for s in shas], part.total, part.page_info)


class RollupNode:
    """What all checks and statuses of a commit come to."""

    def __init__(self, of: CommitNode, state: str) -> None:
        self.id, self.commit = node_id("StatusCheckRollup", of.oid), of
        self.state = state.upper()


def commit(call: Call, sha: str) -> CommitNode:
    """Return the node of a commit."""
    return CommitNode(call, call.git.commit(sha))


class TagNode(GitNode):
    def __init__(self, call: Call, sha: str) -> None:
        super().__init__(call, sha, "tag")
        found = call.git.tag(sha)
        if found is None:
            raise Trouble("NOT_FOUND", f"Could not resolve to a Tag with the oid '{sha}'.")
        self.name, self.message = found.name, found.message
        self.tagger = GitActor(call, found.tagger)
        self._target = (found.target, found.kind)

    @property
    def target(self) -> GitNode:
        return git_object(self.call, *self._target)


class BlobNode(GitNode):
    def __init__(self, call: Call, sha: str, content: bytes) -> None:
        super().__init__(call, sha, "blob")
        self.byte_size, self.is_binary = len(content), b"\0" in content
        self.text = None if self.is_binary else content.decode(errors="replace")


def git_object(call: Call, sha: str, kind: str) -> GitNode:
    """Return the node for an object of any kind."""
    if kind == "commit":
        return commit(call, sha)
    if kind == "tag":
        return TagNode(call, sha)
    if kind == "blob":
        found = call.git.object(sha)
        return BlobNode(call, sha, found[2] if found else b"")
    return GitNode(call, sha, kind)


class RefNode(Node):
    """A reference; its name is what follows the prefix it was asked for by."""

    def __init__(self, call: Call, found: Ref, prefix: str = "") -> None:
        super().__init__(call)
        place = prefix or "/".join(found.name.split("/")[:2]) + "/"
        self.prefix, self.name = place, found.name.removeprefix(place)
        self.id = node_id("Ref", f"{call.repo.id}:{found.name}")
        self.found = found

    @property
    def target(self) -> GitNode:
        return git_object(self.call, self.found.sha, self.found.kind)


def ref(call: Call, name: str) -> RefNode | None:
    """Return a reference by its full or short name."""
    for full in (name, f"refs/heads/{name}", f"refs/tags/{name}"):
        found = call.git.object(full) if full.startswith("refs/") else None
        if found is not None:
            return RefNode(call, Ref(full, found[0], found[1], found[0]))
    return None


class ReleaseNode(Node):
    def __init__(self, call: Call, found: Release) -> None:
        super().__init__(call)
        self.id, self.database_id = node_id("Release", found.id), found.id
        self.tag_name, self.name, self.description = found.tag, found.name, found.body
        self.url = call.html("releases/tag", found.tag)
        self.created_at, self.published_at = stamp(found.created_at), maybe(found.published_at)
        self.updated_at = stamp(found.published_at or found.created_at)
        self.is_draft, self.is_prerelease = found.draft, found.prerelease
        self.author = actor(call, found.author)

    @property
    def is_latest(self) -> bool:
        latest = self.call.repo.latest_release()
        return latest is not None and latest.id == self.database_id

    @property
    def tag(self) -> RefNode | None:
        return ref(self.call, f"refs/tags/{self.tag_name}")

    @property
    def tag_commit(self) -> CommitNode | None:
        found = self.call.git.object(f"refs/tags/{self.tag_name}^{{commit}}")
        return commit(self.call, found[0]) if found else None


class StatusNode:
    def __init__(self, call: Call, found: DeploymentStatus, of: "DeploymentNode") -> None:
        self.id, self.deployment = node_id("DeploymentStatus", found.id), of
        self.state, self.description = found.state.upper(), found.description or None
        self.created_at = self.updated_at = stamp(found.created_at)
        self.log_url, self.environment_url = found.log_url or None, found.environment_url or None
        self.environment = of.environment
        self.creator = actor(call, found.creator)


class DeploymentNode(Node):
    def __init__(self, call: Call, found: Deployment) -> None:
        super().__init__(call)
        self._found = found
        self.id, self.database_id = node_id("Deployment", found.id), found.id
        self.commit_oid = found.sha
        self.environment = self.original_environment = self.latest_environment = found.environment
        self.created_at, self.updated_at = stamp(found.created_at), stamp(found.updated_at)
        self.description, self.task = found.description or None, found.task
        self.payload = found.payload or None
        self.creator = actor(call, found.creator)

    @property
    def commit(self) -> CommitNode | None:
        known = self.call.git.object(self.commit_oid)
        return commit(self.call, self.commit_oid) if known else None

    @property
    def ref(self) -> RefNode | None:
        return ref(self.call, self._found.ref)

    @property
    def state(self) -> str:
        """Return the deployment's own state: a success that is still in place is ACTIVE."""
        if not self._found.statuses:
            return "PENDING"
        last = self._found.statuses[-1].state
        return "ACTIVE" if last == "success" else last.upper()

    @property
    def latest_status(self) -> StatusNode | None:
        held = self._found.statuses
        return StatusNode(self.call, held[-1], self) if held else None

    def statuses(self, **page: object) -> Connection[object]:
        newest = list(reversed(self._found.statuses))
        return connection("statuses", newest, lambda s: StatusNode(self.call, s, self), page)
