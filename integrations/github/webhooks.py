"""Webhooks: proof that one comes from GitHub, and what it is about."""

import hmac
from collections.abc import Iterable, Iterator

import msgspec

from integrations.told import Told, topics, word

HEADS, TAGS = "refs/heads/", "refs/tags/"


def verify(secrets: Iterable[str], body: bytes, signature: str) -> bool:
    """Return whether `X-Hub-Signature-256` is `body` signed with one of the secrets.

    Several secrets are current while one is being replaced. All are tried, in constant time
    each, so that the answer's timing says nothing; an empty secret matches nothing.
    """
    given = signature.encode(errors="replace")
    valid = False
    for secret in secrets:
        digest = hmac.digest(secret.encode(), body, "sha256").hex()
        valid |= bool(secret) and hmac.compare_digest(f"sha256={digest}".encode(), given)
    return valid


class _Repository(msgspec.Struct):
    full_name: str | None = None


class _Numbered(msgspec.Struct):
    number: int | None = None
    pull_request: msgspec.Raw = msgspec.Raw()


class _AtCommit(msgspec.Struct):
    id: int | None = None
    head_sha: str | None = None
    sha: str | None = None
    run_id: int | None = None
    pull_requests: list[_Numbered] | None = None


class _Release(msgspec.Struct):
    tag_name: str | None = None


class _Body(msgspec.Struct):
    """What bodies of all events have in common; each part may be absent."""

    repository: _Repository | None = None
    pull_request: _Numbered | None = None
    issue: _Numbered | None = None
    check_run: _AtCommit | None = None
    check_suite: _AtCommit | None = None
    workflow_run: _AtCommit | None = None
    workflow_job: _AtCommit | None = None
    deployment: _AtCommit | None = None
    release: _Release | None = None
    ref: str | None = None
    sha: str | None = None
    action: msgspec.Raw = msgspec.Raw()


_DECODER = msgspec.json.Decoder(_Body)


def told(event: str, body: bytes) -> Told:
    """Return what a delivery says; without topics where it is about nothing that we know.

    Topics are `github:pull:acme/api#12`, `github:issue:acme/api#7`, `github:commit:acme/api@<sha>`,
    `github:run:acme/api/<id>`, `github:deployment:acme/api/<id>`, `github:release:acme/api@v1.2.0`,
    `github:branch:acme/api@main`, `github:tag:acme/api@v1.2.0`, and `github:repo:acme/api` always.
    The body is only a hint to look: order is never trusted, so whoever waits fetches the state.

    Raises:
        ValueError: it is no JSON of the shape that GitHub documents.

    """
    try:
        said = _DECODER.decode(body)
    except RecursionError as error:
        raise ValueError("the body is nested too deeply") from error
    action = word(said.action)
    repo = said.repository.full_name if said.repository else None
    if not repo:
        return Told(action)
    return Told(action, repo, topics("github", _about(event, repo, said)))


def _about(event: str, repo: str, said: _Body) -> Iterator[str]:
    yield f"repo:{repo}"
    yield from _commits(event, repo, said)
    yield from (f"pull:{repo}#{number}" for number in _pulls(said))
    for run in (
        said.workflow_run and said.workflow_run.id,
        said.workflow_job and said.workflow_job.run_id,
    ):
        if run:
            yield f"run:{repo}/{run}"
    if said.deployment and said.deployment.id:
        yield f"deployment:{repo}/{said.deployment.id}"
    if said.issue and said.issue.number:
        yield f"issue:{repo}#{said.issue.number}"
    if said.release and said.release.tag_name:
        yield f"release:{repo}@{said.release.tag_name}"
    if event == "push" and said.ref:
        kind, name = ("tag", TAGS) if said.ref.startswith(TAGS) else ("branch", HEADS)
        yield f"{kind}:{repo}@{said.ref.removeprefix(name)}"


def _commits(event: str, repo: str, said: _Body) -> Iterator[str]:
    for at in (*_checks(said), said.deployment):
        if at and (sha := at.head_sha or at.sha):
            yield f"commit:{repo}@{sha}"
    if event == "status" and said.sha:
        yield f"commit:{repo}@{said.sha}"


def _pulls(said: _Body) -> Iterator[int]:
    """Yield the numbers of the pull requests; on GitHub, one is an issue as well."""
    known = [said.pull_request] if said.pull_request else []
    if said.issue and bytes(said.issue.pull_request) not in (b"", b"null"):
        known.append(said.issue)
    for at in _checks(said):
        known += at.pull_requests or []
    yield from (each.number for each in known if each.number)


def _checks(said: _Body) -> list[_AtCommit]:
    every = (said.check_run, said.check_suite, said.workflow_run, said.workflow_job)
    return [each for each in every if each]
