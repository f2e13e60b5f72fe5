"""What a run reaches, and a sentence of what to set where something is not connected."""

from datetime import datetime

from flows.engine.errors import FlowError
from flows.engine.following import KeepsSubscriptions, ReadsSubscriptions
from flows.engine.pairs import Pairs
from flows.engine.talk import Listens, Place, Talks
from flows.engine.tools import Identity, ProjectSettings, System, Tools
from integrations.git import Workspaces
from integrations.github import GitHub, GitHubReader
from integrations.linear import Linear, LinearReader
from integrations.osv import OsvReader
from integrations.probes import Probes
from integrations.registries import RegistriesReader
from integrations.trackers import (
    GitHubTracker,
    GitHubTrackerReader,
    LinearTracker,
    LinearTrackerReader,
    Tracker,
    TrackerReader,
)

NO_LINEAR = "This needs Linear, and none is connected: set FLOWBOT_LINEAR_TOKEN."
NO_MEMORY = "This needs the database of the bot, which is not here: run it in a chat."
NO_CHAT = "This needs a chat: run it from Slack or Discord."


class Reach:
    """What a run that looks can reach."""

    identity: Identity
    tools: Tools

    @property
    def started(self) -> datetime:
        """The only clock of a flow: when the run was accepted, in UTC."""
        return self.identity.started

    @property
    def actor(self) -> str:
        return self.identity.actor

    @property
    def settings(self) -> ProjectSettings:
        """What is set for the project of this run."""
        return self.identity.settings

    @property
    def place(self) -> Place:
        """Where in a chat the run came from; raises FlowError where that was none."""
        if self.identity.place is None:
            raise FlowError(NO_CHAT)
        return self.identity.place

    @property
    def github(self) -> GitHubReader:
        return self.tools.github_reader

    @property
    def linear(self) -> LinearReader:
        """Linear; raises FlowError where none is connected."""
        if self.tools.linear_reader is None:
            raise FlowError(NO_LINEAR)
        return self.tools.linear_reader

    @property
    def tracker(self) -> TrackerReader:
        """Where the project keeps its issues: its team of Linear, else GitHub."""
        if team := self.settings.linear_team:
            return LinearTrackerReader(self.linear, team)
        return GitHubTrackerReader(self.github, self.settings.name)

    @property
    def chat(self) -> Listens:
        """What people said; raises FlowError where no chat is connected."""
        if self.tools.chat is None:
            raise FlowError(NO_CHAT)
        return self.tools.chat

    @property
    def subscriptions(self) -> ReadsSubscriptions:
        """Who is told what; raises FlowError where nobody keeps that."""
        if self.tools.subscriptions is None:
            raise FlowError(NO_MEMORY)
        return self.tools.subscriptions

    @property
    def git(self) -> Workspaces:
        return self.tools.git

    @property
    def probes(self) -> Probes:
        return self.tools.probes

    @property
    def osv(self) -> OsvReader:
        return self.tools.osv

    @property
    def registries(self) -> RegistriesReader:
        return self.tools.registries

    @property
    def system(self) -> System:
        return self.tools.system


class WideReach(Reach):
    """The same with verbs that change things, for the effects of a run."""

    @property
    def github(self) -> GitHub:
        return self.tools.github

    @property
    def linear(self) -> Linear:
        if self.tools.linear is None:
            raise FlowError(NO_LINEAR)
        return self.tools.linear

    @property
    def tracker(self) -> Tracker:
        if team := self.settings.linear_team:
            return LinearTracker(self.linear, team)
        return GitHubTracker(self.github, self.settings.name)

    @property
    def chat(self) -> Talks:
        if self.tools.chat is None:
            raise FlowError(NO_CHAT)
        return self.tools.chat

    @property
    def subscriptions(self) -> KeepsSubscriptions:
        if self.tools.subscriptions is None:
            raise FlowError(NO_MEMORY)
        return self.tools.subscriptions

    @property
    def pairs(self) -> Pairs:
        """What is kept of issues that are synced; raises FlowError where nothing is kept."""
        if self.tools.pairs is None:
            raise FlowError(NO_MEMORY)
        return self.tools.pairs
