"""What a project should have against what it has: the difference is the plan."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from flows.analysis.ownership import CODEOWNERS_PATHS
from flows.analysis.starter import (
    BUG_TEMPLATE,
    FEATURE_TEMPLATE,
    LABELS,
    PULL_TEMPLATE,
    language_of,
    owners_file,
    workflow_of,
)
from flows.analysis.words import counted
from flows.report import Block, Code, bullets
from integrations.errors import NotFound, Refused
from integrations.github import GitHubReader, Label, Milestone, Protection, Repository
from integrations.linear import LinearReader, Project
from integrations.linear import Milestone as Stage

SET_UP = "flowbot/set-up"  # the branch of what is proposed
_MILESTONE = re.compile(r"(?P<name>[^=]{1,80}?)\s*(?:=\s*(?P<due>\d{4}-\d{2}-\d{2}))?")
_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)?")
_TEMPLATES = re.compile(r"(?:\.github/|docs/)?issue_template(?:/|\.md)", re.IGNORECASE)
_PULL_TEMPLATES = re.compile(r"(?:\.github/|docs/)?pull_request_template(?:/|\.md)", re.IGNORECASE)
_WORKFLOWS = re.compile(r"\.github/workflows/[^/]+\.ya?ml")


class Present(msgspec.Struct, frozen=True):
    """What a repository has, or is proposed at `waiting`, the address of a pull request.

    `unprotectable` is why nobody can tell how its branch is protected.
    """

    labels: list[Label]
    milestones: list[Milestone]
    paths: list[str]
    protection: Protection | None
    by_ruleset: bool = False
    unprotectable: str = ""
    waiting: str = ""


class InLinear(msgspec.Struct, frozen=True):
    """The project in Linear, None where there is none of that name, and its milestones."""

    project: Project | None
    stages: list[Stage]


class Goal(msgspec.Struct, frozen=True):
    """A milestone that is wanted, and the day it is due."""

    name: str
    due_on: date | None = None


class Missing(msgspec.Struct, frozen=True):
    """What has to be made; `protection` is None where the branch is protected well enough."""

    labels: list[Label]
    milestones: list[Goal]
    files: dict[str, str]
    protection: Protection | None
    stages: list[Goal]
    project: bool


def goal_from(text: str) -> str:
    """Return `1.0=2026-06-01` in its one form; anything else is a ValueError."""
    found = _MILESTONE.fullmatch(text.strip())
    if not found or not found["name"].strip():
        raise ValueError(f"{text[:40]} is no milestone: write 1.0, or 1.0=2026-06-01")
    if found["due"]:
        date.fromisoformat(found["due"])
    return f"{found['name'].strip()}={found['due']}" if found["due"] else found["name"].strip()


def owner_from(text: str) -> str:
    """Return `@ada` or `@acme/web` as it stands in CODEOWNERS; else raise ValueError."""
    owner = f"@{text.strip().lstrip('@')}"
    if not _OWNER.fullmatch(owner):
        raise ValueError(f"{text[:40]} is nobody on GitHub: write @ada or @acme/web")
    return owner


def goals_of(texts: Sequence[str]) -> list[Goal]:
    """Return the milestones that were typed."""
    parts = [text.rpartition("=") if "=" in text else (text, "", "") for text in texts]
    return [Goal(name, date.fromisoformat(day) if day else None) for name, _, day in parts]


async def repository_of(github: GitHubReader, repo: str) -> Repository | None:
    """Return the repository, None where there is none that this bot can see."""
    try:
        return await github.repository(repo)
    except NotFound:
        return None


async def present_in(github: GitHubReader, repo: str, branch: str) -> Present:
    """Return what a repository has of all that a project is started with."""
    proposed = await github.open_pulls(repo, SET_UP)
    waiting = proposed[0].url if proposed else ""
    refs = [branch, SET_UP] if proposed else [branch]
    paths = [
        each.path
        for ref in refs
        for each in (await github.tree(repo, ref)).entries
        if each.kind == "blob"
    ]
    labels, milestones = await github.labels(repo), await github.milestones(repo)
    try:
        protection = await github.protection(repo, branch)
        rules = await github.branch_rules(repo, branch)
    except Refused as error:
        return Present(labels, milestones, paths, None, unprotectable=str(error), waiting=waiting)
    asked = any(rule.kind == "pull_request" for rule in rules)
    return Present(labels, milestones, paths, protection, asked, waiting=waiting)


async def linear_project(linear: LinearReader, team: str, name: str) -> InLinear:
    """Return the project of this name in a team, with its milestones."""
    every = await linear.projects(team)
    found = next((each for each in every if each.name.casefold() == name.casefold()), None)
    return InLinear(found, await linear.milestones(found.id) if found else [])


def missing(
    present: Present,
    linear: InLinear | None,
    goals: Sequence[Goal],
    owners: Sequence[str],
    approvals: int,
    branch: str,
) -> Missing:
    """Return what is wanted and not there; what is there in another form stays as it is."""
    names = {each.name.casefold() for each in present.labels}
    titles = {each.title.casefold() for each in present.milestones}
    stages = {each.name.casefold() for each in linear.stages} if linear else set()
    wanted = list(goals)
    return Missing(
        labels=[each for each in LABELS if each.name.casefold() not in names],
        milestones=[each for each in wanted if each.name.casefold() not in titles],
        files=_files(present.paths, owners, branch),
        protection=_protection(present, owners, approvals),
        stages=[each for each in wanted if linear and each.name.casefold() not in stages],
        project=linear is not None and linear.project is None,
    )


def contents(lacks: Missing) -> list[Block]:
    """Return what is in the pull request, and what the protection comes to."""
    blocks: list[Block] = []
    if lacks.files:
        files = [
            (Code(path), f", {counted(len(text.splitlines()), 'line')}")
            for path, text in sorted(lacks.files.items())
        ]
        blocks.append(bullets(files, "Files for review"))
    if wanted := lacks.protection:
        rules = [f"A pull request needs {counted(wanted.approvals or 0, 'approval')}."]
        rules += ["Owners of the code are asked."] if wanted.code_owners else []
        rules.append("Nobody may push over it, or delete it.")
        blocks.append(bullets(rules, "Protection"))
    return blocks


def differing(present: Present) -> list[str]:
    """Return the labels that look otherwise than wanted; people chose that."""
    wanted: Mapping[str, Label] = {each.name.casefold(): each for each in LABELS}
    return [
        f"label {each.name} has the colour {each.colour}, not {wanted[each.name.casefold()].colour}"
        for each in present.labels
        if each.name.casefold() in wanted and wanted[each.name.casefold()].colour != each.colour
    ]


def unset(present: Present, owners: Sequence[str]) -> list[str]:
    """Return what could not be set up, and what it takes."""
    said = []
    if not any(path in CODEOWNERS_PATHS for path in present.paths) and not owners:
        said.append("CODEOWNERS: say who owns the code, such as owners=@acme/web.")
    if not any(map(_WORKFLOWS.fullmatch, present.paths)) and not language_of(present.paths):
        said.append("CI: nothing at the root tells the language; add a workflow by hand.")
    if present.unprotectable:
        said.append(f"Protection of the branch: {present.unprotectable}")
    return said


def _files(paths: Sequence[str], owners: Sequence[str], branch: str) -> dict[str, str]:
    wanted: dict[str, str] = {}
    if owners and not any(path in CODEOWNERS_PATHS for path in paths):
        wanted[".github/CODEOWNERS"] = owners_file(owners)
    if not any(map(_PULL_TEMPLATES.match, paths)):
        wanted[".github/pull_request_template.md"] = PULL_TEMPLATE
    if not any(map(_TEMPLATES.match, paths)):
        wanted[".github/ISSUE_TEMPLATE/bug.md"] = BUG_TEMPLATE
        wanted[".github/ISSUE_TEMPLATE/feature.md"] = FEATURE_TEMPLATE
    language = language_of(paths)
    if language and not any(map(_WORKFLOWS.fullmatch, paths)):
        wanted[".github/workflows/ci.yml"] = workflow_of(language, branch)
    return wanted


def _protection(present: Present, owners: Sequence[str], approvals: int) -> Protection | None:
    """Return the protection that is there, made as strict as wanted; None where it is already."""
    if present.by_ruleset or present.unprotectable:
        return None
    now = present.protection or Protection()
    wanted = msgspec.structs.replace(
        now,
        approvals=max(now.approvals or 0, approvals),
        code_owners=now.code_owners or bool(owners),
        force_pushes=False,
        deletions=False,
    )
    return None if present.protection == wanted else wanted
