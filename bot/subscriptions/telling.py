"""What is said about subscriptions: what they do, in words; how they are; why a message came."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from bot.chat import Button
from bot.subscriptions import filters
from bot.subscriptions.filters import All, Facts, Filter, Not, Some, Term
from bot.subscriptions.preview import Preview
from bot.subscriptions.wishes import FEATURES, Rule, Wish, is_team, rule_of
from bot.times import said
from bot.wording import duration
from flows.report import Block, Channel, Code, Inline, Line, Moment, Report, bullets, table, text
from storage.followed_records import SubscriptionRecord

CHANGES = "Of workflow runs and deployments only what breaks, or works again, is told."
WELL = "Well."
EXAMPLES, ALL_EXAMPLES = 5, 25
SILENT = timedelta(days=14)
NAMES = {
    "label": "a label",
    "path": "a changed file",
    "assignee": "an assignee",
    "reviewer": "a reviewer",
    "head": "the branch it comes from",
}


def in_words(of: Filter) -> str:
    """Return a filter as part of a sentence."""
    match of:
        case Term(field, glob):
            verb = "contains" if field == "title" and "*" not in glob else "is"
            return f"{NAMES.get(field, f'the {field}')} {verb} {glob}"
        case Not(Term(field, glob)):
            if NAMES.get(field, "").startswith("a"):
                return f"no {NAMES[field].partition(' ')[2]} is {glob}"
            is_part = field == "title" and "*" not in glob
            verb = "does not contain" if is_part else "is not"
            return f"{NAMES.get(field, f'the {field}')} {verb} {glob}"
        case Not(part):
            return f"not ({in_words(part)})"
        case All(parts):
            return " and ".join(map(_bracketed, parts))
        case Some(parts):
            return " or ".join(map(_bracketed, parts))


def _bracketed(of: Filter) -> str:
    return f"({in_words(of)})" if isinstance(of, All | Some) else in_words(of)


def command_of(record: SubscriptionRecord) -> str:
    """Return a subscription as it is typed."""
    rule = rule_of(record.settings)
    shared = set(rule.features.values())
    parts = ["subscribe", record.pattern]
    if len(shared) == 1:
        parts.append(",".join(rule.features))
        if every := next(iter(shared)):
            parts.append(f"filter='{every}'")
    else:
        plain = [name for name, own in rule.features.items() if not own]
        parts += [",".join(plain)] if plain else []
        parts += [f"{name}='{own}'" for name, own in rule.features.items() if own]
    parts += [f"for={rule.lasts // 60}m"] if rule.lasts else []
    parts += ["changes-only"] if rule.changes_only else []
    return " ".join(parts)


def explained(rule: Rule) -> list[Block]:
    """Return what a subscription does, in words: one line for each feature."""
    lines: list[Line] = []
    for name, own in rule.features.items():
        about = FEATURES[name].about
        condition = f", where {in_words(filters.read(own))}" if own else ""
        lines.append((Code(name), f" {about}{condition}"))
    more = []
    if "ci" in rule.features and rule.lasts:
        more.append(f"A failure of a workflow is told once it has lasted {duration(rule.lasts)}.")
    if rule.changes_only:
        more.append(CHANGES)
    more += _never(rule)
    blocks: list[Block] = [bullets(lines)]
    return [*blocks, text(" ".join(more))] if more else blocks


def _never(rule: Rule) -> Iterable[str]:
    """Say where a filter asks for what a feature does not have."""
    for name, own in rule.features.items():
        if unknown := filters.demanded(filters.read(own)) - FEATURES[name].fields:
            fields = " and no ".join(sorted(unknown))
            yield f"Nothing of {name} gets through: {FEATURES[name].about} have no {fields}."


def previewed(preview: Preview, rule: Rule, most: int) -> list[Block]:
    """Return what would have been sent over the last week."""
    if not preview.sent:
        told = preview.note or "In the last week it would have sent nothing."
        return [text(told)]
    counts = preview.counts(rule.features)
    counted = ", ".join(f"{name} {count}" for name, count in counts.items())
    messages = "1 message" if len(preview.sent) == 1 else f"{len(preview.sent)} messages"
    of_which = f" ({counted})" if len(counts) > 1 else ""
    lead = f"In the last week it would have sent {messages}{of_which}"
    lines = [(*each.line, " (", Moment(each.at), ")") for each in preview.sent[:most]]
    note = f" {preview.note}" if preview.note else ""
    return [text(f"{lead}.{note}"), bullets(lines, "Such as" if len(preview.sent) > most else "")]


def rehearsed(wish: Wish, preview: Preview) -> Report:
    """Return what a subscription would do; nothing has changed by that."""
    blocks = (
        *explained(wish.rule),
        *previewed(preview, wish.rule, EXAMPLES),
        text("Nothing has changed yet."),
    )
    return Report("", f"This channel would follow {wish.pattern}.", blocks=blocks)


def made(
    record: SubscriptionRecord,
    preview: Preview,
    near: Sequence[str],
    *,
    is_new: bool,
    buttons: Sequence[Button],
) -> tuple[Report, tuple[Button, ...]]:
    """Return the answer to a new or changed subscription; `near` are names like the one of that."""
    rule = rule_of(record.settings)
    verb = "This channel follows" if is_new else "Changed: this channel follows"
    if preview.is_missing:
        meant: Line = ()
        if near:
            right = command_of(replace(record, pattern=near[0]))
            meant = ("Did you mean ", Code(f"/flow {right}"), "?")
        told = f"This channel now follows {record.pattern}, but nothing comes of it: {preview.note}"
        return Report("", told, "warn", (text(*meant),) if near else ()), (*buttons,)
    blocks = (*explained(rule), *previewed(preview, rule, EXAMPLES))
    more = Button("Show more", f"type:subscriptions {record.id}")
    return Report("", f"{verb} {record.pattern}.", "good", blocks), (*buttons, more)


def detailed(record: SubscriptionRecord, preview: Preview | None, now: datetime) -> Report:
    """Return everything about one subscription; without a preview, nothing of the last week."""
    rule = rule_of(record.settings)
    owner = record.owner["name"]
    since = f"{owner} set it up on {record.created_at:%Y-%m-%d}; it belongs to the channel."
    blocks = (
        text(Code(f"/flow {command_of(record)}")),
        *explained(rule),
        text(f"{health(record, now)} {since}"),
        *(previewed(preview, rule, ALL_EXAMPLES) if preview else ()),
    )
    return Report(f"{record.pattern}", blocks=blocks)


def health(record: SubscriptionRecord, now: datetime) -> str:
    """Return how a subscription is, in a sentence."""
    if record.trouble:
        return record.trouble if record.trouble.endswith((".", "?")) else f"{record.trouble}."
    if record.paused:
        return "Paused."
    last = record.last_at or record.created_at
    if now - last > SILENT:
        days = (now - last).days
        return f"Nothing for {days} days: look whether the filter still fits."
    return WELL


def listed(
    records: Sequence[SubscriptionRecord], now: datetime, zone: str, *, everywhere: bool
) -> Report:
    """Return a list of subscriptions."""
    if not records:
        where = "No channel follows anything" if everywhere else "This channel follows nothing"
        how = Code("/flow subscribe acme/shop prs,ci")
        return Report("", "", blocks=(text(f"{where} yet. Try ", how, "."),))
    channel = ("Channel",) if everywhere else ()
    head = (*channel, "What", "Filter", "Sent", "Last", "How it is", "Set up by")
    rows = [_row(each, now, zone, everywhere=everywhere) for each in records]
    count = f"{len(records)} subscriptions" if len(records) != 1 else "1 subscription"
    where = "everywhere" if everywhere else "of this channel"
    ends = Code(f"/flow unsubscribe {records[0].pattern}")
    change = text("Change one by subscribing again; ", ends, " ends it.")
    return Report(f"{count} {where}", blocks=(table(head, rows), change))


def _row(
    record: SubscriptionRecord, now: datetime, zone: str, *, everywhere: bool
) -> tuple[Inline, ...]:
    rule = rule_of(record.settings)
    own = [f"{name}: {each}" for name, each in rule.features.items() if each]
    shared = set(rule.features.values())
    shown = next(iter(shared)) if len(shared) == 1 else "; ".join(own)
    last = said(record.last_at, now, zone) if record.last_at else "never"
    what = Code(f"{record.pattern} {','.join(rule.features)}")
    channel = (Channel(record.platform, record.channel),) if everywhere else ()
    return (
        *channel,
        what,
        shown or "everything",
        f"{record.matched}",
        last,
        health(record, now),
        record.owner["name"],
    )


def reasoned(record: SubscriptionRecord, facts: Facts, features: Sequence[str]) -> Report:
    """Return why a message came, and how to stop it."""
    rule = rule_of(record.settings)
    by = next((name for name in rule.features if name in features), next(iter(rule.features)))
    found = filters.reasons(filters.read(rule.features[by]), facts) if facts else ()
    owner = f"{record.owner['name']} set that up on {record.created_at:%Y-%m-%d}."
    lines: list[Line] = [
        ("This channel follows ", Code(f"{record.pattern} {by}"), f". {owner}"),
    ]
    if found:
        holds: list[Inline] = ["It got through, because this holds: "]
        for number, each in enumerate(found):
            holds += [", ", Code(each)] if number else [Code(each)]
        lines.append((*holds, "."))
    elif rule.features[by]:
        lines.append(("Its filter is ", Code(rule.features[by]), "."))
    else:
        lines.append(("It has no filter, so everything gets through.",))
    author = facts.get("author", ("",))[0]
    if author:
        less = f"{by}='-author:{author}'"
        how = "Less of it: " if is_team(record.pattern) else "Less of it, for example: "
        lines.append((how, Code(f"/flow subscribe {record.pattern} {less}")))
    lines.append(("None of it: ", Code(f"/flow unsubscribe {record.pattern}")))
    return Report("Why this is here", blocks=(bullets(lines),))
