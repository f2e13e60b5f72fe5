"""What a project is started with: labels, templates, a first check, rules; plain values."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from integrations.github import Label

Language: TypeAlias = Literal["python", "node", "go"]
LABELS = (
    Label("bug", "d73a4a", "Something does not work"),
    Label("feature", "0e8a16", "Something new"),
    Label("documentation", "0075ca", "Words that help"),
    Label("requirement", "5319e7", "What was agreed to be built"),
    Label("approved", "1d76db", "A requirement that was agreed on"),
    Label("blocked", "b60205", "Cannot go on without somebody or something"),
    Label("blocker", "b60205", "No release goes out before this is solved"),
    Label("good first issue", "7057ff", "For somebody who is new here"),
)
PULL_TEMPLATE = """\
## What changes

<!-- One or two sentences. Name the issue, such as: Fixes #12 -->

## How it was tested

- [ ] A test fails without this change and passes with it
- [ ] Documentation says what is true now
"""
BUG_TEMPLATE = """\
---
name: Bug
about: Something does not work
labels: bug
---

**What happens**

**What should happen**

**How to make it happen**

1.

**Version, and where it runs**
"""
FEATURE_TEMPLATE = """\
---
name: Feature
about: Something new
labels: feature
---

**Who needs what, and why**

**It is done when**

- [ ]
"""
# What tells the language of a repository, and how its tests are run.
MARKS: Mapping[str, Language] = {
    "pyproject.toml": "python",
    "setup.py": "python",
    "requirements.txt": "python",
    "package.json": "node",
    "go.mod": "go",
}
STEPS: Mapping[Language, str] = {
    "python": """\
      - uses: actions/setup-python@v5
        with:
          python-version: "3.x"
      - run: pip install pytest
      - run: if [ -f requirements.txt ]; then pip install -r requirements.txt; fi
      - run: if [ -f pyproject.toml ] || [ -f setup.py ]; then pip install -e .; fi
      - run: pytest
""",
    "node": """\
      - uses: actions/setup-node@v4
        with:
          node-version: lts/*
      - run: if [ -f package-lock.json ]; then npm ci; else npm install; fi
      - run: npm test
""",
    "go": """\
      - uses: actions/setup-go@v5
        with:
          go-version: stable
      - run: go test ./...
""",
}
WORKFLOW = """\
name: CI
on:
  push:
    branches: [{branch}]
  pull_request:
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    steps:
      - uses: actions/checkout@v4
{steps}"""


def language_of(paths: Sequence[str]) -> Language | None:
    """Return the language by what lies at the root of a repository."""
    return next((MARKS[path] for path in paths if path in MARKS), None)


def workflow_of(language: Language, branch: str) -> str:
    """Return a first workflow: it reads the code, runs the tests, and may do nothing else."""
    return WORKFLOW.format(branch=branch, steps=STEPS[language])


def owners_file(owners: Sequence[str]) -> str:
    """Return a file by which these people and teams own everything."""
    return f"# Everything, until a line below says otherwise.\n* {' '.join(owners)}\n"
