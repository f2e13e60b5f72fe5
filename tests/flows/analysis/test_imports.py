"""Imports are read from syntax trees and resolved by the rules of their language."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.analysis.imports import has_grammar, unit_from
from flows.analysis.layout import Manifests
from flows.analysis.sources import Skip
from flows.analysis.targets import Targets


@pytest.mark.parametrize(
    ("path", "text", "imports", "public"),
    [
        (
            "a.py",
            (
                "import os, sys as s\nfrom a.b import (c,  # x\n d as e)\nfrom . import f\n"
                "from ..g import *\nclass A: ...\n@x\ndef h(): ...\ndef _i(): ...\n"
            ),
            ("os", "sys", "a.b.c", "a.b.d", ".f", "..g"),
            2,
        ),
        ("_a.py", "def h(): ...\n", (), 0),
        (
            "a.js",
            (
                "import a, {b} from './b';\nimport './c';\nexport * from 'd';\n"
                "export {e, f as g};\nconst h = require('i'), j = require(k), l = other('m');\n"
                "import('n'); import(`o${p}`);\nexport default class {}\nmodule.exports = 1;\n"
                "exports.q = 2;\nexport const r = 1, s = 2;\n"
            ),
            ("./b", "./c", "d", "i", "n"),
            7,
        ),
        (
            "a.ts",
            "import fs = require('fs');\nimport type {A} from '@x/y';\nexport interface B {}\n",
            ("fs", "@x/y"),
            1,
        ),
        ("a.tsx", "import X from './x';\nexport const A = () => <X/>;\n", ("./x",), 1),
        (
            "a.go",
            (
                'package a\n\nimport "b"\nimport (\n\tx "c/d"\n\t_ `e`\n)\n\nfunc F() {}\n'
                "func (r R) Method() {}\n\ntype (\n\tA int\n\tb int\n)\n\nvar (\n\tC = 1\n)\n"
            ),
            ("b", "c/d", "e"),
            3,
        ),
        (
            "a.java",
            (
                "package a . b;\nimport c.D;\nimport static c.D.e;\nimport f.*; // x\n"
                "public record R(int a) {}\n@X\npublic @interface Y {}\nenum Z {}\n"
            ),
            ("c.D", "c.D.e", "f.*"),
            2,
        ),
        (
            "a.rs",
            (
                "use a::{b::{self, c as d}, e::*, f};\nextern crate g;\npub use super::h;\n"
                "pub struct S;\nfn k() { l::m::<u8>(); }\n"
            ),
            ("a::b::self", "a::b::c", "a::e", "a::f", "g", "super::h", "l::m"),
            2,
        ),
    ],
    ids=["py", "py-private", "js", "ts", "tsx", "go", "java", "rust"],
)
def test_one_file_tells_its_imports_and_public_names(
    path: str, text: str, imports: tuple[str, ...], public: int
) -> None:
    """Every form of import of the language, and nothing that only looks like one."""
    unit = unit_from(path, text)
    assert unit.imports == imports
    assert unit.public == public


def resolved(files: dict[str, str], path: str, manifests: Manifests | None = None) -> list[str]:
    """Return what the imports of `path` mean among `files`."""
    units = [unit_from(name, text) for name, text in files.items() if has_grammar(name)]
    targets = Targets(units, files, manifests or Manifests())
    return list(targets.of(next(unit for unit in units if unit.path == path)))


def test_a_script_finds_the_modules_beside_it() -> None:
    """Python looks into the script's own directory first."""
    files = {"tools/run.py": "import ways\nimport json\n", "tools/ways.py": ""}
    assert resolved(files, "tools/run.py") == ["tools/ways.py"]


def test_packages_without_init_are_found_below_the_usual_places() -> None:
    """Namespace packages begin at the top or in src."""
    files = {"src/acme/web/app.py": "from acme.data import rows\n", "src/acme/data/rows.py": ""}
    assert resolved(files, "src/acme/web/app.py") == ["src/acme/data/rows.py"]


def test_services_with_equal_names_import_their_own() -> None:
    """The nearest of several modules with one name is meant."""
    files = {
        f"{service}/app/{name}.py": text
        for service in ("a", "b")
        for name, text in [("__init__", ""), ("main", "from app import db\n"), ("db", "")]
    }
    assert resolved(files, "b/app/main.py") == ["b/app/db.py"]


def test_relative_imports_never_leave_the_repository() -> None:
    """Too many dots mean nothing."""
    files = {"a.py": "from ...... import b\nfrom .b import c\n", "b.py": ""}
    assert resolved(files, "a.py") == ["b.py"]


def test_rust_paths_follow_the_modules() -> None:
    """Crate, self and super, in both layouts of a module's file."""
    files = {
        "src/main.rs": "use crate::shop::cart::Item;\n",
        "src/shop/mod.rs": "use self::cart;\n",
        "src/shop/cart.rs": "use super::super::tax;\nuse super::Nothing;\nuse serde::Ser;\n",
        "src/tax.rs": "",
    }
    manifests = Manifests(crates={"": "shop"})
    assert resolved(files, "src/main.rs", manifests) == ["src/shop/cart.rs"]
    assert resolved(files, "src/shop/mod.rs", manifests) == ["src/shop/cart.rs"]
    found = resolved(files, "src/shop/cart.rs", manifests)
    assert set(found) == {"src/tax.rs", "src/shop/mod.rs"}


def test_script_imports_know_aliases_and_packages() -> None:
    """What is installed from elsewhere means nothing."""
    files = {
        "web/src/a.ts": "".join(
            f"import '{name}';\n"
            for name in ("@/b", "react", "@acme/ui/button", "exact", "@acme/built")
        ),
        "web/src/b/index.ts": "",
        "web/src/c.ts": "",
        "ui/button.js": "",
        "built/package.json": "{}",
    }
    manifests = Manifests(
        packages={"ui": "@acme/ui", "built": "@acme/built"},
        aliases=(
            ("other", "*", "other/*"),
            ("web", "@/*", "web/src/*"),
            ("web", "exact", "web/src/c"),
        ),
    )
    assert resolved(files, "web/src/a.ts", manifests) == [
        "web/src/b/index.ts",
        "ui/button.js",
        "web/src/c.ts",
        "built/package.json",
    ]


def test_go_imports_belong_to_the_longest_module() -> None:
    """Nested modules are their own; a test of a package does not import its directory."""
    files = {
        "a/a.go": 'package a\n\nimport (\n\t"x.org/m/sub/b"\n\t"x.org/m"\n\t"y.org/z"\n)\n',
        "a/a_test.go": 'package a_test\n\nimport "x.org/m/a"\n',
        "sub/b/b.go": "package b\n",
    }
    manifests = Manifests(modules={"": "x.org/m", "sub": "x.org/m/sub"})
    assert resolved(files, "a/a.go", manifests) == ["sub/b/b.go"]
    assert resolved(files, "a/a_test.go", manifests) == []


@given(st.text(max_size=120), st.sampled_from(["py", "ts", "tsx", "js", "go", "java", "rs"]))
def test_any_text_is_parsed_or_skipped(text: str, suffix: str) -> None:
    """No source file of anybody breaks the analysis."""
    with suppress(Skip):
        unit = unit_from(f"a.{suffix}", text)
        assert unit.public >= 0
        assert len(set(unit.imports)) == len(unit.imports)
