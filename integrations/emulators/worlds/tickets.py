"""Which issue of the team asked for which change at acme, and how the change says so."""

from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

from integrations.emulators.worlds import plot

Trace: TypeAlias = Literal["branch", "title", "body", "link"]
TEAM = "ENG"
TRACES: tuple[Trace, ...] = ("branch", "title", "body", "link")
# Those are older than any change; they keep the first numbers of the team.
OLDER = (
    "Customers log in with a passkey",
    "Prices in the currency of the customer",
    "Orders can be changed until they are packed",
    "Invoices as electronic documents",
    "Ship to parcel lockers",
    "Sell gift cards",
)
# What waits on GitHub for a review belongs to somebody's issue, too.
OPEN: dict[tuple[str, str], Trace] = {
    ("acme/shop", "prices per customer group"): "branch",
    ("acme/shop", "pay in instalments"): "branch",
    ("acme/shop", "keep filters when going back"): "body",
    ("acme/api", "filter orders by date"): "title",
}
STORIES = (("acme/shop", plot.SHOP), ("acme/api", plot.API))


@dataclass(frozen=True)
class Ticket:
    """An issue of the team and the change that it led to; `trace` is how the change names it."""

    number: int
    repo: str
    change: plot.Change
    trace: Trace
    is_requirement: bool = False

    @property
    def identifier(self) -> str:
        return f"{TEAM}-{self.number}"

    @property
    def title(self) -> str:
        subject = self.change.subject
        return subject[:1].upper() + subject[1:]


@cache
def tickets() -> dict[tuple[str, str], Ticket]:
    """Return the issue of each change that has one, by repository and subject, in their order."""
    asked: list[tuple[float, str, plot.Change]] = []
    for repo, text in STORIES:
        every = plot.changes(text)
        for index, change in enumerate(every):
            # Most features were asked for, and some of the faults reported.
            if (change.kind == "feat" and index % 4) or (change.kind == "fix" and not index % 3):
                asked.append((index / len(every), repo, change))
    asked.sort(key=lambda each: each[0])
    found = {}
    for count, (_, repo, change) in enumerate(asked):
        number, trace = len(OLDER) + count + 1, TRACES[count % len(TRACES)]
        is_requirement = change.kind == "feat" and bool(count % 3)
        key = (repo, change.subject)
        found[key] = Ticket(number, repo, change, trace, is_requirement)
    return found


@cache
def waiting() -> dict[tuple[str, str], Ticket]:
    """Return the issues of the changes that wait for a review."""
    first = len(OLDER) + len(tickets()) + 1
    return {
        (repo, subject): Ticket(first + count, repo, plot.Change("feat", "", subject), how)
        for count, ((repo, subject), how) in enumerate(OPEN.items())
    }


def ticket_of(repo: str, subject: str) -> Ticket | None:
    """Return the issue that a change belongs to, None where nobody wrote one."""
    key = (repo, subject)
    return tickets().get(key) or waiting().get(key)
