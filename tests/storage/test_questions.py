"""Questions are asked once and answered once, however many people press at the same time."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from flows.engine.journal import Answer, Question
from storage import questions
from storage.database import Database
from storage.records import QuestionRecord
from tests.storage.rows import ADA, BEN, LATER, NOW, PLAN, accepted


async def asked(database: Database, question: Question = PLAN) -> QuestionRecord:
    """Let the run ask; return what is stored."""
    await database.write(questions.asking(database.dialect, "r1", question, NOW))
    async with database.read() as connection:
        every = await questions.of_run(connection, "r1")
    return next(each for each in every if each.question.key == question.key)


async def test_a_question_comes_back_whole(database: Database) -> None:
    """With its plan and what it shows, and without an answer yet."""
    await accepted(database)

    record = await asked(database)

    assert record.question == PLAN
    assert (record.run_id, record.asked_at) == ("r1", NOW)
    assert (record.answer, record.answered_by, record.answered_at) == (None, None, None)
    async with database.read() as connection:
        assert await questions.get(connection, record.id) == record
        assert await questions.get(connection, record.id + 1) is None
        assert await questions.answers(connection, "r1") == {}


async def test_asking_twice_is_one_question(database: Database) -> None:
    """A replay asks again; the question keeps its number and its moment."""
    await accepted(database)
    first = await asked(database)

    await database.write(questions.asking(database.dialect, "r1", PLAN, LATER))

    async with database.read() as connection:
        assert await questions.of_run(connection, "r1") == [first]


async def test_runs_ask_apart(database: Database) -> None:
    """The same plan in two runs is two questions, and a run lists its own in order."""
    await accepted(database)
    await accepted(database, id="r2")
    other = Question("Which?", "Which?", ("a", "b"))
    await database.write(questions.asking(database.dialect, "r2", PLAN, NOW))
    await asked(database, other)
    await asked(database)

    async with database.read() as connection:
        own = await questions.of_run(connection, "r1")

    assert [each.question.key for each in own] == ["Which?", "c0ffee"]


async def test_of_20_answers_at_once_one_counts(database: Database) -> None:
    """The others are told so, and the answer is the winner's."""
    await accepted(database)
    question = await asked(database)

    async def press(number: int) -> bool:
        by = ADA | {"name": f"person-{number}"}
        async with database.begin() as connection:
            choice = PLAN.choices[number % 2]
            await questions.say(connection, question.id, choice, by | {"id": f"U{number}"}, LATER)
            return await questions.settle(connection, question.id, choice, by, LATER)

    counted = await asyncio.gather(*map(press, range(20)))

    assert counted.count(True) == 1
    winner = counted.index(True)
    async with database.read() as connection:
        answers = await questions.answers(connection, "r1")
    assert f"person-{winner}" in answers["c0ffee"].by
    assert answers["c0ffee"].choice == PLAN.choices[winner % 2]


async def test_a_second_answer_changes_nothing(database: Database) -> None:
    """Who said what and when stays as it was."""
    await accepted(database)
    question = await asked(database)
    async with database.begin() as connection:
        assert await questions.settle(connection, question.id, "decline", BEN, NOW)
    async with database.begin() as connection:
        assert not await questions.settle(connection, question.id, "approve", ADA, LATER)

    async with database.read() as connection:
        record = await questions.get(connection, question.id)
    assert record is not None
    assert (record.answer, record.answered_by, record.answered_at) == ("decline", BEN, NOW)


async def test_what_each_person_says_is_kept_once(database: Database) -> None:
    """Who says it again, or something else, is still one person; names come in order."""
    await accepted(database)
    question = await asked(database)
    for by, choice, at in (
        (BEN, "approve", NOW),
        (ADA, "decline", LATER),
        (BEN, "approve", LATER),
        (ADA, "approve", LATER),
    ):
        async with database.begin() as connection:
            await questions.say(connection, question.id, choice, by, at)
    async with database.begin() as connection:
        await questions.settle(connection, question.id, "approve", ADA, LATER)

    async with database.read() as connection:
        record = await questions.get(connection, question.id)
        answers = await questions.answers(connection, "r1")
    assert record is not None
    assert [(each.person, each.choice) for each in record.answers] == [
        ("slack:U1", "approve"),
        ("slack:U2", "approve"),
    ]
    assert answers["c0ffee"] == Answer("approve", "ada and ben", LATER)


async def test_a_question_is_overdue_from_its_deadline_until_it_is_answered(
    database: Database,
) -> None:
    """One without a deadline never is."""
    await accepted(database)
    await asked(database)
    limited = await asked(database, replace(PLAN, key="soon", within=timedelta(seconds=15)))
    assert limited.deadline == LATER

    async with database.read() as connection:
        assert await questions.overdue(connection, NOW) == []
        assert await questions.overdue(connection, LATER) == [limited.id]
    async with database.begin() as connection:
        await questions.settle(connection, limited.id, "decline", questions.NOBODY, LATER)
    async with database.read() as connection:
        assert await questions.overdue(connection, LATER) == []
        answers = await questions.answers(connection, "r1")
    assert answers["soon"] == Answer("decline", "", LATER)


async def test_a_lifted_freeze_is_remembered_with_who_and_why(database: Database) -> None:
    """The run reads it with the answer."""
    await accepted(database)
    question = await asked(database)
    async with database.begin() as connection:
        await questions.lift(connection, question.id, ADA, "a fix that cannot wait")
        await questions.say(connection, question.id, "approve", BEN, LATER)
        await questions.settle(connection, question.id, "approve", BEN, LATER)

    async with database.read() as connection:
        record = await questions.get(connection, question.id)
        answers = await questions.answers(connection, "r1")
    assert record is not None
    assert (record.lifted_by, record.lifted_why) == (ADA, "a fix that cannot wait")
    assert answers["c0ffee"] == Answer("approve", "ben", LATER, lifted=True)
