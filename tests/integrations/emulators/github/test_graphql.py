"""GraphQL answers are GitHub's, on a subset of GitHub's schema."""

import gzip
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
)

from integrations.emulators.github import GitHubWorld
from tests.integrations.emulators.github.connection import ask, connected

REPO = 'repository(owner: "acme", name: "shop")'
TIMINGS = """
query($after: String) {
  rateLimit { cost }
  repository(owner: "acme", name: "shop") {
    pullRequests(states: MERGED, orderBy: {field: UPDATED_AT, direction: DESC}, first: 50,
                 after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        number title additions deletions changedFiles
        author { login __typename }
        labels(first: 5) { nodes { name } }
        mergeCommit { oid committedDate }
        commits(first: 1) { totalCount nodes { commit { authoredDate author { user { login } } } } }
        reviews(first: 20) { nodes { state submittedAt author { login __typename } } }
        timelineItems(itemTypes: [READY_FOR_REVIEW_EVENT], first: 1) { nodes { __typename } }
      }
    }
  }
}
"""


def ours() -> GraphQLSchema:
    """Read the schema that the emulator answers by."""
    return build_schema((files("integrations.emulators.github") / "schema.graphql").read_text())


def test_the_schema_is_a_part_of_the_official_one(contracts: Path) -> None:
    """Every type, field, argument and default of ours is GitHub's, nullability included."""
    with gzip.open(contracts / "github/graphql/schema.graphql.gz", "rt") as file:
        official = build_schema(file.read(), assume_valid=True)
    for name, kind in ours().type_map.items():
        theirs = official.type_map[name]
        assert type(theirs) is type(kind), name
        if isinstance(kind, GraphQLEnumType) and isinstance(theirs, GraphQLEnumType):
            assert kind.values.keys() <= theirs.values.keys(), name
        elif isinstance(kind, GraphQLUnionType) and isinstance(theirs, GraphQLUnionType):
            assert {t.name for t in kind.types} <= {t.name for t in theirs.types}, name
        elif isinstance(kind, GraphQLInputObjectType) and isinstance(
            theirs, GraphQLInputObjectType
        ):
            assert {k: str(f.type) for k, f in kind.fields.items()} == {
                k: str(f.type) for k, f in theirs.fields.items()
            }, name
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith(
            "__"
        ):
            assert isinstance(theirs, GraphQLObjectType | GraphQLInterfaceType)
            for key, field in kind.fields.items():
                other = theirs.fields[key]
                assert str(field.type) == str(other.type), f"{name}.{key}"
                for word, argument in field.args.items():
                    known = other.args[word]
                    assert str(argument.type) == str(known.type), f"{name}.{key}({word})"
                    assert argument.default_value == known.default_value, f"{name}.{key}({word})"
                required = {w for w, a in other.args.items() if str(a.type).endswith("!")}
                assert required <= field.args.keys(), f"{name}.{key}"


async def test_pages_of_pull_requests_lead_to_the_end(acme: GitHubWorld) -> None:
    """Cursors visit every merged pull request once, newest change first, with its real size."""
    seen, after = [], None
    async with connected(acme) as api:
        while True:
            page = (await ask(api, TIMINGS, after=after))["data"]["repository"]["pullRequests"]
            seen += page["nodes"]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
    merged = [pull for pull in acme["acme/shop"].pulls.values() if pull.merged_at]
    assert {node["number"] for node in seen} == {pull.number for pull in merged}
    assert len(seen) == page["totalCount"]
    assert all(node["additions"] + node["deletions"] > 0 for node in seen)
    assert all(node["commits"]["nodes"][0]["commit"]["authoredDate"] for node in seen)


async def test_a_bot_has_its_plain_name(acme: GitHubWorld) -> None:
    """GraphQL calls it `dependabot` of type Bot, where REST says `dependabot[bot]`."""
    async with connected(acme) as api:
        page = (await ask(api, TIMINGS))["data"]["repository"]["pullRequests"]
    authors = {(n["author"]["login"], n["author"]["__typename"]) for n in page["nodes"]}
    assert ("dependabot", "Bot") in authors


async def test_sizes_are_those_that_rest_tells(acme: GitHubWorld) -> None:
    """Both doors measure the same diff."""
    query = f"{{ {REPO} {{ pullRequest(number: 73) {{ additions deletions changedFiles }} }} }}"
    async with connected(acme) as api:
        one = (await ask(api, query))["data"]["repository"]["pullRequest"]
        rest = (await api.get("/repos/acme/shop/pulls/73")).json()
    expected = (rest["additions"], rest["deletions"], rest["changed_files"])
    assert (one["additions"], one["deletions"], one["changedFiles"]) == expected


async def test_deployments_tell_how_they_went(acme: GitHubWorld) -> None:
    """Newest first, with every status; what is in place is ACTIVE."""
    query = f"""{{ {REPO} {{ deployments(first: 100, environments: ["production"],
        orderBy: {{field: CREATED_AT, direction: DESC}}) {{ totalCount nodes {{
          databaseId commitOid state environment createdAt creator {{ login }} ref {{ name }}
          latestStatus {{ state }} statuses(first: 10) {{ nodes {{ state createdAt }} }}
          commit {{ oid committedDate }} }} }} }} }}"""
    async with connected(acme) as api:
        page = (await ask(api, query))["data"]["repository"]["deployments"]
    times = [node["createdAt"] for node in page["nodes"]]
    assert times == sorted(times, reverse=True)
    assert {node["state"] for node in page["nodes"]} == {"ACTIVE", "FAILURE"}
    assert all(node["commit"]["oid"] == node["commitOid"] for node in page["nodes"])


async def test_references_objects_and_history_are_gits(acme: GitHubWorld) -> None:
    """Tags are peeled, blobs read, history is counted and cut by date."""
    query = f"""{{ {REPO} {{
      defaultBranchRef {{ name target {{ oid }} }}
      refs(refPrefix: "refs/tags/", first: 1,
           orderBy: {{field: TAG_COMMIT_DATE, direction: DESC}}) {{
        nodes {{ name target {{ ... on Tag {{ tagger {{ date }} target {{ oid }} }} }} }} }}
      file: object(expression: "main:README.md") {{ ... on Blob {{ text isBinary }} }}
      head: object(expression: "main") {{ ... on Commit {{
        history(first: 3, since: "2026-02-20T00:00:00Z") {{
          totalCount nodes {{ messageHeadline }} }} }} }}
      ref(qualifiedName: "refs/heads/main") {{ name prefix }}
      releases(first: 1) {{ nodes {{ tagName isLatest tagCommit {{ oid }} }} }}
      milestones(first: 5, states: OPEN) {{
        nodes {{ title issues(first: 1) {{ totalCount }} }} }}
    }} }}"""
    async with connected(acme) as api:
        answer = await ask(api, query)
    assert "errors" not in answer
    repo = answer["data"]["repository"]
    assert repo["defaultBranchRef"]["target"]["oid"] == acme.head("acme/shop")
    tag, release = repo["refs"]["nodes"][0], repo["releases"]["nodes"][0]
    assert tag["target"]["target"]["oid"] == acme.tags("acme/shop")[tag["name"]]
    assert release == {
        "tagName": "v1.14.2",
        "isLatest": True,
        "tagCommit": {"oid": acme.tags("acme/shop")["v1.14.2"]},
    }
    assert repo["file"]["text"].startswith("# shop")
    assert 3 <= repo["head"]["history"]["totalCount"] < 30
    assert repo["ref"] == {"name": "main", "prefix": "refs/heads/"}
    assert repo["milestones"]["nodes"] == [{"title": "1.15", "issues": {"totalCount": 4}}]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ('{ repository(owner: "acme", name: "nope") { id } }', "NOT_FOUND"),
        (f"{{ {REPO} {{ pullRequest(number: 9999) {{ id }} }} }}", "NOT_FOUND"),
        (f"{{ {REPO} {{ releases {{ totalCount }} }} }}", "MISSING_PAGINATION_BOUNDARIES"),
        (f"{{ {REPO} {{ releases(first: 101) {{ totalCount }} }} }}", "EXCESSIVE_PAGINATION"),
        (
            f'{{ {REPO} {{ releases(first: 1, after: "x") {{ totalCount }} }} }}',
            "INVALID_CURSOR_ARGUMENTS",
        ),
    ],
)
async def test_trouble_comes_with_its_type(query: str, kind: str, acme: GitHubWorld) -> None:
    """The status is 200 and the error names its type, as GitHub sends it."""
    async with connected(acme) as api:
        answer = await ask(api, query)
    assert answer["errors"][0]["type"] == kind


async def test_an_unknown_field_is_refused(api: httpx.AsyncClient) -> None:
    """A query that does not fit the schema is not run."""
    answer = await ask(api, "{ viewer { shoeSize } }")
    assert "shoeSize" in answer["errors"][0]["message"]
    assert "data" not in answer


async def test_a_query_costs_by_the_lists_it_opens(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """101 lists of pull requests and reviews cost one point, 5,101 cost 51."""
    small = """{ rateLimit { cost nodeCount } repository(owner: "acme", name: "api") {
      pullRequests(first: 100) { nodes { reviews(first: 10) { totalCount } } } } }"""
    large = """{ rateLimit { cost } repository(owner: "acme", name: "api") {
      pullRequests(first: 100) { nodes { reviews(first: 50) { nodes { commit {
        history(first: 1) { totalCount } } } } } } } }"""
    told = [(await ask(api, query))["data"]["rateLimit"] for query in (small, large)]
    assert told[0] == {"cost": 1, "nodeCount": 1100}
    assert told[1]["cost"] == 51
    assert world.quota("graphql").used == 52


async def test_the_limit_is_told_in_the_body(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """Beyond the points of the hour the status is 200 and the type RATE_LIMITED."""
    world.quotas["graphql"].limit = 0
    answer = await api.post("/graphql", json={"query": "{ viewer { login } }"})
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["type"] == "RATE_LIMITED"
    assert answer.headers["x-ratelimit-remaining"] == "0"
