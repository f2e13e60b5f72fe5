"""Who is told what of a project and why, how much that is, and what to do about it; pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from flows.analysis import noise
from flows.analysis.noise import Narrower, Unheard
from flows.analysis.words import counted
from flows.engine.errors import FlowError
from flows.engine.following import Arrival, Direct, Followed, Following
from flows.engine.talk import Place
from flows.engine.tools import Baseline
from flows.report import Block, Code, Inline, Line, Report, Tone, bullets, facts, table, text

MOST = 10  # findings
ROWS = 50
CHATS = ("slack", "discord")  # that have channels which follow something
SILENT = timedelta(days=14)
NAMES = {
    "ci": "broken workflows of the default branch",
    "deployments": "deployments",
    "security": "security alerts",
}
NO_CHANNEL = "Say which channel: channel=slack:C024BE91L, or run this in the channel."


def place_of(
    words: str, here: Place | None, known: Sequence[Place], names: Mapping[str, str]
) -> Place:
    """Return the channel that is meant: here, or one that this project is told in already.

    Raises FlowError for any other: whoever asks may not be in it.
    """
    own = Place(here.platform, here.channel) if here and here.platform in CHATS else None
    if not words:
        if own is None:
            raise FlowError(NO_CHANNEL)
        return own
    platform, colon, channel = words.partition(":")
    if not colon:
        platform, channel = own.platform if own else "", words
    meant = Place(platform, channel.removeprefix("#"))
    near = [*([own] if own else []), *known]
    if meant in near:
        return meant
    for each in near:
        if (each.platform, names.get(noise.word_of(each))) == (meant.platform, meant.channel):
            return each
    listed = ", ".join(f"{noise.shown(each, names)}" for each in known) or "none so far"
    raise FlowError(
        f"{words} is neither this channel nor one of this project ({listed}). "
        "Run this in that channel."
    )


def chosen(found: Following, named: str, where: Place, repo: str) -> Followed:
    """Return the subscription that is meant: by its id, else the only one of a channel."""
    own = [each for each in found.followed if each.place == where]
    some = [each for each in found.followed if each.id == named.lower()] if named else own
    if not some:
        lists = f"/flow notify {repo} lists all there are."
        if named:
            raise FlowError(f"There is no subscription {named} about {repo}: {lists}")
        raise FlowError(f"{noise.shown(where, found.names)} follows nothing of {repo}: {lists}")
    if len(some) > 1:
        ids = ", ".join(f"{each.id} ({each.pattern})" for each in some)
        raise FlowError(f"Several are meant: say subscription={some[0].id}. There are {ids}.")
    [one] = some
    if not one.is_whole:
        raise FlowError(
            f"{one.pattern} is about more than {repo}: change it in its channel, "
            f"/flow subscribe {one.pattern} …, or /flow unsubscribe {one.pattern}."
        )
    return one


def arrived(arrival: Arrival | None, word: str, minutes: int) -> Report:
    """Return what became of a test message in a channel."""
    if arrival is None:
        said = f"It has not arrived within {minutes} min. Is a process connected to it? See health."
        return Report(f"No test message in {word}", said, "bad", next=("health",))
    if not arrival.ok:
        why = f"{arrival.why.rstrip('.')}. Invite the bot there, or end what it follows."
        return Report(f"{word} does not take messages", why, "bad")
    said = "It is there; undo takes it away again."
    return Report(f"The test message is in {word}", said, "good")


def spared(hint: Narrower | None, where: str) -> str:
    """Return what a filter would have left out, where that was counted."""
    if hint is None or hint.where != where:
        return ""
    return f"In the last 7 days it would have left out {hint.left_out} of {hint.of}."


def change(title: str, before: Followed | None, after: Followed | None, said: str) -> Report:
    """Return what people read before a subscription is changed, and after."""
    rows = [
        (name, Code(written(each)) if each else "nothing")
        for name, each in (("Before", before), ("After", after))
    ]
    return Report(title, said, blocks=(table(("When", "What is followed"), rows),))


def written(one: Followed) -> str:
    """Return what a subscription follows, as it is typed."""
    own = {name: each for name, each in one.features.items() if each}
    shared = set(one.features.values())
    if len(shared) == 1:
        each = next(iter(shared))
        return f"{one.pattern} {','.join(one.features)}{f' filter={each!r}' if each else ''}"
    named = " ".join(f"{name}={each!r}" for name, each in own.items())
    return f"{one.pattern} {','.join(one.features)} {named}".rstrip()


def overview(
    repo: str,
    branch: str,
    found: Following,
    at: datetime,
    here: Place | None,
    last: Baseline | None,
) -> Report:
    """Return who hears of a project: the verdict, three numbers, what to do, and all channels."""
    noisy = [(one, hint) for one in found.followed if (hint := noise.narrower(one, found))]
    missed = noise.unheard(found, branch)
    findings = [*_findings(repo, found, noisy, missed, at)]
    channels = {each.place for each in found.followed if not each.paused}
    messages = sum(each.messages for each in found.told)
    data = {"messages": messages, "channels": len(channels), "missed": len(missed)}
    tone: Tone = "warn" if findings else "good"
    blocks: list[Block] = [_numbers(found, channels, last)]
    if findings:
        more = len(findings) - MOST
        shown = [*findings[:MOST], *([(f"… {more} more",)] if more > 0 else [])]
        blocks.append(bullets(shown, "What to do"))
    if found.followed:
        blocks.append(_table(found, here))
    if found.direct:
        blocks.append(bullets([_alone(each) for each in found.direct], "Told alone"))
    blocks.append(text(_unmeasured(found)))
    return Report(
        f"Who hears of {repo}",
        _verdict(repo, found, channels, noisy, missed),
        tone,
        tuple(blocks),
        data,
        next=tuple(_next(repo, noisy, missed, found, here)),
    )


def _verdict(
    repo: str,
    found: Following,
    channels: set[Place],
    noisy: Sequence[tuple[Followed, Narrower]],
    missed: Sequence[Unheard],
) -> str:
    if not found.followed:
        return f"Nobody: no channel follows {repo}."
    said = f"{counted(len(channels), 'channel')} follow{'s' if len(channels) == 1 else ''} it"
    if noisy:
        verb = "brings" if len(noisy) == 1 else "bring"
        said += f"; {len(noisy)} of {counted(len(found.followed), 'subscription')} {verb} noise"
    if missed:
        said += f"; nobody hears of {' and '.join(NAMES[each.feature] for each in missed)}"
    return f"{said}."


def _numbers(found: Following, channels: set[Place], last: Baseline | None) -> Block:
    messages = sum(each.messages for each in found.told)
    before = last.data.get("messages") if last else None
    than = f" ({messages - before:+,} since {last.at:%d %b})" if last and before is not None else ""
    some = [each for each in found.happened if each.by]
    total, bots = noise.count_of(some), noise.bots_in(some)
    share = (
        f"{bots} of {total} ({bots / total:.0%})" if total >= noise.ENOUGH else f"{bots} of {total}"
    )
    muted = noise.count_of(each for each in found.happened if each.muted and not each.by)
    waits, day = (
        sum(getattr(each, name) for each in found.told) for name in ("waiting", "gathered")
    )
    kinds = ((waits, "wait"), (day, "gathered by day"), (muted, "muted"))
    held = ", ".join(f"{count} {what}" for count, what in kinds if count)
    return facts(
        messages_in_7_days=f"{messages:,} in {counted(len(channels), 'channel')}{than}",
        by_bots=share,
        held_back=held or "nothing",
    )


def _findings(
    repo: str,
    found: Following,
    noisy: Sequence[tuple[Followed, Narrower]],
    missed: Sequence[Unheard],
    at: datetime,
) -> Iterator[Line]:
    for one in found.followed:
        if one.trouble:
            why = f" is not told: {one.trouble.rstrip('.')}. – {one.owner}: repair that, or "
            end = f"/flow {noise.command(repo, 'remove', subscription=one.id)}"
            yield (
                _place(one, found),
                why,
                Code(end) if one.is_whole else _there(one, "unsubscribe"),
            )
    for each in missed:
        often = f" {each.times} in 7 days, such as {each.example}." if each.times else ""
        add = f"/flow {noise.command(repo, 'add', what=each.feature, filter=each.where)}"
        yield (f"Nobody hears of {NAMES[each.feature]}.{often} In a channel: ", Code(add))
    for one, hint in sorted(noisy, key=lambda each: -each[1].left_out):
        lead = f": {hint.left_out} of {hint.of} ({hint.share:.0%}) {hint.said} – {one.owner}: "
        yield (_place(one, found), lead, _narrow(repo, one, hint))
    for one in found.followed:
        quiet = at - (one.last or one.since)
        if one.paused:
            yield (
                _place(one, found),
                f" rests. – {one.owner}: ",
                _there(one, "subscriptions resume"),
            )
        elif quiet > SILENT and not one.trouble:
            said = f" has heard nothing for {quiet.days} days by "
            yield (
                _place(one, found),
                said,
                Code(written(one)),
                f". – {one.owner}: does it still fit?",
            )


def _narrow(repo: str, one: Followed, hint: Narrower) -> Inline:
    if one.is_whole:
        narrow = noise.command(repo, "narrow", subscription=one.id, filter=hint.where)
        return Code(f"/flow {narrow}")
    return Code(f"/flow subscribe {one.pattern} {','.join(one.features)} filter='{hint.where}'")


def _place(one: Followed, found: Following) -> Inline:
    return noise.shown(one.place, found.names)


def _there(one: Followed, verb: str) -> Inline:
    return Code(f"/flow {verb} {one.pattern}")


def _table(found: Following, here: Place | None) -> Block:
    rows: list[tuple[Inline, ...]] = []
    for one in found.followed[:ROWS]:
        mine = [each for each in found.told if each.subscription == one.id and each.messages]
        kinds = ", ".join(f"{each.messages} {each.kind}" for each in mine) or "0"
        why = f"{one.owner or 'somebody'}, {one.since:%d %b %Y}"
        where = "this channel" if here and _is_here(one, here) else _place(one, found)
        rows.append((where, Code(written(one)), kinds, why, one.id))
    more = f" ({len(found.followed) - ROWS} more)" if len(found.followed) > ROWS else ""
    head = ("Channel", "Gets", "Messages in 7 days", "Set up by", "Id")
    return table(head, rows, f"Who gets what{more}")


def _alone(each: Direct) -> Line:
    counts = ((each.sent, "sent"), (each.held, "held"), (each.batched, "sent together"))
    said = ", ".join(f"{count} {what}" for count, what in counts if count) or "none sent yet"
    return (f"{each.name}: {said} – {' and '.join(each.why)}",)


def _next(
    repo: str,
    noisy: Sequence[tuple[Followed, Narrower]],
    missed: Sequence[Unheard],
    found: Following,
    here: Place | None,
) -> Iterator[str]:
    for one, hint in noisy[:2]:
        if one.is_whole and _is_only_one(one, found, here):
            yield noise.command(repo, "narrow")
        elif one.is_whole:
            yield noise.command(repo, "narrow", subscription=one.id, filter=hint.where)
    if not found.followed and here and here.platform in CHATS:
        yield noise.command(repo, "add")
    elif missed and here and here.platform in CHATS:
        yield noise.command(repo, "add", what=missed[0].feature, filter=missed[0].where)
    if here and here.platform in CHATS:
        yield noise.command(repo, "test")


def _is_only_one(one: Followed, found: Following, here: Place | None) -> bool:
    """Say whether a subscription needs no name where this is read."""
    own = [each for each in found.followed if here and _is_here(each, here)]
    return own == [one]


def _is_here(one: Followed, here: Place) -> bool:
    return (one.place.platform, one.place.channel) == (here.platform, here.channel)


def _unmeasured(found: Following) -> str:
    parts = ["whether people read it", "issues of Linear that nobody was told of"]
    if blind := sum(each.is_blind for each in found.followed):
        parts.insert(0, f"the noise of {blind} with filters by paths or reviewers")
    if found.is_cut:
        parts.insert(0, "all but the newest deliveries of the week")
    return f"Not measured: {'; '.join(parts)}."
