"""What rules want, as changes of GitHub that can be repeated and taken back."""

from collections.abc import Mapping
from functools import partial
from typing import Any, TypeAlias

from flows.analysis.housework import TEAM
from flows.analysis.patrol import gate
from flows.analysis.upkeep import Act, Deed
from flows.engine.effects import Call, Effect, effect
from flows.engine.waiting import TITLE_LENGTH
from integrations.github import GitHub
from integrations.github.merging import Method

METHODS: Mapping[str, Method] = {"merge": "merge", "squash": "squash", "rebase": "rebase"}
Ways: TypeAlias = tuple[Call[Any], Call[Any] | None]

# A rule that is set is the yes to these: each is small, and can be taken back.
FREE = (
    "Label #*",
    "Take * off #*",
    "Comment on #*",
    "Delete the comment on #*",
    "Ask * to review #*",
    "Delete the branch *",
)


def effect_of(github: GitHub, repo: str, act: Act) -> Effect[Any]:
    """Return a change with what takes it back, and what it relies on."""
    number, value, sha = act.number, act.value, act.sha
    label: tuple[Call[Any], Call[Any]] = (
        partial(github.ensure_labelled, repo, number, value),
        partial(github.delete_labelled, repo, number, value),
    )
    say: tuple[Call[Any], Call[Any]] = (
        partial(github.ensure_comment, repo, number, value, act.text),
        partial(github.delete_comment, repo, number, value),
    )
    people, teams = ([], [value]) if act.text == TEAM else ([value], [])
    ways: dict[Deed, Ways] = {
        "label": label,
        "unlabel": (label[1], label[0]),
        "say": say,
        "unsay": (say[1], say[0]),
        "close": (
            partial(github.ensure_thread_closed, repo, number),
            partial(github.ensure_thread_opened, repo, number),
        ),
        "ask": (
            partial(github.ensure_reviewers, repo, number, people, teams),
            partial(github.delete_reviewers, repo, number, people, teams),
        ),
        "merge": (
            partial(github.ensure_merged, repo, number, sha, METHODS.get(value, "squash")),
            None,
        ),
        "let merge": (
            partial(github.ensure_auto_merge, repo, number, sha, METHODS.get(value, "squash")),
            partial(github.delete_auto_merge, repo, number),
        ),
        "delete branch": (
            partial(github.delete_branch_at, repo, value, sha),
            partial(github.ensure_branch, repo, value, sha),
        ),
    }
    do, undo = ways[act.deed]
    # A yes to these may come much later, so it is one to what was seen alone.
    relied: dict[Deed, Call[Any]] = {
        "merge": partial(gate, github, repo, number),
        "close": partial(github.touched_at, repo, number),
    }
    return effect(act.title[:TITLE_LENGTH], do=do, undo=undo, still=relied.get(act.deed))
