"""Components, coupling and cycles of little trees in every language, read from real files."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from flows.analysis.components import ComponentAnalysis, analyse

NOW = datetime(2026, 3, 1, tzinfo=UTC)
Analyse = Callable[..., ComponentAnalysis]


@dataclass(frozen=True)
class Tracked:
    path: str
    size: int
    kind: Literal["file", "symlink", "submodule"] = "file"


@dataclass(frozen=True)
class Change:
    author: str
    paths: tuple[str, ...]
    at: datetime = NOW
    email: str = field(default="")


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[Mapping[str, str]], list[Tracked]]:
    """Return a function that writes files and returns them as git would list them."""

    def write(files: Mapping[str, str]) -> list[Tracked]:
        for path, text in files.items():
            place = tmp_path / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return [Tracked(path, len(text.encode())) for path, text in files.items()]

    return write


Tree = Callable[[Mapping[str, str]], list[Tracked]]

PYTHON = {
    "src/cart/__init__.py": "from pricing import total\n",
    "src/cart/items.py": "from . import views\nfrom .views import show\n",
    "src/cart/views.py": "import os\n",
    "src/pricing/__init__.py": "",
    "src/pricing/tax.py": "def late():\n    import cart.items as i\n",
    "src/store/__init__.py": "import cart, pricing.tax\n",
    "tests/test_cart.py": "from cart.items import x\n",
}
SCRIPT = {
    "package.json": '{"private": true}',
    "packages/ui/package.json": '{"name": "@acme/ui"}',
    "packages/ui/src/index.tsx": "export * from './button';\nexport const A = 1;\n",
    "packages/ui/src/button.tsx": "export function Button() {}\n",
    "packages/core/package.json": '{"name": "@acme/core"}',
    "packages/core/index.js": "const api = require('../api/src/client');\nmodule.exports = {};\n",
    "packages/api/package.json": '{"name": "@acme/api"}',
    "packages/api/src/client.ts": "import type { A } from '@acme/ui';\nawait import('#/x');\n",
    "packages/api/tsconfig.json": (
        '{"compilerOptions": {/* x */ "paths": {"~ui/*": ["../ui/src/*"],}}}'
    ),
    "packages/api/src/late.ts": "import { Button } from '~ui/button.js';\n",
}
GO = {
    "go.mod": "module example.org/shop\n\ngo 1.22\n",
    "main.go": 'package main\n\nimport "example.org/shop/internal/cart"\n\nfunc main() {}\n',
    "internal/cart/cart.go": (
        'package cart\n\nimport (\n\t"fmt"\n\tp "example.org/shop/pricing"\n)\n\n'
        "func Add() {}\nfunc hidden() {}\n"
    ),
    "pricing/pricing.go": "package pricing\n\ntype Price int\n\nconst Max, min = 1, 2\n",
}
JAVA = {
    "api/src/main/java/org/acme/api/Api.java": (
        "package org.acme.api;\n\nimport org.acme.core.Core;\n\npublic class Api {}\n"
    ),
    "core/src/main/java/org/acme/core/Core.java": (
        "package org.acme.core;\n\nimport static org.acme.util.Text.trim;\n\n"
        "public class Core {}\nclass Hidden {}\n"
    ),
    "util/src/main/java/org/acme/util/Text.java": (
        "package org.acme.util;\n\nimport org.acme.api.*;\n\npublic final class Text {}\n"
    ),
}
RUST = {
    "Cargo.toml": '[workspace]\nmembers = ["crates/*"]\n',
    "crates/shop-core/Cargo.toml": '[package]\nname = "shop-core"\n',
    "crates/shop-core/src/lib.rs": "pub mod tax;\npub fn total() {}\npub(crate) fn inner() {}\n",
    "crates/shop-core/src/tax.rs": "use crate::total;\n",
    "crates/cli/Cargo.toml": '[package]\nname = "cli"\n',
    "crates/cli/src/main.rs": "use shop_core::{tax, total as t};\nfn main() {}\n",
    "crates/web/Cargo.toml": '[package]\nname = "web"\n',
    "crates/web/src/main.rs": "fn main() { shop_core::total(); }\n",
}


@pytest.mark.parametrize(
    ("files", "edges", "cycles"),
    [
        (
            PYTHON,
            {"cart>pricing", "pricing>cart", "store>cart", "store>pricing", "tests>cart"},
            (("cart", "pricing"),),
        ),
        (SCRIPT, {"core>api", "api>ui"}, ()),
        (GO, {"(root)>cart", "cart>pricing"}, ()),
        (JAVA, {"api>core", "core>util", "util>api"}, (("api", "core", "util"),)),
        (RUST, {"cli>shop-core", "web>shop-core"}, ()),
    ],
    ids=["python", "script", "go", "java", "rust"],
)
def test_imports_between_components_are_found_in(
    tree: Tree,
    tmp_path: Path,
    files: dict[str, str],
    edges: set[str],
    cycles: tuple[tuple[str, ...], ...],
) -> None:
    """Each language's own rules decide what an import means."""
    found = analyse(tmp_path, tree(files), [])
    assert {f"{e.source}>{e.target}" for e in found.edges} == edges
    assert found.cycles == cycles
    assert found.skipped == ()


@pytest.mark.parametrize(
    ("files", "public"),
    [
        (PYTHON, {"cart": 0, "pricing": 1}),
        (SCRIPT, {"ui": 2, "core": 1}),
        (GO, {"cart": 1, "pricing": 2}),
        (JAVA, {"api": 1, "core": 1}),
        (RUST, {"shop-core": 2, "cli": 0}),
    ],
    ids=["python", "script", "go", "java", "rust"],
)
def test_public_names_are_counted_in(
    tree: Tree, tmp_path: Path, files: dict[str, str], public: dict[str, int]
) -> None:
    """Only what another component can import counts."""
    found = {c.name: c.public for c in analyse(tmp_path, tree(files), []).components}
    assert {name: found[name] for name in public} == public


def test_coupling_counts_code_and_not_tests(tree: Tree, tmp_path: Path) -> None:
    """Instability is Ce / (Ca + Ce), worked out by hand."""
    found = {c.name: c for c in analyse(tmp_path, tree(PYTHON), []).components}
    cart, store = found["cart"], found["store"]
    assert (cart.afferent, cart.efferent, cart.instability) == (2, 1, 1 / 3)
    assert (store.afferent, store.efferent, store.instability) == (0, 2, 1.0)
    assert (found["tests"].kind, found["tests"].efferent) == ("tests", 1)


def test_a_single_package_is_split_into_its_directories(tree: Tree, tmp_path: Path) -> None:
    """One node would be no picture."""
    files = {
        "src/acme/__init__.py": "from acme.web import app\n",
        "src/acme/web/__init__.py": "from ..data import rows\n",
        "src/acme/data/__init__.py": "",
        "tests/test_web.py": "import acme.web\n",
    }
    found = analyse(tmp_path, tree(files), [])
    assert {f"{e.source}>{e.target}" for e in found.edges} == {
        "acme>web",
        "web>data",
        "tests>web",
    }


def test_configured_components_replace_detection(tree: Tree, tmp_path: Path) -> None:
    """What is in none of them is the root."""
    found = analyse(tmp_path, tree(PYTHON), [], configured={"src/cart/": "Cart"})
    assert {c.name for c in found.components} == {"Cart", "(root)"}


def test_owners_bus_factor_and_hotspots_come_from_the_window(tree: Tree, tmp_path: Path) -> None:
    """Bots and older commits do not count; CODEOWNERS wins over churn."""
    branchy = "def f(x):\n    if x:\n        return 1\n    return 2\n"
    files = {
        "api/a.py": branchy,
        "web/b.py": "def g():\n    return 1\n",
        ".github/CODEOWNERS": "/web/ @acme/web\n/x [\n",
    }
    history = [
        Change("Ada", ("api/a.py", "web/b.py", "gone.py"), email="ada@acme.example"),
        Change("Bo", ("api/a.py",), email="bo@acme.example"),
        Change("Bo", ("api/a.py",), email="bo@acme.example"),
        Change("Bo", ("web/b.py",), datetime(2020, 1, 1, tzinfo=UTC), "bo@acme.example"),
        Change("dependabot[bot]", ("web/b.py",), email="x"),
    ]
    since = datetime(2026, 1, 1, tzinfo=UTC)
    found = analyse(tmp_path, tree(files), history, since=since)
    api, web = sorted(found.components, key=lambda c: c.name)
    assert (api.owners, api.owners_from, api.bus_factor) == (("Bo", "Ada"), "recent changes", 1)
    assert (web.owners, web.owners_from) == (("@acme/web",), "CODEOWNERS")
    assert (api.commits, api.people, web.commits, found.commits) == (3, 2, 1, 3)
    worst = found.hotspots.files[0]
    assert (worst.path, worst.commits, worst.complexity, worst.score) == ("api/a.py", 3, 2, 6)
    assert (worst.worst, found.hotspots.measured) == ("f", 2)
    assert found.wrong_owner_lines == (2,)


def test_what_is_not_read_is_counted_with_its_reason(tree: Tree, tmp_path: Path) -> None:
    """Nothing that could harm a parser reaches it, and nothing outside of the checkout is read."""
    files = tree(
        {
            "a/good.py": "x = 1\n",
            "a/deep.py": f"x = {'(' * 300}1{')' * 300}\n",
            "a/wide.js": f"var x = '{'y' * 6000}';\n",
            "a/made.go": "// Code generated by x. DO NOT EDIT.\npackage a\n",
            "a/odd.py": ")))) %%% ((( \n" * 40,
            "node_modules/x/index.js": "x",
            "vendor/y/z.go": "package z\n",
        }
    )
    (tmp_path / "a/blob.py").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/s.py").write_text("password = 1\n")
    (tmp_path / "a/link.py").symlink_to(tmp_path / "secret/s.py")
    (tmp_path / "away").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "a/pipe.py")
    files += [
        Tracked("a/blob.py", 3),
        Tracked("a/link.py", 3),
        Tracked("away/s.py", 3),
        Tracked("../secret/s.py", 3),
        Tracked("a/huge.py", 2_000_000),
        Tracked("a/known.py", 3, "symlink"),
        Tracked("lib", 0, "submodule"),
        Tracked("a/gone.py", 3),
        Tracked("a/pipe.py", 0),
    ]
    found = analyse(tmp_path, files, [])
    assert {s.reason: s.files for s in found.skipped} == {
        "in a vendored or built directory": 2,
        "missing from the checkout": 3,
        "a symbolic link": 2,
        "a binary file": 1,
        "a submodule": 1,
        "generated": 1,
        "larger than 1 MB": 1,
        "minified: lines over 5,000 characters": 1,
        "nested too deeply": 1,
        "not parsable": 1,
    }
    assert found.excluded == ("node_modules", "vendor")


def test_the_answer_can_be_stored_and_read_back(tree: Tree, tmp_path: Path) -> None:
    """Step results are JSON."""
    found = analyse(tmp_path, tree(PYTHON), [Change("Ada", ("src/cart/views.py",))])
    stored = msgspec.json.encode(found)
    assert msgspec.json.decode(stored, type=ComponentAnalysis) == found


def test_an_empty_repository_has_no_components(tmp_path: Path) -> None:
    """Nothing is a result, too."""
    found = analyse(tmp_path, [Tracked("README.md", 3)], [])
    assert (found.components, found.lines, found.cycles) == ((), 0, ())
