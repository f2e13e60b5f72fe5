"""A small workspace, and Linear's own schema."""

import gzip
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema

from integrations.emulators.linear import LinearWorld


@pytest.fixture
def world() -> LinearWorld:
    """Return a workspace with one team and two issues."""
    made = LinearWorld()
    made.issue("ENG", "Add retries", labels=["bug"], assignee=made.user("bo"), priority=2)
    made.issue("ENG", "Write the guide", state="Done")
    return made


@pytest.fixture(scope="session")
def official(contracts: Path) -> GraphQLSchema:
    """Read Linear's own schema once; skip where it is absent."""
    with gzip.open(contracts / "linear" / "schema.graphql.gz", "rt", encoding="utf-8") as file:
        return build_schema(file.read(), assume_valid=True)
