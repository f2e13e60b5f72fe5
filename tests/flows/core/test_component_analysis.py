"""Components: what is found in a tree, and what is left out of it."""

from datetime import timedelta

from flows.engine.tools import ProjectSettings
from flows.report import Figure, Table
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.history import Files
from integrations.emulators.github.story import Story
from tests.flows.play import Play, Played
from tests.flows.scenario import Scenario
from tests.flows.told import report

TANGLED = {
    "CODEOWNERS": "/orders/ @acme/orders\n/billing/ @dee\n",
    "orders/__init__.py": "",
    "orders/book.py": (
        "from billing.price import price\n\n\n"
        "def total(lines):\n"
        "    found = 0\n"
        "    for line in lines:\n"
        "        if line:\n"
        "            found += price(line)\n"
        "    return found\n"
    ),
    "billing/__init__.py": "",
    "billing/price.py": "import orders.book\n\n\ndef price(line):\n    return line.amount\n",
    "web/cart.js": "import { send } from '../client/send';\n\nexport const cart = () => send();\n",
    "client/send.js": "export function send() {\n  return 1;\n}\n",
    "gateway/main.go": "package main\n\nfunc main() {\n}\n",
    "README.md": "# Tangled\n",
}


def built(world: GitHubWorld, files: Files) -> None:
    """Build a repository that has these files, in one commit."""
    at = world.clock - timedelta(days=7)
    story = Story(world, "acme/api", created_at=at)
    story.commit("ada", at, "Begin", files)
    story.tell()


def changed(world: GitHubWorld, files: Files) -> None:
    """Commit these changes now."""
    story = Story.continued(world, "acme/api")
    story.commit("bo", world.clock, "Change", files)
    story.tell()


def tangled(world: GitHubWorld) -> None:
    """Build a repository in three languages, with a cycle of imports."""
    built(world, TANGLED)
    changed(world, {"orders/book.py": f"{TANGLED['orders/book.py']}\n\nLIMIT = 7\n"})


scenario = Scenario("components acme/api", world=tangled)


def table(run: Played, title: str) -> dict[str, tuple[str, ...]]:
    """Return the rows of the first table whose title begins so, by their first cell."""
    assert run.report
    tables = (block for block in run.report.blocks if isinstance(block, Table))
    found = next(each for each in tables if each.title.startswith(title))
    return {str(row[0]): tuple(map(str, row[1:])) for row in found.rows}


async def test_components_of_every_language_are_found(world: GitHubWorld, play: Play) -> None:
    """Folders are components, whatever they are written in."""
    tangled(world)
    run = await play("components acme/api")

    assert set(table(run, "Components")) == {"orders", "billing", "web", "client", "gateway"}
    languages = str(report(run).blocks[0])
    assert all(name in languages for name in ("Python", "JavaScript", "Go"))


async def test_a_cycle_of_imports_is_named(world: GitHubWorld, play: Play) -> None:
    """Who imports whom in a circle is the first thing to know."""
    tangled(world)
    run = await play("components acme/api")

    assert "1 import cycle" in run.said
    assert "billing ↔ orders" in str(report(run))
    assert report(run).tone == "warn"


async def test_owners_come_from_codeowners(world: GitHubWorld, play: Play) -> None:
    """What the repository says about its owners counts before its history."""
    tangled(world)
    run = await play("components acme/api")

    head = next(b.head for b in report(run).blocks if isinstance(b, Table))
    owners = head.index("Owners") - 1
    assert "acme/orders" in table(run, "Components")["orders"][owners]
    assert "dee" in table(run, "Components")["billing"][owners]


async def test_change_times_complexity_makes_a_hotspot(world: GitHubWorld, play: Play) -> None:
    """The file that changes most where it is most complex comes first."""
    tangled(world)
    run = await play("components acme/api")

    assert "the hottest file is orders/book.py" in run.said
    assert "total" in str(table(run, "Hotspots"))


async def test_the_picture_has_words(world: GitHubWorld, play: Play) -> None:
    """Who cannot see the picture reads its strongest arrows."""
    tangled(world)
    run = await play("components acme/api")

    (figure,) = [block for block in report(run).blocks if isinstance(block, Figure)]
    assert figure.png.startswith(b"\x89PNG")
    assert "orders → billing" in figure.alt


async def test_no_source_code_is_a_result(world: GitHubWorld, play: Play) -> None:
    """A repository of prose has no components, and the report says so."""
    built(world, {"README.md": "# Prose\n", "docs/guide.md": "Read.\n"})
    run = await play("components acme/api")

    assert report(run).title == "acme/api has no source code to analyse"


async def test_one_commit_is_enough(world: GitHubWorld, play: Play) -> None:
    """A new repository has no past, and still components."""
    built(world, {"app/main.py": "def main():\n    return 1\n"})
    run = await play("components acme/api")

    assert run.said.startswith("1 component, no import cycle")
    assert "the first analysis" in str(report(run))


async def test_vendored_code_is_left_out_by_name(world: GitHubWorld, play: Play) -> None:
    """What others wrote is not ours to measure, and the report says that it is there."""
    built(world, {"app/main.py": "X = 1\n", "vendor/lib/big.py": "Y = 2\n"})
    run = await play("components acme/api")

    assert list(table(run, "Components")) == ["app"]
    assert "vendored or generated: vendor" in str(report(run))


async def test_a_quiet_window_has_no_hotspots(world: GitHubWorld, play: Play) -> None:
    """Where nothing changed nothing can be hot."""
    built(world, {"app/main.py": "def main():\n    return 1\n"})
    run = await play("components acme/api window=1d")

    assert "No hotspots" in str(report(run))


async def test_the_next_analysis_says_what_changed(world: GitHubWorld, play: Play) -> None:
    """New and lost components and cycles stand out, nothing else does."""
    tangled(world)
    await play("components acme/api")
    same = await play("components acme/api")
    changed(
        world,
        {
            "gateway/main.go": None,
            "jobs/clean.py": "def clean():\n    return 1\n",
            "billing/price.py": "def price(line):\n    return line.amount\n",
        },
    )
    run = await play("components acme/api")

    assert "No change since" in str(report(same))
    said = str(report(run))
    assert "New component jobs" in said
    assert "Component gateway is gone" in said
    assert "Import cycle broken: billing ↔ orders" in said


async def test_components_may_be_named_by_the_project(world: GitHubWorld, play: Play) -> None:
    """What is set for the project counts before the folders' names."""
    tangled(world)
    await play.project(
        ProjectSettings("acme/api", components={"orders": "Shop", "billing": "Shop", "web": "Page"})
    )
    run = await play("components acme/api")

    assert {"Shop", "Page"} <= set(table(run, "Components"))
    assert "orders" not in table(run, "Components")


async def test_a_link_out_of_the_tree_is_not_followed(world: GitHubWorld, play: Play) -> None:
    """What a repository points to on this machine stays unread."""
    built(world, {"app/main.py": "def main():\n    return 1\n"})
    special(world, "120000", "app/secrets.py", b"/etc/passwd")
    run = await play("components acme/api")

    assert list(table(run, "Components")) == ["app"]
    assert "root:" not in str(report(run))


async def test_a_submodule_is_not_fetched(world: GitHubWorld, play: Play) -> None:
    """A commit of another repository is no file of this one."""
    built(world, {"app/main.py": "def main():\n    return 1\n"})
    git = world.git(world["acme/api"])
    commit_tree(world, f"160000 commit {git.object('refs/heads/main')[0]}\tvendor")  # type: ignore[index] # it was just made
    run = await play("components acme/api")

    assert list(table(run, "Components")) == ["app"]


async def test_a_huge_file_is_left_out_and_counted(world: GitHubWorld, play: Play) -> None:
    """More than a megabyte of generated code would tell nobody anything."""
    built(world, {"app/main.py": "def main():\n    return 1\n"})
    changed(world, {"app/data.py": "ROWS = 1\n" * 120_000})
    run = await play("components acme/api")

    assert list(table(run, "Components")) == ["app"]
    assert "such as app/data.py" in str(report(run))


async def test_a_binary_is_no_source(world: GitHubWorld, play: Play) -> None:
    """Bytes that are no text are left out, whatever their name ends with."""
    built(world, {"app/main.py": "def main():\n    return 1\n", "app/blob.py": b"\0\xff\xfe" * 99})
    run = await play("components acme/api")

    assert list(table(run, "Components")) == ["app"]
    assert "such as app/blob.py" in str(report(run))


async def test_any_name_is_a_name(world: GitHubWorld, play: Play) -> None:
    """Spaces, accents and other scripts are read as they are."""
    built(
        world,
        {
            "my app/größe main.py": "def main():\n    return 1\n",
            "注文/本.py": "def total():\n    return 1\n",
        },
    )
    run = await play("components acme/api")

    assert set(table(run, "Components")) == {"my app", "注文"}


async def test_another_branch_can_be_looked_at(world: GitHubWorld, play: Play) -> None:
    """The report names what it looked at."""
    tangled(world)
    at = world.clock - timedelta(hours=3)
    story = Story.continued(world, "acme/api")
    story.pull("Jobs", "cy", {"jobs/clean.py": "def clean():\n    return 1\n"}, opened=at)
    story.tell()
    run = await play("components acme/api ref=change-1")

    assert "jobs" in table(run, "Components")
    assert "change-1 at" in str(report(run))


async def test_a_branch_that_is_not_there_is_one_sentence(world: GitHubWorld, play: Play) -> None:
    """The person in the thread learns which name is wrong."""
    tangled(world)
    run = await play("components acme/api ref=nope")

    assert run.state == "stopped"
    assert "nope" in run.said


def special(world: GitHubWorld, mode: str, path: str, content: bytes) -> None:
    """Add something that is no ordinary file to the head."""
    git = world.git(world["acme/api"])
    blob = git.call("hash-object", "-w", "--stdin", stdin=content).decode().strip()
    commit_tree(world, f"{mode} blob {blob}\t{path.rpartition('/')[2]}", path.rpartition("/")[0])


def commit_tree(world: GitHubWorld, entry: str, folder: str = "") -> None:
    """Commit the head's tree with one more entry in a folder."""
    git = world.git(world["acme/api"])
    listing = git.call("ls-tree", f"main:{folder}").decode()
    tree = git.call("mktree", stdin=f"{listing}{entry}\n".encode()).decode().strip()
    if folder:
        rest = git.call("ls-tree", "main").decode().splitlines()
        kept = [line for line in rest if line.partition("\t")[2] != folder]
        whole = "\n".join([*kept, f"040000 tree {tree}\t{folder}", ""])
        tree = git.call("mktree", stdin=whole.encode()).decode().strip()
    at = f"{int(world.clock.timestamp())} +0000"
    commit = (
        f"tree {tree}\nparent {world.head('acme/api')}\nauthor Ada <ada@acme.example> {at}\n"
        f"committer Ada <ada@acme.example> {at}\n\nSpecial\n"
    )
    made = git.call("hash-object", "-w", "-t", "commit", "--stdin", stdin=commit.encode())
    git.call("update-ref", "refs/heads/main", made.decode().strip())
