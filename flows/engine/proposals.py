"""A change to a file as a plan: a branch, a commit, a pull request that people merge."""

from functools import partial
from typing import Any

from flows.engine.effects import Effect, effect
from integrations.github import File, GitHub

TITLE_LENGTH = 60


def propose(  # noqa: PLR0913 - where, from what, to what, and in which words
    github: GitHub,
    repo: str,
    *,
    before: File,
    content: str,
    at: str,
    base: str,
    branch: str,
    title: str,
) -> tuple[Effect[Any], ...]:
    """Return the effects that propose new content for a file; the last one's result is the pull.

    `at` is the commit to start from, `base` the branch that people merge into. Deleting the new
    branch takes everything back: GitHub closes its pull request.
    """
    undo = partial(github.delete_branch, repo, branch)
    body = f"Changes `{before.path}` only."
    return (
        effect(
            f"Branch {branch} off {at[:7]}"[:TITLE_LENGTH],
            do=partial(github.ensure_branch, repo, branch, at),
            undo=undo,
        ),
        effect(
            f"Commit {before.path}"[:TITLE_LENGTH],
            do=partial(github.ensure_file, repo, branch, before.path, content, title, before.sha),
            undo=undo,
        ),
        effect(
            f"Open the pull request “{title}”"[:TITLE_LENGTH],
            do=partial(github.ensure_pull, repo, branch, base, title, body),
            undo=undo,
        ),
    )
