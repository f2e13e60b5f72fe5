"""What GitHub finds in a repository, what it publishes from it, and how it is set up."""

from datetime import datetime

from msgspec import Struct, field


class Alert(Struct, kw_only=True):
    """What every kind of alert has; `reason` is why somebody put it away."""

    number: int
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    reason: str | None = None
    comment: str | None = None
    by: str | None = None
    closed_at: datetime | None = None


class DependencyAlert(Alert, kw_only=True):
    package: str
    ecosystem: str = "pip"
    manifest: str = "pyproject.toml"
    scope: str = "runtime"
    severity: str = "high"
    ghsa: str = "GHSA-xxxx-xxxx-xxxx"
    cve: str | None = None
    summary: str = ""
    affected: str = "< 1.0.0"
    patched: str | None = "1.0.0"
    score: float = 7.5


class CodeAlert(Alert, kw_only=True):
    rule: str
    description: str
    path: str
    line: int
    severity: str = "high"
    tool: str = "CodeQL"


class SecretAlert(Alert, kw_only=True):
    kind: str
    kind_name: str
    path: str
    line: int
    validity: str = "unknown"
    leaked: bool = False


class Advisory(Struct, kw_only=True):
    ghsa: str
    summary: str
    package: str
    ecosystem: str
    affected: str
    patched: str | None
    author: str
    created_at: datetime
    severity: str = "high"
    state: str = "published"


class PackageVersion(Struct, kw_only=True):
    """A version of a container; its name is a digest, and tags point to it."""

    id: int
    name: str
    created_at: datetime
    tags: list[str] = field(default_factory=list)


class Package(Struct, kw_only=True):
    id: int
    org: str
    name: str
    repo: str
    created_at: datetime
    kind: str = "container"
    versions: list[PackageVersion] = field(default_factory=list)


class Settings(Struct, kw_only=True):
    """What a repository is set to."""

    homepage: str | None = None
    topics: list[str] = field(default_factory=list)
    template: bool = False
    issues: bool = True
    wiki: bool = False
    squash: bool = True
    merge: bool = True
    rebase: bool = True
    auto_merge: bool = False
    delete_branch: bool = False
    update_branch: bool = False
    dependency_alerts: bool = True
    code_scanning: bool = True
    secret_scanning: bool = True
