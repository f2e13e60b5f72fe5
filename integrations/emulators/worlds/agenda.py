"""What the team of acme plans: projects, milestones, and what nobody has finished yet."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Undertaking:
    """A project; `milestones` are names and days from now, `health` is what was last told of it."""

    name: str
    kind: str
    lead: str
    days: int
    milestones: tuple[tuple[str, int], ...]
    health: str = ""
    told: str = ""


@dataclass(frozen=True)
class Errand:
    """An issue without a change on GitHub; `days` ago it was written."""

    title: str
    state: str
    days: int
    labels: tuple[str, ...] = ()
    priority: int = 0
    estimate: int | None = None
    who: str = ""
    project: str = ""


PROJECTS = (
    Undertaking(
        "Checkout",
        "started",
        "ada",
        21,
        (("Discounts", -42), ("Saved baskets", -7), ("Instalments", 18)),
        "onTrack",
        "Saved baskets are out. Instalments are in review.",
    ),
    Undertaking(
        "Warehouse",
        "started",
        "dee",
        10,
        (("Delivery dates", -49), ("Several warehouses", -10), ("Stock per shelf", 9)),
        "atRisk",
        "Counting per shelf takes longer than planned; two people are on it.",
    ),
    Undertaking(
        "Storefront",
        "completed",
        "bo",
        -8,
        (("Search", -40), ("Dark colours", -9)),
        "onTrack",
        "Everything that was planned is out.",
    ),
    Undertaking(
        "Public API",
        "started",
        "cy",
        45,
        (("Pages and limits", -35), ("Typed webhooks", -5), ("1.0", 30)),
        "offTrack",
        "The old key still signs webhooks; 1.0 waits for that.",
    ),
    Undertaking("Loyalty", "planned", "bo", 90, (("First points", 60),)),
)
# Which part of the code belongs to which project.
PARTS = {
    **dict.fromkeys(("cart", "payments", "pricing"), "Checkout"),
    **dict.fromkeys(("inventory", "orders", "notifications"), "Warehouse"),
    **dict.fromkeys(("catalog", "frontend", "web", "guide"), "Storefront"),
    **dict.fromkeys(("gateway", "limits", "client", "store", "jobs", "readme"), "Public API"),
}
ERRANDS = (
    Errand("Refunds are booked twice after a time-out", "Triage", 1, ("bug",)),
    Errand("Search finds nothing for umlauts", "Triage", 2, ("bug",)),
    Errand("Saved baskets for guests", "Backlog", 11, ("requirement",), 3, 5, "", "Checkout"),
    Errand("An address book", "Backlog", 16, ("requirement",), 4, 8, "", "Loyalty"),
    Errand("Collect points with every order", "Backlog", 12, ("requirement",), 3, 8, "", "Loyalty"),
    Errand("Spend points in the basket", "Backlog", 12, ("requirement",), 3, 5, "", "Loyalty"),
    Errand("Delete customers who ask for it", "Backlog", 25, (), 3, 3),
    Errand("Webhooks for refunds", "Todo", 6, ("requirement",), 2, 5, "cy", "Public API"),
    Errand("Count stock per shelf", "Todo", 9, ("requirement",), 2, 8, "dee", "Warehouse"),
    Errand("Say which warehouse an order leaves from", "Todo", 5, (), 3, 2, "bo", "Warehouse"),
    Errand(
        "Sign webhooks with the new key",
        "In Progress",
        8,
        ("bug", "blocker"),
        1,
        3,
        "eli",
        "Public API",
    ),
    Errand("Scan shelves with a phone", "In Progress", 7, (), 2, 5, "dee", "Warehouse"),
    Errand("Document every error", "In Progress", 19, ("docs",), 4, 3, "cy", "Public API"),
    Errand("Remind customers of open invoices", "In Review", 10, (), 3, 2, "ada", "Checkout"),
    Errand("Take orders by fax", "Canceled", 30, (), 4, 5),
    Errand("Refund twice for one order", "Canceled", 1, ("bug",)),
    Errand("Write down how we review", "Done", 33, ("docs",), 4, 1, "ada"),
    Errand("Move the nightly jobs to another hour", "Done", 13, (), 3, 1, "eli", "Public API"),
)
# Whose, what, and whom it concerns; by titles.
RELATIONS = (
    ("Sign webhooks with the new key", "blocks", "Webhooks for refunds"),
    ("Refund twice for one order", "duplicate", "Refunds are booked twice after a time-out"),
    ("Count stock per shelf", "related", "Scan shelves with a phone"),
    ("Collect points with every order", "blocks", "Spend points in the basket"),
)
