"""Components begin where manifests, packages and directories say."""

from pathlib import Path

import pytest

from flows.analysis.layout import Manifests, kind_of, layout_of, manifests_of


@pytest.mark.parametrize(
    ("paths", "manifests", "components"),
    [
        (["web/a.py", "api/b/c.py", "run.py"], Manifests(), ["web", "api", "(root)"]),
        (
            ["services/a/app/x.py", "services/b/app/y.py", "services/z.py"],
            Manifests(packages={"services/a/app": "", "services/b/app": ""}),
            ["a/app", "b/app", "services"],
        ),
        (["src/a/x.go", "src/b/y.go"], Manifests(modules={"": "m"}), ["a", "b"]),
        (["org/x.py", "org/x/a.py", "tests/t.py"], Manifests(), ["org", "x", "tests"]),
        (["tests/fake/pkg/__init__.py", "a/b.py"], Manifests(), ["tests", "a"]),
        (["only/a.py"], Manifests(), ["only"]),
        (
            [
                "src/main/java/org/acme/web/A.java",
                "src/main/java/org/acme/data/B.java",
                "src/test/java/org/acme/T.java",
            ],
            Manifests(),
            ["web", "data", "test"],
        ),
    ],
)
def test_files_belong_to_the_nearest_component_above(
    paths: list[str], manifests: Manifests, components: list[str]
) -> None:
    """Names are as short as they can be without being the same."""
    layout = layout_of(paths, manifests)
    assert [layout.component_of(path) for path in paths] == components


def test_kinds_go_by_directory() -> None:
    """Tests and examples are told from code."""
    assert [kind_of(r) for r in ("src/web", "web/Tests", "docs/x", "")] == [
        "code",
        "tests",
        "docs",
        "code",
    ]


def test_manifests_are_read_and_broken_ones_tell_nothing(tmp_path: Path) -> None:
    """Comments and trailing commas are allowed where people write them; nonsense is passed over."""
    files = {
        "a/package.json": '{"name": "@acme/a"}',
        "b/package.json": "{",
        "c/package.json": "[1]",
        "d/package.json": '{"name": 3}',
        "e/package.json": "[" * 100_000,
        "go.mod": "// x\nmodule example.org/x\n",
        "g/go.mod": "",
        "h/Cargo.toml": '[package]\nname = "shop-core"\n',
        "i/Cargo.toml": "[workspace]\n",
        "j/Cargo.toml": "= =",
        "k/tsconfig.json": """{"compilerOptions": {  // z
            "baseUrl": "./src", "paths": {"@/*": ["./x/*"], "y": [],}}}""",
        "node_modules/l/package.json": '{"name": "l"}',
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    found = manifests_of(tmp_path, [*files, "gone/package.json"])
    assert found == Manifests(
        packages={"a": "@acme/a", "c": "", "d": ""},
        modules={"": "example.org/x", "g": ""},
        crates={"h": "shop_core"},
        aliases=(("k", "@/*", "k/src/x/*"), ("k", "*", "k/src/*")),
    )
