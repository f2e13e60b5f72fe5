"""What the buttons of the bot stand for: answers to questions, and commands to type; pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from bot.chat import Button
from bot.wording import clean, fit
from flows.engine.run import NO, YES
from storage.records import QuestionRecord

ANSWER, FORM, TYPE = "answer", "form", "type"
LABELS = {YES: "Approve", NO: "Decline"}
TONES: Mapping[str, Literal["good", "bad"]] = {YES: "good", NO: "bad"}
LABEL = 40
NUMBER = re.compile("[0-9]{1,18}")  # of a question, as far as databases count
OFFERED = 5  # commands worth typing next; more of them would be a menu


def typing(command: str, label: str = "") -> Button:
    """Return the button that types a command here, for whoever presses it."""
    return Button(fit(label or command, LABEL), f"{TYPE}:{command}")


def next_buttons(commands: Iterable[str]) -> tuple[Button, ...]:
    """Return a button for each command that is worth typing after a report, once each."""
    wanted = dict.fromkeys(" ".join(clean(each).split()) for each in commands)
    return tuple(typing(each) for each in wanted if each)[:OFFERED]


def answers_to(asked: QuestionRecord) -> tuple[Button, ...]:
    """Return a button for each answer to a question, or the one that opens its form."""
    if asked.question.form:
        return (Button("Answer", f"{FORM}:{asked.id}", "good"),)
    return tuple(
        Button(
            LABELS.get(choice, choice),
            f"{ANSWER}:{asked.id}:{choice}",
            TONES.get(choice, "neutral"),
        )
        for choice in asked.question.choices
    )


def question_in(words: str) -> tuple[int, str]:
    """Return which question `7:yes` answers, and how; 0 where it names none."""
    number, _, choice = words.partition(":")
    return (int(number), choice) if NUMBER.fullmatch(number) else (0, choice)
