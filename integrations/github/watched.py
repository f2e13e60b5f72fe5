"""Issues, pull requests and branches as the rules of a repository see them: questions, shapes."""

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from integrations.github import graph, models
from integrations.github.graph import REPO, Actor, Connection, Node
from integrations.github.standing import CHECKS, DECISIONS, ChangedFile, ReviewRequest, Rollup
from integrations.github.wire import GHOST, Label, label_names

WHO = "author { login __typename }"
THREAD = f"""
number title url createdAt updatedAt state locked authorAssociation {WHO}
labels(first: 50) {{ nodes {{ name }} }}
comments(last: 10) {{ nodes {{ updatedAt viewerDidAuthor {WHO} }} }}
"""
PULL = f"""
{THREAD}
isDraft headRefName headRefOid baseRefName isCrossRepository
mergeable mergeStateStatus reviewDecision
autoMergeRequest {{ mergeMethod }}
reviewRequests(first: 20) {{
  nodes {{
    requestedReviewer {{
      __typename
      ... on User {{ login }}
      ... on Bot {{ login }}
      ... on Team {{ combinedSlug }}
    }}
  }}
}}
latestOpinionatedReviews(first: 20) {{ nodes {{ state submittedAt commit {{ oid }} {WHO} }} }}
latestReviews(first: 20) {{ nodes {{ submittedAt {WHO} }} }}
commits(last: 1) {{ nodes {{ commit {{ committedDate statusCheckRollup {{ state }} }} }} }}
files(first: 100) {{ totalCount nodes {{ path }} }}
"""
ASKED = "states: $states, orderBy: $order, first: $first, after: $after"
PAGE = "pageInfo { hasNextPage endCursor }"
ABOUT = "pushedAt autoMergeAllowed defaultBranchRef { name }"
PULLS = f"""
query(
  $owner: String!, $name: String!, $base: String, $states: [PullRequestState!]
  $first: Int!, $order: IssueOrder, $after: String
) {{
  {REPO} {{
    {ABOUT}
    page: pullRequests(baseRefName: $base, {ASKED}) {{ {PAGE} nodes {{ {PULL} }} }}
  }}
}}
"""
ISSUES = f"""
query(
  $owner: String!, $name: String!, $states: [IssueState!]
  $first: Int!, $order: IssueOrder, $after: String
) {{
  {REPO} {{ {ABOUT} page: issues({ASKED}) {{ {PAGE} nodes {{ {THREAD} }} }} }}
}}
"""
ONE_PULL = f"""
query($owner: String!, $name: String!, $number: Int!) {{
  {REPO} {{ {ABOUT} one: pullRequest(number: $number) {{ {PULL} }} }}
}}
"""
ONE_ISSUE = f"""
query($owner: String!, $name: String!, $number: Int!) {{
  {REPO} {{ {ABOUT} one: issue(number: $number) {{ {THREAD} }} }}
}}
"""
BRANCH = f"""
name
target {{ oid }}
branchProtectionRule {{ id }}
rules(first: 1) {{ totalCount }}
associatedPullRequests(first: 5, orderBy: {{field: CREATED_AT, direction: DESC}}) {{
  nodes {{ number title url state headRefOid baseRefName mergedAt {WHO} }}
}}
"""
BRANCHES = f"""
query($owner: String!, $name: String!, $after: String) {{
  {REPO} {{
    {ABOUT}
    page: refs(refPrefix: "refs/heads/", first: 100, after: $after) {{
      {PAGE} nodes {{ {BRANCH} }}
    }}
  }}
}}
"""
ONE_BRANCH = f"""
query($owner: String!, $name: String!, $ref: String!) {{
  {REPO} {{ {ABOUT} one: ref(qualifiedName: $ref) {{ {BRANCH} }} }}
}}
"""
QUERIES = (PULLS, ISSUES, ONE_PULL, ONE_ISSUE, BRANCHES, ONE_BRANCH)
FITS = {"MERGEABLE": True, "CONFLICTING": False}
T = TypeVar("T")


class About(models.Model, frozen=True):
    """The repository itself; `default_branch` is "" where it has no commit yet."""

    default_branch: str = ""
    pushed_at: datetime | None = None
    auto_merge: bool = False


class Verdict(models.Model, frozen=True):
    """What somebody thinks of a commit of a pull request: approved or changes_requested."""

    author: str
    state: str
    sha: str = ""


class Watched(models.Model, frozen=True):
    """An issue or a pull request as rules see it.

    `spoke_at` is when somebody else than this bot last said, wrote or reviewed something, `ours_at`
    when the bot last did. `fits` says whether it merges without a conflict, None while GitHub has
    not found out. `paths` are the first hundred that it changes.
    """

    number: int
    title: str
    url: str
    author: str
    created_at: datetime
    updated_at: datetime
    spoke_at: datetime
    is_open: bool = True
    is_pull: bool = False
    author_is_bot: bool = False
    association: str = "NONE"
    locked: bool = False
    labels: tuple[str, ...] = ()
    ours_at: datetime | None = None
    merged: bool = False
    draft: bool = False
    head_ref: str = ""
    head_sha: str = ""
    base_ref: str = ""
    from_fork: bool = False
    fits: bool | None = None
    status: str = "unknown"
    decision: models.ReviewDecision = "none"
    verdicts: tuple[Verdict, ...] = ()
    reviewed: bool = False
    reviewers: tuple[str, ...] = ()
    checks: models.ChecksState = "none"
    paths: tuple[str, ...] = ()
    auto_merge: bool = False

    @property
    def is_settled(self) -> bool:
        """Say whether GitHub has found out how it merges."""
        return self.fits is not None or not self.is_pull


class BranchPull(models.Model, frozen=True):
    """A pull request of a branch, and the last commit that it had."""

    number: int
    title: str
    url: str
    author: str
    state: str
    sha: str
    base_ref: str
    merged_at: datetime | None = None


class HeadBranch(models.Model, frozen=True):
    """A branch with its last pull requests, the newest first; `protected` in whatever way."""

    name: str
    sha: str
    protected: bool = False
    pulls: tuple[BranchPull, ...] = ()


class OpenThreads(models.Model, frozen=True):
    """What is open, by number."""

    about: About
    items: tuple[Watched, ...] = ()


class Branches(models.Model, frozen=True):
    about: About
    items: tuple[HeadBranch, ...] = ()


class Said(Node, frozen=True):
    updated_at: datetime
    viewer_did_author: bool | None = None
    author: Actor | None = None


class Reviewed(Node, frozen=True):
    state: str | None = None
    submitted_at: datetime | None = None
    commit: graph.Oid | None = None
    author: Actor | None = None

    def verdict(self) -> Verdict:
        sha = self.commit.oid if self.commit else ""
        return Verdict(_who(self.author), (self.state or "").lower(), sha)


class Tip(Node, frozen=True):
    committed_date: datetime | None = None
    status_check_rollup: Rollup | None = None


class TipOf(Node, frozen=True):
    commit: Tip | None = None


class Thread(Node, frozen=True, kw_only=True):
    number: int
    title: str
    url: str
    created_at: datetime
    updated_at: datetime
    state: str | None = None
    locked: bool | None = None
    author_association: str | None = None
    author: Actor | None = None
    labels: Connection[Label] | None = None
    comments: Connection[Said] | None = None
    is_draft: bool | None = None
    head_ref_name: str | None = None
    head_ref_oid: str | None = None
    base_ref_name: str | None = None
    is_cross_repository: bool | None = None
    mergeable: str | None = None
    merge_state_status: str | None = None
    review_decision: str | None = None
    auto_merge_request: Node | None = None
    review_requests: Connection[ReviewRequest] | None = None
    latest_opinionated_reviews: Connection[Reviewed] | None = None
    latest_reviews: Connection[Reviewed] | None = None
    commits: Connection[TipOf] | None = None
    files: Connection[ChangedFile] | None = None

    def model(self) -> Watched:
        said, reviews = _items(self.comments), _items(self.latest_reviews)
        ours = [each.updated_at for each in said if each.viewer_did_author]
        others = [each.updated_at for each in said if not (each.viewer_did_author or _bot(each))]
        others += [each.submitted_at for each in reviews if each.submitted_at and not _bot(each)]
        tip = next((each.commit for each in _items(self.commits) if each.commit), Tip())
        others += [tip.committed_date] if tip.committed_date else []
        asked = (each.requested_reviewer for each in _items(self.review_requests))
        found = Watched(
            number=self.number,
            title=self.title,
            url=self.url,
            author=_who(self.author),
            created_at=self.created_at,
            updated_at=self.updated_at,
            spoke_at=max([self.created_at, *others]),
            is_open=self.state == "OPEN",
            is_pull=self.head_ref_name is not None,
            author_is_bot=bool(self.author and self.author.is_bot),
            association=self.author_association or "NONE",
            locked=bool(self.locked),
            labels=label_names([*_items(self.labels)]),
            ours_at=max(ours, default=None),
        )
        if not found.is_pull:
            return found
        return msgspec.structs.replace(
            found,
            merged=self.state == "MERGED",
            draft=bool(self.is_draft),
            head_ref=self.head_ref_name or "",
            head_sha=self.head_ref_oid or "",
            base_ref=self.base_ref_name or "",
            from_fork=bool(self.is_cross_repository),
            fits=FITS.get(self.mergeable or ""),
            status=(self.merge_state_status or "unknown").lower(),
            decision=DECISIONS.get(self.review_decision or "", "none"),
            verdicts=tuple(each.verdict() for each in _items(self.latest_opinionated_reviews)),
            reviewed=any(each.author and each.author != self.author for each in reviews),
            reviewers=tuple(each.spelled for each in asked if each and each.spelled),
            checks=CHECKS.get((tip.status_check_rollup or Rollup()).state or "", "none"),
            paths=tuple(each.path for each in _items(self.files)),
            auto_merge=self.auto_merge_request is not None,
        )


class Counted(Node, frozen=True):
    total_count: int = 0


class PullOfBranch(Node, frozen=True):
    number: int
    title: str
    url: str
    base_ref_name: str
    state: str | None = None
    head_ref_oid: str | None = None
    merged_at: datetime | None = None
    author: Actor | None = None

    def model(self) -> BranchPull:
        return BranchPull(
            number=self.number,
            title=self.title,
            url=self.url,
            author=_who(self.author),
            state=(self.state or "").lower(),
            sha=self.head_ref_oid or "",
            base_ref=self.base_ref_name,
            merged_at=self.merged_at,
        )


class BranchNode(Node, frozen=True):
    name: str
    target: graph.Oid | None = None
    branch_protection_rule: Node | None = None
    rules: Counted | None = None
    associated_pull_requests: Connection[PullOfBranch] | None = None

    def model(self) -> HeadBranch:
        return HeadBranch(
            self.name,
            self.target.oid if self.target else "",
            self.branch_protection_rule is not None or bool(self.rules and self.rules.total_count),
            tuple(each.model() for each in _items(self.associated_pull_requests)),
        )


class Home(Node, Generic[T], frozen=True):
    """A repository with one list, or one thing, of it."""

    pushed_at: datetime | None = None
    auto_merge_allowed: bool | None = None
    default_branch_ref: graph.RefName | None = None
    page: Connection[T] | None = None
    one: T | None = None

    def about(self) -> About:
        name = self.default_branch_ref.name if self.default_branch_ref else None
        return About(name or "", self.pushed_at, bool(self.auto_merge_allowed))


def _items(page: Connection[T] | None) -> list[T]:
    return page.items if page else []


def _who(author: Actor | None) -> str:
    return author.spelled if author else GHOST


def _bot(said: Said | Reviewed) -> bool:
    return said.author is not None and said.author.is_bot
