"""What happened at acme: the titles, people and numbers from which its history is told."""

from dataclasses import dataclass

DEPENDABOT = "dependabot[bot]"
COVERAGE = "codecov[bot]"
LABELS = {
    "feat": "enhancement",
    "fix": "bug",
    "docs": "documentation",
    "chore": "maintenance",
    "refactor": "maintenance",
    "perf": "performance",
    "test": "maintenance",
}

# Each line: kind, scope, subject. The order is the order of merging.
SHOP = """
feat catalog filter products by price
fix cart keep the quantity when a line is edited
feat orders show the delivery date
chore web tidy the routes
fix payments round refunds half up
feat pricing volume discounts per country
docs guide explain the order states
feat inventory warn when stock runs low
fix notifications send one mail per order
refactor catalog split search from listing
feat frontend remember the last search
fix web answer 404 for unknown products
perf catalog search without copying the list
feat cart save a basket for later
fix orders cancel only open orders
test payments cover declined cards
feat payments pay by invoice
fix pricing tax on shipping
feat notifications tell customers about delays
chore inventory drop the old import
feat web export orders as CSV
fix frontend show totals with two digits
feat orders split large orders
fix inventory release reservations after an hour
docs guide describe the payment gateway
feat catalog sort by popularity
fix cart merge baskets after sign-in
refactor orders one place for state changes
feat pricing coupons with an end date
fix payments retry a lost connection once
feat frontend keyboard navigation
fix catalog ignore case in tags
feat notifications weekly summary
perf pricing cache tax rates
fix web limit the size of uploads
feat cart gift wrapping
fix orders number orders without gaps
test catalog cover empty searches
feat inventory several warehouses
fix notifications escape names in mails
feat payments partial refunds
chore web remove dead endpoints
fix pricing no negative totals
feat web health endpoint
fix frontend focus the search field
feat orders reorder with one click
docs guide add a page on warehouses
fix cart forget baskets after thirty days
feat catalog related products
fix payments log the gateway's reference
refactor pricing smaller functions
feat notifications choose the language
fix inventory count returns
feat frontend dark colours
fix orders time zone of delivery dates
perf cart totals in one pass
feat pricing bundles
fix catalog show sold-out products last
feat payments save cards
fix web close sessions on sign-out
fix notifications stop <!channel> and @everyone from reaching templates
feat catalog Größentabellen für Schuhe, 日本語 zuerst
feat cart share a basket by link
fix pricing coupons that end today
feat orders track a parcel
docs guide how to share a basket
"""
API = """
feat gateway page through orders
fix limits refill the bucket every minute
feat client retry once after 502
fix store find orders without a number
docs readme how to get a key
feat jobs clean up old sessions
feat! gateway orders carry amounts in cents
fix client encode the order number
feat limits one bucket per key
refactor store smaller lookups
fix gateway close idle connections
feat client cancel a request
fix jobs skip holidays
perf store look up by customer
feat gateway health endpoint
fix limits never below zero
feat jobs report what was removed
fix client keep the error text
feat! client one method per resource
fix gateway log without keys
feat store archive old orders
docs readme list the limits
fix jobs run once per night
feat gateway webhooks for paid orders
fix store order of results
feat client typed webhooks
fix gateway verify signatures in constant time
feat limits tell when to come back
"""


@dataclass(frozen=True)
class Change:
    """One merged pull request: `breaking` adds the exclamation mark to its title."""

    kind: str
    scope: str
    subject: str
    breaking: bool = False

    @property
    def title(self) -> str:
        return f"{self.kind}({self.scope}){'!' if self.breaking else ''}: {self.subject}"


def changes(text: str) -> list[Change]:
    """Read a list of changes."""
    rows = (line.split(" ", 2) for line in text.strip().splitlines())
    return [Change(kind.rstrip("!"), scope, rest, kind.endswith("!")) for kind, scope, rest in rows]


# After how many merged pull requests a release came out.
SHOP_RELEASES = {
    4: "v1.8.0",
    11: "v1.9.0",
    15: "v1.9.1",
    23: "v1.10.0",
    32: "v1.11.0",
    41: "v1.12.0",
    49: "v1.13.0",
    58: "v1.14.0",
    63: "v1.14.1",
    69: "v1.14.2",
}
API_RELEASES = {3: "v0.5.0", 9: "v0.6.0", 14: "v0.6.1", 20: "v0.7.0", 27: "v0.8.0", 32: "v0.8.1"}

# Dependency, first version, and in which file it is pinned.
SHOP_PINS = (
    ("httpx", "0.27.0", "pyproject.toml"),
    ("pydantic", "2.7.0", "pyproject.toml"),
    ("preact", "10.19.0", "frontend/package.json"),
    ("sqlalchemy", "2.0.29", "pyproject.toml"),
    ("vite", "5.0.0", "frontend/package.json"),
    ("flask", "3.0.0", "pyproject.toml"),
)
API_PINS = (
    ("zod", "3.22.0", "client/package.json"),
    ("golang.org/x/sync", "0.6.0", "go.mod"),
    ("github.com/go-chi/chi/v5", "5.0.10", "go.mod"),
)
