"""What runs work with: the clients, the bot's knowledge of itself, and who they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

import msgspec

from flows.engine.access import Role
from flows.engine.breakers import Breakers
from flows.engine.following import KeepsSubscriptions
from flows.engine.house import HouseRules
from flows.engine.pairs import Pairs
from flows.engine.policy import Policy, PolicySettings
from flows.engine.talk import Place, Talks
from flows.engine.turns import Watch
from flows.report import Report
from integrations.git import Workspaces
from integrations.github import GitHub, GitHubReader
from integrations.linear import Linear, LinearReader
from integrations.osv import OsvReader
from integrations.probes import Probes
from integrations.registries import RegistriesReader

RANKS = ("urgent", "high", "medium", "low")
# Labels of GitHub that stand for a priority in Linear.
PRIORITIES = {f"priority: {name}": rank for rank, name in enumerate(RANKS, start=1)}


class Vital(msgspec.Struct, frozen=True):
    """One measured thing: its name, whether it is well, and the value with its unit."""

    name: str
    ok: bool
    value: str
    remedy: str = ""


class EnvironmentSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a project is deployed to, after the environments before it in the list.

    `canary` names environments that stand for a part of this one: each gets a commit before it, in
    order. `checks` names those that have to be green, else all are. A deployment is done in
    `patience` minutes, or counts as one of which nobody knows. Then `health`, an address whose
    host is among the endpoints, is looked at `probes` times in so many `minutes`.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    canary: list[str] = []
    checks: list[str] = []
    health: str = ""
    probes: Annotated[int, msgspec.Meta(ge=1, le=60)] = 3
    minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 5
    patience: Annotated[int, msgspec.Meta(ge=1, le=1440)] = 60


class SyncSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which issues are kept in step with Linear, and whose word counts.

    An issue is taken on if one of its labels matches a glob of `only`, any where that is empty.
    `create` says where twins are made: "auto" makes them in Linear, and on GitHub where the
    repository is private and no other project has this team. Where both sides changed the same,
    `wins` decides. `states` names the state of Linear for what is open, done or canceled on
    GitHub; `priorities` are labels of GitHub with the priority that they stand for, 1 is urgent.
    """

    only: list[str] = []
    create: Literal["auto", "both", "linear", "github", "none"] = "auto"
    wins: Literal["newest", "github", "linear", "ask"] = "newest"
    states: dict[Literal["open", "done", "canceled"], str] = {}
    priorities: dict[str, Annotated[int, msgspec.Meta(ge=1, le=4)]] = msgspec.field(
        default_factory=lambda: dict(PRIORITIES)
    )


class ProjectSettings(msgspec.Struct, frozen=True):
    """What is set for one repository; `components` maps folders to component names.

    `policies` holds the rules of flows by alias, or of all by "*"; `roles` those of people here, by
    `platform:id`, or of everybody by "*". `channels` are about this project, as `platform:id`:
    there its name can be left out. A commit goes through the `environments` in their order.
    `linear_team` is the key of the team in Linear that has its issues, "" where GitHub has them;
    what a release ships moves to the `released_state`, where that is set. With `tell_approvers` who
    may approve a plan is told so by a direct message; without it only those who want to be sent
    what waits for them. `triggers` are the aliases of the flows that events may start here; `rules`
    are those that `gh` keeps, `sync` is how issues follow Linear.
    """

    name: str
    endpoints: list[str] = []
    components: dict[str, str] = {}
    version_file: str = ""
    environment: str = ""
    environments: list[EnvironmentSettings] = []
    policies: dict[str, PolicySettings] = {}
    roles: dict[str, Role] = {}
    channels: list[str] = []
    linear_team: str = ""
    released_state: str = ""
    tell_approvers: bool = False
    triggers: list[str] = []
    rules: HouseRules | None = None
    sync: SyncSettings = SyncSettings()


class Vitals(msgspec.Struct, frozen=True):
    items: list[Vital]
    endpoints: dict[str, list[str]]
    """The configured endpoints of each project."""


class Baseline(msgspec.Struct, frozen=True):
    at: datetime
    data: dict[str, Any]


class System(Protocol):
    """What the bot can tell about itself, and the results of its earlier runs."""

    async def vitals(self) -> Vitals:
        """Measure the database, the queue, the workers, the outbox and the clock."""
        ...

    async def services(self) -> list[Vital]:
        """Ask every service that the bot uses how it is; being away is an answer, not an error."""
        ...

    async def baseline(self, flow: str, project: str, before: datetime) -> Baseline | None:
        """Return the last result of this flow for this project."""
        ...

    async def away(self, logins: list[str], at: datetime) -> dict[str, str]:
        """Return who of these on GitHub is away then, and until when, as they have told the bot."""
        ...


class Starts(Protocol):
    """Starts other flows for a run, and tells what came of them."""

    async def start(self, parent: str, title: str, flow: str, inputs: Mapping[str, Any]) -> str:
        """Start a flow for a run and return its run: one and the same for the same title.

        Raises FlowError where it cannot be started. One that has ended without a result is played
        on from where it failed.
        """
        ...

    async def report(self, run: str) -> Report | None:
        """Return the report of a run, None before its end; raises FlowError where it has none."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """The clients that runs share, and how these fare in this process; None is not set up."""

    github: GitHub
    github_reader: GitHubReader
    git: Workspaces
    probes: Probes
    osv: OsvReader
    registries: RegistriesReader
    system: System
    breakers: Breakers = field(default_factory=Breakers)
    watch: Watch = field(default_factory=Watch)
    linear: Linear | None = None
    linear_reader: LinearReader | None = None
    chat: Talks | None = None
    subscriptions: KeepsSubscriptions | None = None
    pairs: Pairs | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Which run this is: everything about it that never changes; `place` is None off any chat."""

    id: str
    flow: str
    project: str
    actor: str
    url: str
    started: datetime
    policy: Policy
    settings: ProjectSettings
    dry_run: bool = False
    place: Place | None = None
