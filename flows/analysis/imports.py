"""Imports and public names of one source file, read from its syntax tree."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from flows.analysis.sources import Skip

if TYPE_CHECKING:
    from ast_grep_py import Rule, SgNode

_GRAMMARS = {
    ".py": "python",
    ".pyi": "python",
    ".js": "javascript",
    ".jsx": "javascript",
    ".cjs": "javascript",
    ".mjs": "javascript",
    ".ts": "typescript",
    ".cts": "typescript",
    ".mts": "typescript",
    ".tsx": "tsx",
    ".go": "go",
    ".java": "java",
    ".rs": "rust",
}
_DEFINITIONS = {"function_definition", "class_definition"}
_JAVA_TYPES = {
    "annotation_type_declaration",
    "class_declaration",
    "enum_declaration",
    "interface_declaration",
    "record_declaration",
}
_GO_SPECS = {"const_spec", "type_alias", "type_spec", "var_spec"}
_QUOTED = re.compile(r"""['"`]([^'"`\n]+)['"`]""")
_USE_PARTS = re.compile(r"[{},]|[^{},]+")
_RUST_SEGMENT = re.compile(r"[A-Za-z_]\w*")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unit:
    """One parsed file: `imports` as its language spells them, each once, in order.

    `package` is the Java package. `public` counts the names that another component can import:
    top-level functions and classes without underscore (Python), exports (JavaScript, TypeScript),
    capitalised functions, types, constants and variables (Go), public types (Java), top-level
    `pub` items (Rust).
    """

    path: str
    language: str
    imports: tuple[str, ...]
    public: int
    package: str = ""


def has_grammar(path: str) -> bool:
    """Return whether imports can be read from files of this kind."""
    return PurePosixPath(path).suffix.lower() in _GRAMMARS


def unit_from(path: str, text: str) -> Unit:
    """Return imports and public names of a file; raise Skip if most of it is no valid syntax."""
    from ast_grep_py import SgRoot

    grammar = _GRAMMARS[PurePosixPath(path).suffix.lower()]
    root = SgRoot(text, grammar).root()
    top = root.children()
    broken = sum(len(node.text()) for node in top if node.kind() == "ERROR")
    if root.kind() == "ERROR" or broken * 2 > len(text):
        raise Skip("not parsable")
    package = ""
    match grammar:
        case "python":
            imports, public = _python_imports(root), _python_public(path, top)
        case "go":
            imports, public = _go_imports(root), _go_public(top)
        case "java":
            imports, public = _java_imports(top), _java_public(top)
            package = next((_java_package(n) for n in top if n.kind() == "package_declaration"), "")
        case "rust":
            imports, public = _rust_imports(root), sum(map(_rust_is_public, top))
        case _:
            imports, public = _script_imports(root), sum(map(_script_exports, top))
    return Unit(path, grammar, tuple(dict.fromkeys(imports)), public, package)


def _python_imports(root: "SgNode") -> Iterator[str]:
    """Yield `a.b` for imports and `a.b.name` for each name that is imported from `a.b`."""
    rule: list[Rule] = [{"kind": "import_statement"}, {"kind": "import_from_statement"}]
    for node in root.find_all(any=rule):
        names = [name.field("name") or name for name in node.field_children("name")]
        module = node.field("module_name")
        if module is None:
            yield from (name.text() for name in names)
            continue
        start = "".join(module.text().split())
        dot = "" if start.endswith(".") else "."
        yield from (f"{start}{dot}{name.text()}" for name in names)
        if not names:
            yield start


def _python_public(path: str, top: list["SgNode"]) -> int:
    if any(part.startswith("_") and part != "__init__.py" for part in path.split("/")):
        return 0
    nodes = (node.field("definition") or node for node in top)
    names = (node.field("name") for node in nodes if node.kind() in _DEFINITIONS)
    return sum(1 for name in names if name and not name.text().startswith("_"))


def _script_imports(root: "SgNode") -> Iterator[str]:
    rule: list[Rule] = [
        {"kind": "import_statement"},
        {"kind": "export_statement", "has": {"field": "source", "kind": "string"}},
        {"kind": "call_expression", "has": {"field": "function", "regex": "^(require|import)$"}},
    ]
    for node in root.find_all(any=rule):
        source = node.field("source")
        if source is None and node.kind() == "import_statement":
            clause = node.find(kind="import_require_clause")
            source = clause and clause.find(kind="string")
        if source is None:
            arguments = node.field("arguments")
            first = arguments and arguments.child(1)
            source = first if first and first.kind() == "string" else None
        found = _QUOTED.fullmatch(source.text()) if source else None
        if found:
            yield found[1]


def _script_exports(node: "SgNode") -> int:
    if node.kind() == "expression_statement":
        return int(node.text().startswith(("module.exports", "exports.")))
    if node.kind() != "export_statement":
        return 0
    declaration = node.field("declaration")
    if declaration is None:
        clause = next((c for c in node.children() if c.kind() == "export_clause"), None)
        if clause:
            return sum(c.kind() == "export_specifier" for c in clause.children())
        return int(any(c.kind() == "default" for c in node.children()))
    declared = [c for c in declaration.children() if c.kind() == "variable_declarator"]
    return len(declared) or 1


def _go_imports(root: "SgNode") -> Iterator[str]:
    for node in root.find_all(kind="import_spec"):
        path = node.field("path")
        found = _QUOTED.fullmatch(path.text()) if path else None
        if found:
            yield found[1]


def _go_public(top: list["SgNode"]) -> int:
    def names(node: "SgNode") -> Iterator[str]:
        if node.kind() == "function_declaration" or node.kind() in _GO_SPECS:
            yield from (name.text() for name in node.field_children("name"))
        elif node.kind() in {
            "const_declaration",
            "type_declaration",
            "var_declaration",
            "var_spec_list",
        }:
            for child in node.children():
                yield from names(child)

    return sum(1 for node in top for name in names(node) if name[:1].isupper())


def _java_package(node: "SgNode") -> str:
    return "".join(node.text().removeprefix("package").rstrip(";").split())


def _java_imports(top: list["SgNode"]) -> Iterator[str]:
    for node in top:
        if node.kind() == "import_declaration":
            words = _COMMENT.sub(" ", node.text()).rstrip(";").split()
            yield "".join(word for word in words[1:] if word != "static")


def _java_public(top: list["SgNode"]) -> int:
    modifiers = (
        child.text().split()
        for node in top
        if node.kind() in _JAVA_TYPES
        for child in node.children()
        if child.kind() == "modifiers"
    )
    return sum("public" in words for words in modifiers)


def _rust_imports(root: "SgNode") -> Iterator[str]:
    rule: list[Rule] = [
        {"kind": "use_declaration"},
        {"kind": "extern_crate_declaration"},
        # A path inside of code is meant as a whole: its beginning is no import of its own.
        {
            "any": [{"kind": "scoped_identifier"}, {"kind": "scoped_type_identifier"}],
            "not": {
                "inside": {
                    "any": [
                        {"kind": "use_declaration"},
                        {"kind": "scoped_identifier"},
                        {"kind": "scoped_type_identifier"},
                    ],
                    "stopBy": "end",
                }
            },
        },
    ]
    for node in root.find_all(any=rule):
        match node.kind():
            case "use_declaration":
                tree = node.field("argument")
                yield from _used(_COMMENT.sub("", tree.text())) if tree else ()
            case "extern_crate_declaration":
                name = node.field("name")
                yield name.text() if name else ""
            case _:
                # Paths inside of code name crates too: serde::to_string(x).
                yield _rust_path(node.text())


def _used(tree: str) -> Iterator[str]:
    """Yield the paths of a use tree: `a::{b, c::d}` gives `a::b` and `a::c::d`."""
    stack, prefix, tail = [""], "", ""
    for part in _USE_PARTS.findall(tree):
        if part == "{":
            stack.append(prefix + tail)
            prefix, tail = stack[-1], ""
            continue
        if part in ",}":
            if tail.strip():
                yield _rust_path(prefix + tail)
            tail = ""
            if part == "}" and len(stack) > 1:
                stack.pop()
                prefix = stack[-1]
            continue
        tail = part.split(" as ")[0].strip()
    if tail:
        yield _rust_path(prefix + tail)


def _rust_path(text: str) -> str:
    return "::".join(_RUST_SEGMENT.findall(text.split("<", 1)[0]))


def _rust_is_public(node: "SgNode") -> bool:
    # pub(crate) is not for others.
    return any(c.kind() == "visibility_modifier" and c.text() == "pub" for c in node.children())
