"""The emulator answers as GitHub's own description says."""

import pytest

from integrations.emulators.github import GitHubWorld
from tests.integrations.emulators.github.conftest import Connect, Contract
