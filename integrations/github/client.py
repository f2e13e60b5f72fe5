"""GitHub as a client of two strengths: one that looks, one that may also change things."""

from integrations.github.access import AccessReads, AccessWrites
from integrations.github.actions import ActionReads, ActionWrites
from integrations.github.alerts import AlertReads, AlertWrites
from integrations.github.artifacts import ArtifactReads, ArtifactWrites
from integrations.github.assets import AssetReads, AssetWrites
from integrations.github.backlog import BacklogReads
from integrations.github.deliveries import DeliveryReads
from integrations.github.deploying import DeploymentWrites
from integrations.github.environments import EnvironmentReads, EnvironmentWrites
from integrations.github.following import StateReads
from integrations.github.hooks import HookReads, HookWrites
from integrations.github.house import HouseReads
from integrations.github.labels import LabelReads
from integrations.github.merging import MergeReads, MergeWrites
from integrations.github.milestones import MilestoneReads, MilestoneWrites
from integrations.github.packages import PackageReads, PackageWrites
from integrations.github.picking import PickReads, PickWrites
from integrations.github.pulls import PullReads
from integrations.github.remarks import RemarkReads, RemarkWrites
from integrations.github.rules import RuleReads, RuleWrites
from integrations.github.search import SearchReads
from integrations.github.settings import SettingReads, SettingWrites
from integrations.github.threads import ThreadReads, ThreadWrites
from integrations.github.trees import TreeWrites
from integrations.github.upkeep import UpkeepWrites
from integrations.github.verdicts import VerdictReads, VerdictWrites
from integrations.github.writes import PullWrites, ReleaseWrites


class GitHubReader(
    SettingReads,
    LabelReads,
    ThreadReads,
    PullReads,
    DeliveryReads,
    StateReads,
    HookReads,
    ActionReads,
    ArtifactReads,
    RuleReads,
    EnvironmentReads,
    AccessReads,
    RemarkReads,
    VerdictReads,
    AlertReads,
    PackageReads,
    SearchReads,
    PickReads,
    MergeReads,
    MilestoneReads,
    AssetReads,
    HouseReads,
    BacklogReads,
):
    """Everything flows may ask GitHub; `repo` is always `owner/name`."""


class GitHub(
    GitHubReader,
    UpkeepWrites,
    ReleaseWrites,
    PullWrites,
    HookWrites,
    ActionWrites,
    ArtifactWrites,
    RuleWrites,
    EnvironmentWrites,
    AccessWrites,
    RemarkWrites,
    VerdictWrites,
    ThreadWrites,
    DeploymentWrites,
    AlertWrites,
    PackageWrites,
    SettingWrites,
    TreeWrites,
    PickWrites,
    MergeWrites,
    MilestoneWrites,
    AssetWrites,
):
    """Everything flows may change on GitHub; each `ensure_…` and `delete_…` can be repeated."""
