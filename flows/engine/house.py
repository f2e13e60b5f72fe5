"""What a project wants of its issues, pull requests and branches: the rules of its house."""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from flows.engine.zones import zone_called

Kind: TypeAlias = Literal["labels", "stale", "rebase", "reviewers", "merge", "branches", "greet"]
Label: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50)]
Glob: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Days: TypeAlias = Annotated[int, Meta(ge=1, le=1000)]
Words: TypeAlias = Annotated[str, Meta(max_length=2000)]


class LabelRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A label for what has one of these titles, or changes a file at one of these paths."""

    label: Label
    paths: list[Glob] = []
    titles: list[Glob] = []

    def __post_init__(self) -> None:
        """Refuse a rule that can never hold."""
        if not (self.paths or self.titles):
            raise ValueError(f"the label {self.label!r} needs `paths` or `titles`")


class StaleRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What nothing happens to is labelled after `warn` days of work, and closed `close` later.

    0 never closes. What has one of the `exempt` labels is left alone; days end in the `zone`.
    """

    warn: Days = 30
    close: Annotated[int, Meta(ge=0, le=1000)] = 10
    label: Label = "stale"
    exempt: tuple[Label, ...] = ("pinned", "security")
    issues: bool = True
    pulls: bool = True
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Read the time zone, so that a mistake is named where it is made."""
        zone_called(self.zone)


class RebaseRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pull request that conflicts has this label, and a comment that says so."""

    label: Label = "needs-rebase"
    comment: bool = True


class ReviewRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many people are asked for a review of what nobody was asked for."""

    count: Annotated[int, Meta(ge=1, le=5)] = 1


class MergeRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is green and approved is merged, where it has the `label` ("" needs none).

    `checks` names those that have to be green, else all are; a label of `hold` stops it. It goes
    for the default branch, or for the `bases` that these globs name. Approvals of an earlier commit
    count with `old_approvals`. With `native` GitHub waits for what its own rules ask for.
    """

    label: Annotated[str, Meta(max_length=50)] = "automerge"
    method: Literal["merge", "squash", "rebase"] = "squash"
    approvals: Annotated[int, Meta(ge=0, le=20)] = 1
    checks: list[str] = []
    hold: tuple[Label, ...] = ("hold", "do not merge", "wip")
    bases: list[Glob] = []
    old_approvals: bool = False
    native: bool = False


class BranchRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The branch of a merged pull request is deleted, unless a glob of `keep` names it."""

    keep: list[Glob] = []


class GreetRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said to people who are new here, on their first pull request or issue; "" is nothing.

    `{author}` and `{repo}` are filled in.
    """

    pulls: Words = ""
    issues: Words = ""


class HouseRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All rules of a project; one that is left out is not kept."""

    labels: list[LabelRule] = []
    stale: StaleRule | None = None
    rebase: RebaseRule | None = None
    reviewers: ReviewRule | None = None
    merge: MergeRule | None = None
    branches: BranchRule | None = None
    greet: GreetRule | None = None

    def only(self, kind: Kind) -> "HouseRules":
        """Return this rule alone."""
        return HouseRules(**{kind: getattr(self, kind)})

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Return which rules are set, in their order."""
        return tuple(each for each in KINDS if getattr(self, each))


KINDS: tuple[Kind, ...] = (
    "labels",
    "stale",
    "rebase",
    "reviewers",
    "merge",
    "branches",
    "greet",
)
"""In the order in which their changes are made."""

SENSIBLE = HouseRules(
    labels=[
        LabelRule("documentation", paths=["docs/**", "**/*.md"]),
        LabelRule("ci", paths=[".github/**"], titles=["ci:*", "ci(*"]),
    ],
    stale=StaleRule(),
    rebase=RebaseRule(),
    reviewers=ReviewRule(),
    merge=MergeRule(),
    branches=BranchRule(),
    greet=GreetRule(
        pulls="Thank you for your first pull request to {repo}, @{author}. "
        "Ask here if anything is unclear."
    ),
)
"""What is shown, and not done, where a project has set nothing."""
