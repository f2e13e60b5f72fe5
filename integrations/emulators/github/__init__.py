"""GitHub on real git repositories, in this process: REST, GraphQL and smart HTTP."""

from integrations.emulators.github.accounts import app_key
from integrations.emulators.github.app import github_app
from integrations.emulators.github.levers import Write
from integrations.emulators.github.people import Person
from integrations.emulators.github.records import APP_ID
from integrations.emulators.github.story import Story
from integrations.emulators.github.triggers import automated
from integrations.emulators.github.world import INSTANT, TOKEN, GitHubWorld

__all__ = [
    "APP_ID",
    "INSTANT",
    "TOKEN",
    "GitHubWorld",
    "Person",
    "Story",
    "Write",
    "app_key",
    "automated",
    "github_app",
]
