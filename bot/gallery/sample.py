"""What a sample is."""

from dataclasses import dataclass

from bot.chat import Card, Posting
from bot.home import Home
from bot.replies import Form, Say
from flows.report import Report

PAGE = "https://flowbot.example"


@dataclass(frozen=True, slots=True)
class Sample:
    """One message: its name among files, what it is for, and what it says, as neutral data."""

    name: str
    title: str
    says: Card | Posting | Report | Say | Form | Home
