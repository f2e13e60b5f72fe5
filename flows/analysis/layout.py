"""Layout: where the components of a repository begin, and which file belongs to which."""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from flows.analysis.sources import Skip, read_plain, vendored_in

Kind: TypeAlias = Literal["code", "tests", "docs"]

_TESTS = frozenset({"__tests__", "e2e", "spec", "specs", "test", "testdata", "tests"})
_DOCS = frozenset({"bench", "benchmarks", "doc", "docs", "example", "examples", "samples"})
# Directories that only gather components.
_GATHERING = frozenset(
    {
        "apps", "cmd", "components", "crates", "internal", "lib", "libs", "modules", "packages",
        "pkg", "plugins", "projects", "services", "src", "tools",
    }
)  # fmt: skip
_TEST_FILE = re.compile(
    r"(?:test_.+|conftest)\.py|.+_test\.\w+|.+[.-](?:spec|test)\.\w+|.+Tests?\.\w+"
)
_JAVA_ROOT = re.compile(r"(.*?)/?src/(?:main|test)/(?:java|kotlin|scala)/")
_GO_MODULE = re.compile(r"^module\s+\"?([^\s\"]+)", re.MULTILINE)
_JSON_COMMENT = re.compile(r'("(?:\\.|[^"\\])*+")|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/')
_JSON_COMMA = re.compile(r'("(?:\\.|[^"\\])*+")|,(?=\s*[}\]])')


@dataclass(frozen=True, slots=True)
class Manifests:
    """What the manifests of a repository call their directories; the root directory is ``.

    `packages` (package.json), `modules` (go.mod) and `crates` (Cargo.toml) map a directory to a
    name; `aliases` are (directory, pattern, replacement) from the paths of a tsconfig.json.
    """

    packages: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    crates: Mapping[str, str] = field(default_factory=dict)
    aliases: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """Component names by the directory in which each begins."""

    roots: Mapping[str, str]
    _known: dict[str, str] = field(default_factory=dict, repr=False, compare=False)

    def component_of(self, path: str) -> str:
        """Return the component that a file belongs to: the one of the nearest directory above."""
        folder = path.rpartition("/")[0]
        if folder not in self._known:
            above = folder
            while above and above not in self.roots:
                above = above.rpartition("/")[0]
            self._known[folder] = self.roots.get(above, "(root)")
        return self._known[folder]


def kind_of(root: str) -> Kind:
    """Return what a component is for, judged by the names of its directories."""
    parts = set(root.lower().split("/"))
    if parts & _TESTS:
        return "tests"
    return "docs" if parts & _DOCS else "code"


def is_test(path: str) -> bool:
    """Say whether a file is one of tests, judged by its directories and its name."""
    folder, _, name = path.rpartition("/")
    return kind_of(folder) == "tests" or bool(_TEST_FILE.fullmatch(name))


def manifests_of(root: Path, paths: Iterable[str]) -> Manifests:
    """Read the manifests among `paths`; those that cannot be read or parsed tell nothing."""
    packages: dict[str, str] = {}
    modules: dict[str, str] = {}
    crates: dict[str, str] = {}
    aliases: list[tuple[str, str, str]] = []
    for path in sorted(paths):
        folder, _, name = path.rpartition("/")
        if name not in _PARSERS or vendored_in(path):
            continue
        try:
            found = _PARSERS[name](read_plain(root, path))
        except (Skip, ValueError, RecursionError):
            continue
        match name:
            case "package.json":
                packages[folder] = _text(found.get("name"))
            case "go.mod":
                modules[folder] = _text(found.get("module"))
            case "Cargo.toml":
                crate = _text(_table(found, "package").get("name"))
                if crate:
                    crates[folder] = crate.replace("-", "_")
            case _:
                aliases += _aliases(folder, found)
    return Manifests(packages, modules, crates, tuple(aliases))


def layout_of(
    paths: Sequence[str], manifests: Manifests, configured: Mapping[str, str] | None = None
) -> Layout:
    """Return the components of the source files `paths`.

    `configured` (directory -> name) replaces all guessing. Otherwise a component begins at each
    manifest below the top, at each Python package that is in no other, and else at each top-level
    directory. If all code is in one component, its directories are the components.
    """
    if configured:
        return Layout({root.strip("/"): name for root, name in configured.items()})
    begun = _begun(paths, manifests)
    roots = {_root_of(path, begun) for path in paths}
    code = {root for root in roots if kind_of(root) == "code"}
    if len(code) == 1:
        only = code.pop()
        members = [p for p in paths if _root_of(p, begun) == only]
        parts = _parts_of(only, members)
        if len(parts) > 1:
            roots = (roots - {only}) | parts
    return Layout(_named(roots))


def _begun(paths: Sequence[str], manifests: Manifests) -> set[str]:
    begun = {*manifests.packages, *manifests.modules, *manifests.crates}
    inits = {p.rpartition("/")[0] for p in paths if p.endswith("/__init__.py")}
    begun |= {folder for folder in inits if folder.rpartition("/")[0] not in inits}
    begun |= {found[1] for found in map(_JAVA_ROOT.match, paths) if found}
    # A project that a test or an example brings along is no component of its own.
    return {_cut(root) for root in begun} - {""}


def _root_of(path: str, begun: set[str]) -> str:
    above = path.rpartition("/")[0]
    while above:
        if above in begun:
            return above
        above = above.rpartition("/")[0]
    parts = path.split("/")[:-1]
    if not parts:
        return ""
    return "/".join(parts[:2]) if parts[0] in _GATHERING else parts[0]


def _cut(root: str) -> str:
    parts = root.split("/")
    for index, part in enumerate(parts):
        if part.lower() in _TESTS | _DOCS:
            return "/".join(parts[: index + 1])
    return root


def _parts_of(root: str, members: Sequence[str]) -> set[str]:
    folders = [p.split("/")[:-1] for p in members]
    depth = len(root.split("/")) if root else 0
    # Directories with nothing but one directory inside (com/acme) say nothing.
    while all(len(f) > depth for f in folders) and len({f[depth] for f in folders}) == 1:
        depth += 1
    return {"/".join(f[: depth + 1]) for f in folders}


def _named(roots: set[str]) -> dict[str, str]:
    """Name each directory by as few of its last parts as tell it from the others."""
    names: dict[str, str] = {}
    for root in sorted(roots):
        parts = root.split("/")
        length = 1
        while length < len(parts) and any(
            other != root and other.split("/")[-length:] == parts[-length:] for other in roots
        ):
            length += 1
        names[root] = "/".join(parts[-length:]) or "(root)"
    return names


def _parsed_json(text: str) -> dict[str, Any]:
    """Parse JSON with comments and trailing commas, as tsconfig.json has them."""
    bare = _JSON_COMMENT.sub(lambda found: found[1] or "", text)
    parsed = json.loads(_JSON_COMMA.sub(lambda found: found[1] or "", bare))
    return parsed if isinstance(parsed, dict) else {}


def _parsed_go(text: str) -> dict[str, Any]:
    found = _GO_MODULE.search(text)
    return {"module": found[1]} if found else {}


_PARSERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "package.json": _parsed_json,
    "tsconfig.json": _parsed_json,
    "jsconfig.json": _parsed_json,
    "go.mod": _parsed_go,
    "Cargo.toml": tomllib.loads,
}


def _aliases(folder: str, found: dict[str, Any]) -> list[tuple[str, str, str]]:
    options = _table(found, "compilerOptions")
    base = "/".join(p for p in (folder, _text(options.get("baseUrl")).strip("./")) if p)
    aliases = []
    for pattern, targets in _table(options, "paths").items():
        if isinstance(targets, list) and targets:
            aliases.append((folder, pattern, f"{base}/{_text(targets[0]).removeprefix('./')}"))
    if "baseUrl" in options:
        aliases.append((folder, "*", f"{base}/*"))
    return [(where, pattern, target.lstrip("/")) for where, pattern, target in aliases]


def _table(found: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
