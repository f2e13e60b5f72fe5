"""What people were told alone of a project's questions, on both engines."""

from datetime import timedelta

from flows.report import Report
from storage import notices, questions
from storage.database import Database
from tests.storage.rows import NOW, PLAN, accepted

WHO = {"platform": "slack", "id": "U1", "name": "ada"}


async def test_notices_of_a_project_are_found_by_their_questions(database: Database) -> None:
    """Those of another project, of other topics, and of longer ago, are not."""
    await accepted(database, project="acme/api")
    await accepted(database, id="r2", project="acme/web")
    for run_id in ("r1", "r2"):
        await database.write(questions.asking(database.dialect, run_id, PLAN, NOW))
    async with database.begin() as connection:
        first, second = [
            (await questions.of_run(connection, run_id))[0].id for run_id in ("r1", "r2")
        ]
        for number, topic in ((first, "question:"), (second, "question:"), (first, "lock:")):
            key = f"{topic}{number}"
            await notices.add(connection, key, WHO, Report("A plan"), NOW, topic=key)
        found = await notices.of_project(connection, "acme/api", NOW)
        assert [each.topic for each in found] == [f"question:{first}"]
        for name in ("acme/api#1", "acme/api-2#1"):
            key = f"{notices.NEWS}pull:{name}:p1:abc"
            await notices.add(connection, key, WHO, Report("It moved"), NOW)
        news = (await notices.of_project(connection, "acme/api", NOW))[1:]
        assert [each.key for each in news] == ["news:pull:acme/api#1:p1:abc"]
        later = NOW + timedelta(seconds=1)
        assert await notices.of_project(connection, "acme/api", later) == []
