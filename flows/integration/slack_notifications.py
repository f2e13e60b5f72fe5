"""Who is told what of a project, on Slack and Discord, and why: how much it is, and less of it."""

from datetime import timedelta
from functools import partial
from typing import Any, Literal

import msgspec
from pydantic import Field

from flows import FlowError, Params, Report, Role, Run, effect, flow
from flows.analysis import noise, notifying
from flows.engine.effects import Effect
from flows.engine.following import Followed, Following
from flows.engine.talk import Place, place_from

WEEK = timedelta(days=7)
PATIENCE, LOOK_EVERY = 2, timedelta(seconds=10)  # minutes


class Notify(Params):
    repo: str = Field(description="Repository that it is about", examples=["acme/shop"])
    action: Literal["report", "test", "add", "narrow", "remove"] = Field(
        "report", description="See who gets what, try a channel, or change what it follows"
    )
    channel: str = Field("", description="Such as #dev or slack:C024BE91L; empty: this channel")
    subscription: str = Field("", description="Id of the one to change; empty: the channel's own")
    what: str = Field("", description="What to add: prs, ci, deployments …, with commas")
    filter: str = Field("", description="What gets through, such as branch:main -author:*[bot]")


@flow(
    alias="notify",
    role=Role.OPERATOR,
    budget=5,
    examples=[
        "notify acme/shop",
        "notify acme/shop test channel=#dev",
        "notify acme/shop narrow filter=-author:*[bot]",
    ],
    phrases=["who hears of {repo}?", "who gets what of {repo}?", "what is noisy in {repo}?"],
)
async def slack_notifications(run: Run, params: Notify) -> Report:
    """Count what was really sent; every change is shown before, and can be taken back."""
    repo, book = params.repo, run.subscriptions
    about = await run.step("Look at the repository", run.github.repository, repo)
    here, beside = run.identity.place, [place_from(each) for each in run.settings.channels]
    found = await run.step(
        "Read who follows it", book.following,
        repo, run.settings.linear_team, run.started - WEEK, run.started,
        [*beside, *([here] if here else [])],
    )  # fmt: skip
    if params.action == "report":
        last = await run.baseline()
        return notifying.overview(repo, about.default_branch, found, run.started, here, last)
    known = list(dict.fromkeys((*(each.place for each in found.followed), *beside)))
    where = notifying.place_of(params.channel, here, known, found.names)
    if params.action == "test":
        return await _tested(run, repo, where, str(noise.shown(where, found.names)))
    if params.action == "add":
        return await _added(run, params, found, where)
    one = notifying.chosen(found, params.subscription, where, repo)
    if params.action == "remove":
        return await _removed(run, found, one)
    return await _narrowed(run, params, found, one)


async def _tested(run: Run, repo: str, where: Place, word: str) -> Report:
    """Post a message where people read it, and see whether it arrives."""
    key = f"test:{run.identity.id}"
    said = Report(f"A test for {repo}", f"{run.actor} tries whether messages arrive here.")
    posting = effect(
        f"Post a test message in {word}"[:60],
        do=partial(run.chat.ensure_posted, where, said, key),
        undo=partial(run.chat.delete_posted, key),
    )
    await run.apply(posting, show=said)
    arrival = await run.until(
        "the test message to arrive", run.subscriptions.arrival, key,
        within=timedelta(minutes=PATIENCE), every=LOOK_EVERY,
    )  # fmt: skip
    return notifying.arrived(arrival, word, PATIENCE)


async def _added(run: Run, params: Notify, found: Following, where: Place) -> Report:
    """Let a channel follow the project, or more of it."""
    repo, book = params.repo, run.subscriptions
    title = "Read what is to be followed"
    wish = await run.step(
        title, book.wished, where, repo, params.what, params.filter, run.identity.id
    )
    same = (each for each in found.followed if each.is_whole and each.place == where)
    before = next(same, None)
    after = msgspec.structs.replace(wish, owner=run.actor)
    if before:
        features = before.features | wish.features
        after = msgspec.structs.replace(before, features=features)
    return await _changed(run, f"Follow {repo} in {noise.shown(where, found.names)}", before, after)


async def _removed(run: Run, found: Following, one: Followed) -> Report:
    """End what a channel follows."""
    title = f"End {one.pattern} in {noise.shown(one.place, found.names)}"
    return await _changed(run, title, one, None)


async def _narrowed(run: Run, params: Notify, found: Following, one: Followed) -> Report:
    """Let less through: what was said, else what would leave out most."""
    hint = noise.narrower(one, found)
    where = params.filter or (hint.where if hint else "")
    if not where:
        raise FlowError("I see nothing to leave out there: say filter=…, such as -author:*[bot].")
    after = await run.step("Read the narrower filter", run.subscriptions.narrowed, one, where)
    title = f"Less of {one.pattern} in {noise.shown(one.place, found.names)}"
    return await _changed(run, title, one, after, notifying.spared(hint, where))


async def _changed(
    run: Run, title: str, before: Followed | None, after: Followed | None, said: str = ""
) -> Report:
    """Make one change, if it is one; its undo puts back exactly what was there."""
    book, one = run.subscriptions, after or before
    if one is None or before == after:
        raise FlowError("That changes nothing: it is followed just so.")
    do: Any = partial(book.delete_followed, one.id)
    undo: Any = partial(book.delete_followed, one.id)
    if after:
        do = partial(book.ensure_followed, after)
    if before:
        undo = partial(book.ensure_followed, before)
    making: Effect[Any] = effect(title[:60], do=do, undo=undo, still=partial(book.stands, one.id))
    done = await run.apply(making, show=notifying.change(title, before, after, said))
    return notifying.change(title, before, after, f"Done, approved by {done.by}. {said}".rstrip())
