"""Writes a new flow: its page and its test page, which pass at once."""

import re
import sys
from keyword import iskeyword
from pathlib import Path
from string import Template

from bot.verbs import VERBS
from flows.engine.registry import catalogue

ROOT = Path(__file__).parent.parent
SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
IMPORTED = {"facts", "field", "flow", "params", "read-run", "report"}  # by the page below

PAGE = Template('''\
"""${title}: say in one line what people get."""

from pydantic import Field

from flows import Params, ReadRun, Report, facts, flow


class ${params}(Params):
    repo: str = Field(description="Repository to look at", examples=["acme/shop"])


@flow(alias="${slug}", budget=5, examples=["${slug} acme/shop"])
async def ${name}(run: ReadRun, params: ${params}) -> Report:
    """Only looks; a flow that changes something takes a Run and passes effects to run.apply."""
    head = await run.step("Find the newest commit", run.github.head, params.repo)
    return Report(
        f"${title} of {params.repo}",
        f"The newest commit is {head.sha[:7]}.",
        blocks=(facts(commit=head.sha[:7], by=head.author),),
    )
''')

TEST = Template('''\
"""${title}: what people get when they type it."""

from integrations.emulators.github import GitHubWorld
from tests.flows.play import Play
from tests.flows.scenario import Scenario

scenario = Scenario("${slug} acme/api")


async def test_names_the_newest_commit(world: GitHubWorld, play: Play) -> None:
    """The report names the commit at the head of the default branch."""
    world.repo("acme/api", release="v1.2.0", merged=["Add retries"])
    run = await play("${slug} acme/api")

    assert run.state == "done"
    assert world.writes == []
''')


def new_flow(family: str, slug: str, root: Path = ROOT) -> int:
    """Write both files; returns an exit code, and says on stderr what is wrong."""
    problem = _problem(family, slug, root)
    if problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    name = slug.replace("-", "_")
    words = {
        "slug": slug,
        "name": name,
        "title": slug.replace("-", " ").capitalize(),
        "params": "".join(part.capitalize() for part in slug.split("-")),
    }
    page = root / "flows" / family / f"{name}.py"
    test = root / "tests" / "flows" / family / f"test_{name}.py"
    for path, template in ((page, PAGE), (test, TEST)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template.substitute(words), encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(root)}\n")
    sys.stdout.write(f"Try it: python -m bot demo --once '/flow {slug} acme/shop'\n")
    return 0


def _problem(family: str, slug: str, root: Path) -> str:
    families = sorted({each.family for each in catalogue().values()})
    if family not in families:
        return f"There is no family {family!r}; there are {', '.join(families)}."
    if not SLUG.fullmatch(slug):
        return (
            f"{slug!r} is no slug: write small letters, digits and dashes, such as release-notes."
        )
    if slug in IMPORTED or iskeyword(slug):
        return f"{slug!r} is a word that Python or every flow uses: take another."
    taken = {name for each in catalogue().values() for name in (each.slug, each.alias)} | set(VERBS)
    if slug in taken:
        return f"{slug!r} is taken."
    page = root / "flows" / family / f"{slug.replace('-', '_')}.py"
    return f"{page.relative_to(root)} is there already." if page.exists() else ""
