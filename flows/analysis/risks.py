"""How large and how risky a change is, by rules that are shown; pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from flows.analysis.hotspots import Hotspot
from flows.analysis.layout import is_test
from flows.analysis.patches import Remark
from flows.analysis.sources import language_of, vendored_in
from flows.analysis.words import counted
from integrations.github.trees import ChangedFile

Size: TypeAlias = Literal["XS", "S", "M", "L", "XL"]
Level: TypeAlias = Literal["low", "medium", "high"]

# Lines added and deleted, without generated files: up to this many.
SIZES: Mapping[Size, int] = {"XS": 10, "S": 50, "M": 250, "L": 1000}
RULE = "Something harmful on a changed line, or three signs, is high risk; one or two are medium"
_GENERATED = re.compile(
    r"(?:^|/)(?:package-lock\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|Cargo\.lock"
    r"|go\.sum|Gemfile\.lock|composer\.lock)$|\.min\.(?:js|css)$|\.snap$|_pb2(?:_grpc)?\.pyi?$"
    r"|\.pb\.go$|(?:^|/)(?:dist|generated|__snapshots__)/"
)
_DEPENDENCIES = re.compile(
    r"(?:^|/)(?:pyproject\.toml|requirements[\w.-]*\.txt|setup\.(?:py|cfg)|package\.json|go\.mod"
    r"|Cargo\.toml|Gemfile|pom\.xml|build\.gradle(?:\.kts)?)$"
)
_MIGRATION = re.compile(
    r"(?:^|/)(?:migrations?|alembic/versions|db/migrate)/.+\.(?:py|sql|rb|js|ts)$|\.sql$"
)
_AUTOMATION = re.compile(r"^\.github/(?:workflows|actions)/|(?:^|/)Dockerfile$|\.tf$")


class Sign(NamedTuple):
    """One reason why a change is risky, and what a reviewer does about it."""

    what: str
    action: str


class Risk(NamedTuple):
    """A change in short: its class, its lines and files, what is generated, and its signs."""

    size: Size
    lines: int
    files: int
    generated: int
    level: Level
    signs: tuple[Sign, ...]


def risk_of(
    files: Sequence[ChangedFile], remarks: Sequence[Remark], hot: Sequence[Hotspot]
) -> Risk:
    """Return how large and how risky a change is."""
    written = [each for each in files if not is_generated(each.path)]
    lines = sum(each.additions + each.deletions for each in written)
    size: Size = next((name for name, most in SIZES.items() if lines <= most), "XL")
    signs = tuple(_signs(written, hot, size))
    harmful = any(each.harmful for each in remarks)
    level: Level = "high" if harmful or len(signs) > 2 else "medium" if signs else "low"  # noqa: PLR2004 - RULE says so
    return Risk(size, lines, len(files), len(files) - len(written), level, signs)


def is_generated(path: str) -> bool:
    """Say whether a tool writes this file."""
    return bool(_GENERATED.search(path) or vendored_in(path))


def lacks_tests(files: Sequence[ChangedFile]) -> bool:
    """Say whether code gains lines and no test is touched."""
    if any(is_test(each.path) for each in files):
        return False
    return any(each.additions > 0 and bool(language_of(each.path)) for each in files)


def _signs(files: Sequence[ChangedFile], hot: Sequence[Hotspot], size: Size) -> list[Sign]:
    found = []
    for shape, what, action in (
        (_MIGRATION, "Changes the database", "does the old code run on it, is there a way back?"),
        (_DEPENDENCIES, "Changes dependencies", "is each needed, and the lock file new?"),
        (_AUTOMATION, "Changes how it is built or run", "what can it reach, by which rights?"),
    ):
        named = [each.path for each in files if shape.search(each.path)]
        if named:
            found.append(Sign(f"{what}: {_some(named)}", action))
    if lacks_tests(files):
        found.append(Sign("Changes code without a test", "which test fails without it?"))
    if hot:
        worst = f"{hot[0].path}, {counted(hot[0].commits, 'commit')}"
        found.append(Sign(f"Changes a hotspot: {worst}", "is it any simpler afterwards?"))
    if size in ("L", "XL"):
        found.append(Sign("Is large", "can it come in parts?"))
    return found


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - 2} more" if len(paths) > 2 else ""  # noqa: PLR2004 - as many as fit
    return ", ".join(paths[:2]) + more
