"""What somebody reaches from a comment: the repository that it is in, by its own rules, alone."""

from bot.comments.surface import NO_RUN, ONE_ONLY
from bot.replies import Say
from flows.engine.access import Role
from flows.engine.tools import ProjectSettings
from storage import projects
from tests.bot.comments.forum import REPO, Forum, opened
from tests.bot.lab import ADA, NOBODY_READS


async def test_a_project_s_word_holds_however_its_name_is_spelt(forum: Forum) -> None:
    """GitHub does the same for both, so no other letters lead around its roles and its locks."""
    project = ProjectSettings(REPO, roles={"*": Role.VIEWER})
    async with forum.database.begin() as connection:
        await projects.save(connection, project, forum.clock())

    refused = await forum.type("release ACME/api")
    assert isinstance(refused, Say)
    assert refused.kind == "forbidden"
    await forum.type("changes ACME/Api")
    [run] = await forum.runs()
    assert (run.project, run.params["repo"]) == (REPO, REPO)


async def test_a_comment_tells_nothing_of_other_repositories(forum: Forum) -> None:
    """Neither which there are, nor what runs there, however it is asked."""
    number = await opened(forum)
    run_id = await forum.start("release acme/secret", ADA, origin=NOBODY_READS)
    async with forum.database.begin() as connection:
        await projects.save(connection, ProjectSettings("acme/secret"), forum.clock())
    asked = ("status", f"status --undo {run_id}", f"cancel --undo {run_id}", "changes sec")
    for said in asked:
        await forum.comment("ada", number, f"/flow {said}")

    told = forum.said(number)
    assert told[:3] == [f"⚠️ {each}" for each in (NO_RUN, *[ONE_ONLY.format(repo=REPO)] * 2)]
    assert told[3].startswith("I know no repository “sec”")
    assert "secret" not in "".join(told)
    assert [each.id for each in await forum.runs()] == [run_id]
