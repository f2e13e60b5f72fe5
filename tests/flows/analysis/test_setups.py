"""The difference between what a project should have and what it has."""

import pytest

from flows.analysis.setups import (
    Goal,
    InLinear,
    Present,
    contents,
    differing,
    goal_from,
    goals_of,
    missing,
    owner_from,
    unset,
)
from flows.analysis.starter import LABELS, language_of, owners_file, workflow_of
from integrations.github import Label, Milestone, Protection

FULL = [
    "CODEOWNERS",
    "docs/PULL_REQUEST_TEMPLATE.md",
    ".github/ISSUE_TEMPLATE/any.yml",
    ".github/workflows/check.yaml",
    "go.mod",
]


def present(**parts: object) -> Present:
    """Return a repository with everything, but for what is given."""
    bare: dict[str, object] = {
        "labels": list(LABELS),
        "milestones": [Milestone(1, "1.0", "", "closed")],
        "paths": FULL,
        "protection": Protection(approvals=2),
    }
    return Present(**{**bare, **parts})  # type: ignore[arg-type] # any part


def test_where_nothing_is_missing_nothing_is_made() -> None:
    """Other spellings and places of a file are the file; a closed milestone is one as well."""
    lacks = missing(present(), None, [Goal("1.0")], ["@ada"], 1, "main")
    assert (lacks.labels, lacks.milestones, lacks.files) == ([], [], {})
    assert (lacks.stages, lacks.project) == ([], False)
    assert lacks.protection == Protection(approvals=2, code_owners=True)
    assert missing(present(), None, [], [], 2, "main").protection is None


def test_a_bare_repository_lacks_everything() -> None:
    """The check is that of its language, and its owners are asked."""
    bare = present(labels=[], milestones=[], paths=["package.json"], protection=None)
    lacks = missing(bare, InLinear(None, []), [Goal("1.0")], ["@acme/web"], 1, "trunk")
    assert lacks.labels == list(LABELS)
    assert sorted(lacks.files) == [
        ".github/CODEOWNERS",
        ".github/ISSUE_TEMPLATE/bug.md",
        ".github/ISSUE_TEMPLATE/feature.md",
        ".github/pull_request_template.md",
        ".github/workflows/ci.yml",
    ]
    assert "npm test" in lacks.files[".github/workflows/ci.yml"]
    assert "branches: [trunk]" in lacks.files[".github/workflows/ci.yml"]
    assert lacks.protection == Protection(approvals=1, code_owners=True)
    assert (lacks.project, lacks.stages) == (True, [Goal("1.0")])
    assert "Owners of the code are asked." in str(contents(lacks))
    assert contents(missing(present(), None, [], [], 0, "main")) == []


@pytest.mark.parametrize("parts", [{"by_ruleset": True}, {"unprotectable": "Not allowed."}])
def test_a_branch_that_a_ruleset_guards_is_left_alone(parts: dict[str, object]) -> None:
    """And so is one whose protection may not be seen."""
    bare = present(protection=None, **parts)
    assert missing(bare, None, [], [], 1, "main").protection is None


def test_what_cannot_be_set_up_says_what_it_takes() -> None:
    """Owners that nobody named, a language that nothing tells, rights that the bot lacks."""
    said = unset(present(paths=["README.md"], unprotectable="Not allowed."), [])
    assert [each.partition(":")[0] for each in said] == [
        "CODEOWNERS",
        "CI",
        "Protection of the branch",
    ]
    assert unset(present(), []) == []


def test_colours_that_people_chose_stay() -> None:
    """They are named, and labels of others do not count."""
    labels = [Label("Bug", "000000"), Label("mine", "123456"), *LABELS[1:]]
    assert differing(present(labels=labels)) == ["label Bug has the colour 000000, not d73a4a"]


@pytest.mark.parametrize("language", ["python", "node", "go"])
def test_a_first_check_may_only_read(language: str) -> None:
    """Whatever the language, its token can change nothing."""
    text = workflow_of(language, "main")  # type: ignore[arg-type] # one of the three
    assert "permissions:\n  contents: read" in text
    assert "pull_request:" in text


def test_words_are_read_in_one_form() -> None:
    """Milestones with and without a day, people with and without the sign."""
    typed = [goal_from(each) for each in (" 1.0 = 2026-06-01 ", "2.0")]
    assert [f"{goal.name} {goal.due_on}" for goal in goals_of(typed)] == [
        "1.0 2026-06-01",
        "2.0 None",
    ]
    assert [owner_from(each) for each in ("ada", "@acme/web")] == ["@ada", "@acme/web"]
    assert owners_file(["@ada", "@bo"]).endswith("* @ada @bo\n")
    assert language_of(["README.md"]) is None
