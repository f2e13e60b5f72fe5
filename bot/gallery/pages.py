"""Samples as people read them on each platform: the real renderers, read by the emulators."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from bot.chat import Card, Origin, Posting
from bot.discord import buttons as discord_buttons
from bot.discord import card as discord_card
from bot.discord import forms as discord_forms
from bot.discord import posting as discord_posting
from bot.discord import render as discord
from bot.gallery import news, runs, talk
from bot.gallery.sample import PAGE, Sample
from bot.home import Home, said_of
from bot.replies import Form, Say
from bot.slack import answers as slack_answers
from bot.slack import card as slack_card
from bot.slack import forms as slack_forms
from bot.slack import posting as slack_posting
from bot.slack import render as slack
from bot.slack.home import home_view
from flows.report import Report
from integrations.emulators.discord.guild import Guild
from integrations.emulators.discord.model import Message as OnDiscord
from integrations.emulators.discord.plain import plain as read_discord
from integrations.emulators.slack.model import Message as OnSlack
from integrations.emulators.slack.plain import plain as read_slack
from integrations.emulators.slack.workspace import Workspace

HEAD = """# Messages

What people read, one of each kind, on Slack and on Discord. Made from the code by
`python -m bot docs`: the real renderers, read by the emulated platforms as text. `[ … ]` is a
button, `(…)` behind a label its address; reactions are at the end.
"""
BETWEEN = "─" * 24
LONGEST, FIRST, LAST = 30, 6, 3  # lines of a message
URL = f"{PAGE}/runs/6b86b273ff34fce1"


def samples() -> list[Sample]:
    """Return all of them."""
    return [*runs.samples(), *talk.samples(), *news.samples()]


def messages_page() -> str:
    """Return the page with all samples, as Markdown."""
    parts = [HEAD]
    for sample in samples():
        parts.append(f"## {sample.title}\n")
        parts += [f"**{name}**\n\n```text\n{said}\n```\n" for name, said in shown(sample).items()]
    return "\n".join(parts)


def shown(sample: Sample) -> dict[str, str]:
    """Return what a sample says, by platform."""
    marks = sample.says.mark if isinstance(sample.says, Posting) else ""
    on_slack = [*map(_read_slack, on_slack_of(sample))]
    on_discord = [*map(_read_discord, on_discord_of(sample))]
    if marks:
        on_slack.append(f":{slack_posting.REACTIONS[marks]}: 1")
        on_discord.append(f"({discord_posting.REACTIONS[marks]} 1)")
    between = "\n" if marks else f"\n{BETWEEN}\n"
    return {"Slack": between.join(on_slack), "Discord": between.join(on_discord)}


def on_slack_of(sample: Sample) -> Sequence[slack.Message]:
    """Return a sample as messages of Slack."""
    match sample.says:
        case Card():
            return [slack_card.card_message(sample.says)]
        case Posting():
            return [slack_posting.posting_message(sample.says)]
        case Report():
            return slack.report_messages(sample.says, _page_of(sample))
        case Say():
            return slack_answers.answer_messages(sample.says)
        case Form():
            return [slack_forms.offer(sample.says, sample.says.title, _place("slack"))]
        case Home():
            view = home_view(sample.says, lambda _: "")
            return [slack.Message("", view["blocks"])]
        case _:
            assert_never(sample.says)


def on_discord_of(sample: Sample) -> Sequence[discord.Message]:
    """Return a sample as messages of Discord."""
    match sample.says:
        case Card():
            return [discord_card.card_message(sample.says)]
        case Posting():
            return [discord_posting.posting_message(sample.says)]
        case Report():
            return discord.report_messages(sample.says, _page_of(sample))
        case Say():
            return discord_buttons.said_messages(sample.says)
        case Form():
            return [discord_forms.offer(sample.says, sample.says.title, _place("discord"))]
        case Home():
            return discord_buttons.said_messages(said_of(sample.says))
        case _:
            assert_never(sample.says)


def _page_of(sample: Sample) -> str:
    return "" if sample.name == "notice" else URL


def _place(platform: str) -> Origin:
    return Origin("mention", platform, "C1")


def _read_slack(message: slack.Message) -> str:
    posted = OnSlack("C1", "1.1", "U1", message.text, message.blocks)
    files = [f"[file: {each.name}{f' — {each.alt}' if each.alt else ''}]" for each in message.files]
    return "\n".join(_abridged([*read_slack(Workspace(), posted).split("\n"), *files]))


def _read_discord(message: discord.Message) -> str:
    posted = OnDiscord("1", "1", "1", components=message.body["components"])
    return "\n".join(_abridged(read_discord(Guild(), posted).split("\n")))


def _abridged(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines; of very many, the first and the last."""
    if len(lines) <= LONGEST:
        yield from lines
        return
    yield from lines[:FIRST]
    yield f"⋮ {len(lines) - FIRST - LAST} more lines"
    yield from lines[-LAST:]
