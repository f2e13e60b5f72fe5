"""Our schema is a part of Linear's own, and everything in it can be asked."""

from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

from integrations.emulators.linear import LinearWorld
from integrations.emulators.linear.graphql import schema
from tests.integrations.emulators.linear.caller import asked

OURS = schema()
NAMED = sorted(name for name in OURS.type_map if not name.startswith("__"))


@pytest.mark.parametrize("name", NAMED)
def test_each_type_is_linear_s(official: GraphQLSchema, name: str) -> None:
    """Fields, arguments, nullability and enum values; nothing that is required is left out."""
    ours: Any = OURS.type_map[name]
    theirs: Any = official.type_map[name]

    assert type(ours) is type(theirs)
    if isinstance(ours, GraphQLEnumType):
        assert ours.values.keys() <= theirs.values.keys()
    for each in getattr(ours, "interfaces", ()):
        assert each.name in {known.name for known in theirs.interfaces}
    for known, field in getattr(ours, "fields", {}).items():
        official_field = theirs.fields[known]
        assert str(field.type) == str(official_field.type)
        given = getattr(field, "args", {})
        for argument, part in given.items():
            assert str(part.type) == str(official_field.args[argument].type)
        for argument, part in getattr(official_field, "args", {}).items():
            assert argument in given or not is_required_argument(part)
    if hasattr(theirs, "out_type"):
        needed = {n for n, part in theirs.fields.items() if is_required_input_field(part)}
        assert needed <= ours.fields.keys()


def selection(kind: GraphQLObjectType, depth: int) -> str:
    """Return everything that can be selected, down to a depth."""
    parts = []
    for name, field in kind.fields.items():
        inner = get_named_type(field.type)
        if any(is_required_argument(part) for part in field.args.values()):
            continue
        if not isinstance(inner, GraphQLObjectType):
            parts.append(name)
        elif depth and (inside := selection(inner, depth - 1)):
            size = "(first: 2)" if "first" in field.args else ""
            parts.append(f"{name}{size} {{ {inside} }}")
    return " ".join(parts)


def everything() -> LinearWorld:
    """Return a workspace that has at least one of each kind of thing."""
    world = LinearWorld()
    cycle = world.cycle("ENG", world.clock)
    project = world.project("Checkout", "ENG", lead="ada", due=world.clock.date())
    milestone = world.milestone(project, "Beta", due=world.clock.date())
    world.issue("ENG", "One", labels=["bug"], cycle=cycle, project=project, estimate=2.0)
    world.issue("ENG", "Two", parent=world["ENG-1"], project_milestone=milestone)
    world.comment("ENG-1", "Well")
    world.courier.hook("http://nowhere", "secret")
    world.viewer.admin = True
    return world


@pytest.mark.parametrize(
    "root",
    [
        "viewer",
        "organization",
        "issues",
        "teams",
        "projects",
        "users",
        "cycles",
        "issueLabels",
        "workflowStates",
        "projectMilestones",
        "comments",
        "rateLimitStatus",
        "webhooks",
    ],
)
async def test_every_field_can_be_asked(root: str) -> None:
    """Of everything that a query begins with; non-null means that something is there."""
    field = OURS.query_type.fields[root]  # type: ignore[union-attr] # ours has queries
    kind = get_named_type(field.type)
    assert isinstance(kind, GraphQLObjectType)
    is_list = kind.name.endswith("Connection")
    arguments = "(first: 2)" if is_list else ""
    depth = 1 if root in ("viewer", "organization") else 2

    data = await asked(everything(), f"{{ {root}{arguments} {{ {selection(kind, depth)} }} }}")

    assert data[root]["nodes"] if is_list else data[root]


async def test_what_is_linked_can_be_asked() -> None:
    """Attachments, relations and updates, each by its id, and all of their fields."""
    world = everything()
    made = await asked(
        world,
        """mutation($project: String!) {
          attachmentCreate(input: {issueId: "ENG-1", url: "https://x", title: "X"}) {
            attachment { id } }
          issueRelationCreate(input: {issueId: "ENG-1", relatedIssueId: "ENG-2", type: blocks}) {
            issueRelation { id } }
          projectUpdateCreate(input: {projectId: $project, body: "Well"}) {
            projectUpdate { id } }
        }""",
        project=world.projects[0].slug_id,
    )
    for name, payload, part in (
        ("attachment", "attachmentCreate", "attachment"),
        ("issueRelation", "issueRelationCreate", "issueRelation"),
        ("projectUpdate", "projectUpdateCreate", "projectUpdate"),
    ):
        kind = OURS.type_map[name[0].upper() + name[1:]]
        assert isinstance(kind, GraphQLObjectType)
        query = f"query($id: String!) {{ {name}(id: $id) {{ {selection(kind, 1)} }} }}"
        thing = made[payload][part]["id"]
        assert (await asked(world, query, id=thing))[name]["id"] == thing
