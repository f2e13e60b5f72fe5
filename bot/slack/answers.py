"""What is said to one person: a report, and below it the commands that may come next; pure."""

from dataclasses import replace

from bot.replies import Say
from bot.slack.buttons import actions
from bot.slack.inline import Json, section, styled, weigh
from bot.slack.render import BLOCKS, SIZE, Message, report_messages

NEXT = "What next?"


def answer_messages(said: Say) -> list[Message]:
    """Return an answer as at least one message; its buttons stand at the end."""
    *first, last = report_messages(said.report, "")
    row = actions(said.buttons)
    if not row:
        return [*first, last]
    if _has_room(last.blocks, row):
        return [*first, replace(last, blocks=[*last.blocks, *row])]
    return [*first, last, Message(NEXT, [section([styled(NEXT)]), *row])]


def _has_room(blocks: list[Json], row: list[Json]) -> bool:
    """Say whether buttons can follow these blocks; Slack shows a table below all others."""
    weight = sum(map(weigh, (*blocks, *row)))
    return (
        all(each["type"] != "table" for each in blocks) and len(blocks) < BLOCKS and weight <= SIZE
    )
