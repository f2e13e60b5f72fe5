"""A comment on a pull request is a command like any other, from whoever may write there."""

from dataclasses import replace

from bot.comments.surface import ELSEWHERE, NO_REPOSITORY, ONE_ONLY
from flows.engine.access import Role
from flows.engine.tools import ProjectSettings
from storage import projects
from tests.bot.comments.forum import REPO, Forum, opened
from tests.bot.comments.reader import assert_inert
from tests.bot.lab import ADA, NOBODY_READS


async def test_a_comment_starts_a_flow_and_its_card_is_edited(forum: Forum) -> None:
    """Eyes on the comment, one card that ends with the result, and the report below it."""
    number = await opened(forum)

    made = await forum.comment("ada", number, "/flow changes\n\nThank you!")

    [run] = await forum.runs()
    assert (run.command, run.state, run.actor["id"]) == (f"changes repo={REPO}", "done", "ada")
    assert forum.eyes() == [f"comment:{made}"]
    card, report = forum.said(number)
    assert card.startswith(f"### ✅ {REPO} since v1.2.0\n\n`/flow changes repo={REPO}`\n")
    assert "by ada" in card
    assert report.startswith(f"### {REPO} since v1.2.0\n\n1 pull request in 1 commit since v1.2.0")
    assert ("ada", "asked", "comment") in await forum.audited()


async def test_a_release_needs_the_yes_of_another_person(forum_on_both: Forum) -> None:
    """Its plan is shown, its asker may not approve it, and then the tag is there."""
    forum = forum_on_both
    number = await opened(forum)
    await forum.comment("ada", number, "!flow release")
    [run] = await forum.runs()
    card, plan = forum.said(number)
    yes = f"/flow approve {run.id} {(await forum.asked(run.id)).id}"
    assert run.state == "waiting"
    assert f"- Approve: comment `{yes}`" in card
    assert plan.startswith(f"### {REPO} v1.3.0")

    await forum.comment("ada", number, yes)
    assert forum.said(number)[2:] == [
        "⚠️ You asked for this plan, so somebody else has to approve it."
    ]
    assert (await forum.run(run.id)).state == "waiting"

    await forum.comment("bo", number, yes)
    card, _, _, report = forum.said(number)
    assert (await forum.run(run.id)).state == "done"
    assert "Approved by bo at " in card
    assert report.startswith(f"### ✅ {REPO} v1.3.0 is out")
    assert "v1.3.0" in forum.github.tags(REPO)
    assert ("bo", "decided", "comment") in await forum.audited()


async def test_a_no_in_a_comment_writes_nothing(forum: Forum) -> None:
    """Without a run, the newest of the thread is meant."""
    number = await opened(forum)
    await forum.comment("ada", number, "/flow release")
    await forum.comment("bo", number, "/flow decline")

    assert [each.state for each in await forum.runs()] == ["stopped"]
    assert "Declined by bo at " in forum.said(number)[0]
    assert "v1.3.0" not in forum.github.tags(REPO)


async def test_who_may_not_write_to_the_repository_gets_no_answer(forum: Forum) -> None:
    """No run, no eyes, no reply: whatever they write, the bot is not moved to say anything."""
    number = await opened(forum)
    for said in ("/flow changes", "/flow help", "@flowbot nonsense", "/flow approve"):
        await forum.comment("eve", number, said)

    assert await forum.runs() == []
    assert forum.said(number) == []
    assert forum.eyes() == []


async def test_a_stranger_who_was_given_a_role_is_listened_to(forum: Forum) -> None:
    """In the project by its settings, as far as this role goes; who reads alone starts nothing."""
    number = await opened(forum)
    project = ProjectSettings(REPO, roles={"github:eve": Role.VIEWER})
    async with forum.database.begin() as connection:
        await projects.save(connection, project, forum.clock())

    await forum.comment("eve", number, "/flow changes")
    await forum.comment("eve", number, "/flow release")

    assert [each.flow for each in await forum.runs()] == ["change-overview"]
    assert "maintainer" in forum.said(number)[-1]


async def test_what_the_project_says_of_a_writer_counts_more_than_github(forum: Forum) -> None:
    """Write access makes nobody more than everybody's role here."""
    number = await opened(forum)
    project = ProjectSettings(REPO, roles={"*": Role.VIEWER, "github:bo": Role.MAINTAINER})
    async with forum.database.begin() as connection:
        await projects.save(connection, project, forum.clock())

    await forum.comment("ada", number, "/flow release")
    await forum.comment("bo", number, "/flow release")

    assert [each.actor["id"] for each in await forum.runs()] == ["bo"]


async def test_a_delivery_that_comes_again_is_the_same_run(forum: Forum) -> None:
    """Under its own number, or under another one."""
    number = await opened(forum)
    await forum.github.person("ada").comments(REPO, number, "/flow judge words=nothing")
    await forum.github.person("ada").comments(REPO, number, "/flow nonsense")
    heard = await forum.settle()
    before = forum.said(number)

    for each in heard:
        await forum.hear(each)
        await forum.hear(each, f"{each.headers['x-github-delivery']} again")
    await forum.settle()

    assert len(await forum.runs()) == 1
    assert forum.said(number) == before


async def test_an_edited_comment_never_runs(forum: Forum) -> None:
    """Neither one that becomes a command, nor one that becomes another."""
    number = await opened(forum)
    harmless = await forum.comment("ada", number, "Looks good.")
    await forum.github.person("ada").edits_comment(REPO, harmless, "/flow release")
    await forum.settle()
    assert await forum.runs() == []

    made = await forum.comment("ada", number, "/flow changes")
    await forum.github.person("ada").edits_comment(REPO, made, "/flow release")
    await forum.settle()
    assert [each.flow for each in await forum.runs()] == ["change-overview"]


async def test_a_card_that_somebody_deletes_is_posted_once_more(forum: Forum) -> None:
    """The run goes on, and so does its report; a second time nothing is forced on the thread."""
    number = await opened(forum)
    await forum.comment("ada", number, "/flow release")
    [run] = await forum.runs()
    for each in forum.written(number):
        await forum.github.person("bo").deletes_comment(REPO, each.id)
    await forum.comment("bo", number, f"/flow approve {run.id}")

    assert (await forum.run(run.id)).state == "done"
    assert [each.splitlines()[0] for each in forum.said(number)] == [
        f"### ✅ {REPO} v1.3.0 is out"
    ] * 2


async def test_a_command_that_is_deleted_at_once_runs_all_the_same(forum: Forum) -> None:
    """It gets no eyes; its card is there."""
    number = await opened(forum)
    made = await forum.github.person("ada").comments(REPO, number, "/flow changes")
    thread = forum.github[REPO].pulls[number]
    thread.comments = [each for each in thread.comments if each.id != made]
    await forum.settle()

    assert [each.state for each in await forum.runs()] == ["done"]
    assert forum.eyes() == []


async def test_bots_and_the_bot_itself_are_not_heard(forum: Forum) -> None:
    """However much what they write looks like a command."""
    number = await opened(forum)
    for who in ("renovate[bot]", "flowbot"):
        await forum.comment(who, number, "/flow changes")

    assert await forum.runs() == []
    assert forum.eyes() == []


async def test_a_command_may_begin_in_many_ways(forum: Forum) -> None:
    """With either prefix or a mention, in any case, in plain words, with a short name."""
    number = await opened(forum)
    commands = (
        "@flowbot judge",
        "@Flowbot: judge",
        "\n\n!FLOW judge",
        "/flow what changed in acme/api?",
        "/flow judge api",
    )
    for said in commands:
        await forum.comment("ada", number, said)

    assert len(await forum.runs()) == len(commands)


async def test_what_only_looks_like_a_command_is_none(forum: Forum) -> None:
    """A quote, an example, other words, somebody else's mention."""
    number = await opened(forum)
    for said in (
        "> /flow changes",
        "Try /flow changes",
        "    /flow changes",
        "/flowers are nice",
        "@flowbotter changes",
        "@ada changes",
        "`/flow changes`",
        "Thanks!\n/flow changes",
    ):
        await forum.github.person("ada").comments(REPO, number, said)
    await forum.settle()

    assert await forum.runs() == []
    assert forum.said(number) == []


async def test_the_place_says_which_pull_request_is_meant(forum: Forum) -> None:
    """Unless another one is named; on an issue there is none."""
    number = await opened(forum)
    await forum.comment("ada", number, "/flow judge")
    await forum.comment("ada", number, "/flow judge pull=1 words=bad")
    issue = await forum.github.person("bo").opens_issue(REPO, "It fails")
    await forum.comment("ada", issue, "/flow judge")

    assert [each.command for each in await forum.runs()] == [
        f"judge pull={number} repo={REPO}",
        f"judge pull=1 words=bad repo={REPO}",
        f"judge repo={REPO}",
    ]


async def test_a_comment_on_a_line_is_answered_below_the_pull_request(forum: Forum) -> None:
    """The eyes are on the comment itself."""
    number = await opened(forum)
    made = await forum.github.person("ada").remarks(REPO, number, "x.md", 1, "/flow judge")
    await forum.settle()

    assert [each.command for each in await forum.runs()] == [f"judge pull={number} repo={REPO}"]
    assert forum.eyes() == [f"remark:{made}"]
    assert len(forum.said(number)) == 1


async def test_a_comment_is_about_its_own_repository(forum: Forum) -> None:
    """What others may not see, and what is for one person alone, is not said in public."""
    number = await opened(forum)
    for said, why in (
        ("changes acme/shop", ONE_ONLY),
        ("release acme/shop", ONE_ONLY),
        ("what changed in acme/shop?", ONE_ONLY),
        ("health", NO_REPOSITORY),
        ("page", ELSEWHERE),
        ("runs", ELSEWHERE),
        ("roles", ELSEWHERE),
        ("retry dead", ELSEWHERE),
        ("schedule weekdays 9:00 changes", ELSEWHERE),
    ):
        await forum.comment("ada", number, f"/flow {said}")
        assert forum.said(number)[-1] == f"⚠️ {why.format(repo=REPO)}"

    assert await forum.runs() == []


async def test_runs_of_other_repositories_are_out_of_reach(forum: Forum) -> None:
    """Whoever knows their numbers can neither look at them, nor approve their plans."""
    number = await opened(forum)
    run_id = await forum.start("release acme/shop", ADA, origin=NOBODY_READS)
    for verb in ("status", "approve", "cancel"):
        await forum.comment("ada", number, f"/flow {verb} {run_id}")

    assert [each.partition(":")[0] for each in forum.said(number)] == [
        "⚠️ Comments here are about acme/api alone"
    ] * 3
    assert (await forum.run(run_id)).state != "cancelled"


async def test_who_has_a_role_by_name_may_ask_about_the_bot_itself(forum: Forum) -> None:
    """They know where they type; what they start is theirs to look after."""
    number = await opened(forum)
    forum.github.account("zoe", email="zoe@elsewhere.example")
    await forum.comment("zoe", number, "/flow look desk")
    [run] = await forum.runs()
    await forum.comment("zoe", number, f"/flow status {run.id}")

    assert run.state == "done"
    assert "desk" in forum.said(number)[-1]


async def test_plain_words_that_change_something_are_asked_about(forum: Forum) -> None:
    """Nothing starts before the command itself was typed."""
    number = await opened(forum)
    await forum.comment("ada", number, "/flow ship acme/api")

    assert forum.said(number) == [
        "Nothing has started yet. If I read that right, comment `/flow release acme/api`."
    ]
    assert await forum.runs() == []


async def test_answers_are_short_and_say_what_to_do(forum: Forum) -> None:
    """To a slip, to a command that lacks something, to a call for help."""
    number = await opened(forum)
    await forum.comment("ada", number, "/flow chagnes")
    forum.github.account("zoe", email="zoe@elsewhere.example")
    await forum.comment("zoe", number, "/flow make")
    await forum.comment("ada", number, "/flow help changes")
    await forum.comment("ada", number, "/flow cancel nosuchrun")

    slip, lack, help_, unknown = forum.said(number)
    assert "Did you mean `/flow changes`?" in slip
    assert lack == "⚠️ make needs name.\n\nType all of it, as `/flow help make` shows."
    assert "/flow changes acme/shop" in help_
    assert "I know no run “nosuchrun”." in unknown


async def test_hostile_words_stay_words(forum: Forum) -> None:
    """Whatever is typed comes back as text: nobody is pinged, nothing is referred to."""
    number = await opened(forum)
    for said in (
        "@bo #1 GH-1 acme/shop#2 <img src=x> ![x](https://evil.example/x.png) ```",
        "judge words='@bo <!-- x --> [a](https://evil.example) &commat;bo `@bo` :tada:'",
        "changes since=@bo",
        "x" * 5_000,
        '"unclosed @bo',
    ):
        await forum.comment("ada", number, f"/flow {said}")

    assert len(forum.written(number)) >= 5
    for each in forum.written(number):
        assert_inert(each.body)


async def test_a_question_with_choices_is_answered_in_words(forum: Forum) -> None:
    """In any case of letters; who says yes or no is told what is asked."""
    number = await opened(forum)
    forum.github.account("zoe", email="zoe@elsewhere.example")
    await forum.comment("zoe", number, "/flow choose")
    [run] = await forum.runs()
    assert f"- red: comment `/flow answer {run.id} red`" in forum.said(number)[0]

    await forum.comment("zoe", number, f"/flow approve {run.id}")
    assert f"say `/flow answer {run.id} red`" in forum.said(number)[-1]
    await forum.comment("zoe", number, f"/flow answer {run.id} Red")
    assert (await forum.run(run.id)).state == "done"


async def test_a_service_that_is_away_makes_a_command_wait(forum: Forum) -> None:
    """It is done as soon as GitHub tells again who may write."""
    number = await opened(forum)
    forum.github.fail(status=502, times=10, match="/collaborators/")
    await forum.github.person("ada").comments(REPO, number, "/flow changes")
    [got] = await forum.settle()
    assert await forum.runs() == []
    assert await forum.kept(got) == "waiting"

    await forum.deliveries.look()
    assert await forum.kept(got) == "waiting"
    forum.github.faults.clear()
    await forum.deliveries.look()
    assert await forum.kept(got) == "waiting"  # it was asked a moment ago
    forum.clock.forward(60)
    await forum.deliveries.look()
    await forum.settle()

    assert await forum.kept(got) == "done"
    assert [each.state for each in await forum.runs()] == ["done"]


async def test_a_thread_that_takes_no_reply_loses_only_the_reply(forum: Forum) -> None:
    """GitHub refuses what is said in a locked conversation."""
    number = await opened(forum)
    forum.github.fail(
        status=403, match=f"/issues/{number}/comments", method="POST", message="Locked"
    )
    await forum.github.person("ada").comments(REPO, number, "/flow nonsense")
    [got, *_] = await forum.settle()

    assert await forum.kept(got) == "done"
    assert forum.said(number) == []


async def test_other_events_and_broken_bodies_are_nothing_to_us(forum: Forum) -> None:
    """A body may lack anything."""
    number = await opened(forum)
    await forum.github.person("ada").comments(REPO, number, "/flow changes")
    await forum.github.courier.deliver()
    [got] = forum.hooks.all()
    for broken in (b"[]", b'{"action": "created"}', got.body.replace(b'"id":', b'"di":')):
        await forum.hear(replace(got, body=broken), f"n{len(broken)}")
    await forum.settle()

    assert await forum.runs() == []
