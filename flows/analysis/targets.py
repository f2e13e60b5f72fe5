"""Targets: the files of the same repository that an import means, by each language's own rules."""

from collections.abc import Collection, Iterator, Sequence
from posixpath import commonpath, normpath

from flows.analysis.imports import Unit
from flows.analysis.layout import Manifests

_SCRIPT_SUFFIXES = (".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".vue")
_COMPILED = {".js": (".ts", ".tsx"), ".jsx": (".tsx",), ".mjs": (".mts",), ".cjs": (".cts",)}
_SOURCE_FOLDERS = ("src/", "lib/", "python/")


class Targets:
    """Resolves the imports of parsed units; what is not in the repository resolves to nothing."""

    def __init__(self, units: Sequence[Unit], paths: Collection[str], manifests: Manifests) -> None:
        self._paths = frozenset(paths)
        self._manifests = manifests
        self._python: dict[str, list[str]] = {}
        self._java: dict[str, list[str]] = {}
        self._go: dict[str, str] = {}
        self._packages = {name: folder for folder, name in manifests.packages.items() if name}
        self._crates = {name: folder for folder, name in manifests.crates.items()}
        for unit in units:
            if unit.language == "python":
                for name in self._module_names(unit.path):
                    self._python.setdefault(name, []).append(unit.path)
            elif unit.language == "java":
                stem = unit.path.rpartition("/")[2].removesuffix(".java")
                name = f"{unit.package}.{stem}".lstrip(".")
                self._java.setdefault(name, []).append(unit.path)
                self._java.setdefault(f"{unit.package}.*", []).append(unit.path)
            elif unit.language == "go" and not unit.path.endswith("_test.go"):
                self._go.setdefault(unit.path.rpartition("/")[0], unit.path)

    def of(self, unit: Unit) -> Iterator[str]:
        """Yield the path that each import of `unit` means, other than the unit itself."""
        match unit.language:
            case "python":
                resolve = self._python_target
            case "go":
                resolve = self._go_target
            case "java":
                resolve = self._java_target
            case "rust":
                resolve = self._rust_target
            case _:
                resolve = self._script_target
        for name in unit.imports:
            target = resolve(unit, name)
            if target and target != unit.path:
                yield target

    def _module_names(self, path: str) -> Iterator[str]:
        """Yield the dotted names under which a Python file can be imported."""
        module = path.rpartition(".")[0].removesuffix("/__init__")
        top = module if path.endswith("/__init__.py") else module.rpartition("/")[0]
        packaged = False
        while top and f"{top}/__init__.py" in self._paths:
            top, packaged = top.rpartition("/")[0], True
        starts = {top} if packaged else {""}
        if not packaged:
            # Without __init__.py nobody knows where the path begins; these are the usual places.
            starts |= {f[:-1] for f in _SOURCE_FOLDERS if path.startswith(f)}
        for start in starts:
            yield module.removeprefix(f"{start}/" if start else "").replace("/", ".")

    def _python_target(self, unit: Unit, name: str) -> str | None:
        folder = unit.path.rpartition("/")[0]
        if name.startswith("."):
            rest = name.lstrip(".")
            parts = folder.split("/") if folder else []
            up = len(name) - len(rest) - 1
            if up > len(parts):
                return None
            parts = parts[: len(parts) - up]
            return self._python_file([*parts, *rest.split(".")] if rest else parts, len(parts))
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            found = self._python.get(".".join(parts[:length]))
            if found:
                return _nearest(unit.path, found)
        if f"{folder}/__init__.py" not in self._paths:
            # A script finds the modules beside it.
            beside = folder.split("/") if folder else []
            return self._python_file([*beside, *parts], len(beside) + 1)
        return None

    def _python_file(self, parts: list[str], fewest: int) -> str | None:
        for length in range(len(parts), max(fewest, 1) - 1, -1):
            module = "/".join(parts[:length])
            for path in (f"{module}.py", f"{module}/__init__.py", f"{module}.pyi"):
                if path in self._paths:
                    return path
        return None

    def _go_target(self, unit: Unit, name: str) -> str | None:
        best = max(
            (
                (module, folder)
                for folder, module in self._manifests.modules.items()
                if module and (name == module or name.startswith(f"{module}/"))
            ),
            key=lambda item: len(item[0]),
            default=None,
        )
        if not best:
            return None
        rest = name[len(best[0]) :].strip("/")
        target = self._go.get("/".join(part for part in (best[1], rest) if part))
        # A package is its directory: its own files need no import.
        same = target and target.rpartition("/")[0] == unit.path.rpartition("/")[0]
        return None if same else target

    def _java_target(self, unit: Unit, name: str) -> str | None:
        parts = name.split(".")
        # Static imports and inner classes name more than the file.
        for length in range(len(parts), 0, -1):
            found = self._java.get(".".join(parts[:length]))
            if found:
                return _nearest(unit.path, found)
        return None

    def _rust_target(self, unit: Unit, name: str) -> str | None:
        first, *rest = name.split("::")
        if first in self._crates:
            return self._rust_file(self._crate_source(self._crates[first]), rest)
        if first == "crate":
            home = max(
                (f for f in self._crates.values() if not f or unit.path.startswith(f"{f}/")),
                key=len,
                default=None,
            )
            return None if home is None else self._rust_file(self._crate_source(home), rest)
        if first in {"self", "super"}:
            folder, _, file = unit.path.rpartition("/")
            # src/a.rs and src/a/mod.rs both are the module a, whose children live in src/a.
            stem = file.removesuffix(".rs")
            inside = folder if stem in {"lib", "main", "mod"} else f"{folder}/{stem}"
            while first == "super":
                inside = inside.rpartition("/")[0]
                first, rest = (rest[0], rest[1:]) if rest else ("", [])
            return self._rust_file(inside, rest if first in {"self", ""} else [first, *rest])
        return None

    def _crate_source(self, folder: str) -> str:
        return f"{folder}/src" if folder else "src"

    def _rust_file(self, source: str, parts: Sequence[str]) -> str | None:
        for length in range(len(parts), 0, -1):
            module = "/".join([source, *parts[:length]])
            for path in (f"{module}.rs", f"{module}/mod.rs"):
                if path in self._paths:
                    return path
        own = (f"{source}/lib.rs", f"{source}/main.rs", f"{source}/mod.rs", f"{source}.rs")
        return next((path for path in own if path in self._paths), None)

    def _script_target(self, unit: Unit, name: str) -> str | None:
        folder = unit.path.rpartition("/")[0]
        if name.startswith("."):
            return self._script_file(normpath(f"{folder}/{name}" if folder else name))
        for where, pattern, target in self._manifests.aliases:
            if where and not unit.path.startswith(f"{where}/"):
                continue
            start, star, end = pattern.partition("*")
            if name.startswith(start) and name.endswith(end) and (star or name == pattern):
                middle = name[len(start) : len(name) - len(end)]
                found = self._script_file(normpath(target.replace("*", middle, 1)))
                if found:
                    return found
        return self._workspace_file(name)

    def _workspace_file(self, name: str) -> str | None:
        parts = name.split("/")
        package = "/".join(parts[: 2 if name.startswith("@") else 1])
        home = self._packages.get(package)
        if home is None:
            return None
        rest = name[len(package) :].strip("/")
        inside = (rest, f"src/{rest}") if rest else ("src/index", "index", "src", "lib/index")
        tries = (self._script_file(f"{home}/{part}".lstrip("/")) for part in inside)
        # The package is there even if its entry is a built file.
        return next((found for found in tries if found), f"{home}/package.json".lstrip("/"))

    def _script_file(self, path: str) -> str | None:
        stem, dot, end = path.rpartition(".")
        written = (f"{stem}{suffix}" for suffix in _COMPILED.get(f"{dot}{end}", ()))
        modules = (f"{path}{suffix}" for suffix in _SCRIPT_SUFFIXES)
        indexes = (f"{path}/index{suffix}" for suffix in _SCRIPT_SUFFIXES)
        tries = (path, *written, *modules, *indexes)
        return next((candidate for candidate in tries if candidate in self._paths), None)


def _nearest(path: str, found: Sequence[str]) -> str:
    """Return the file that shares most directories with `path`: services often repeat names."""
    if len(found) == 1:
        return found[0]

    def shared(other: str) -> int:
        return len(commonpath([f"/{path}", f"/{other}"]))

    return max(sorted(found), key=shared)
