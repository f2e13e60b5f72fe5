"""Reports and cards made of hostile strings, for property tests."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from bot.chat import Actor, Button, Card, MessageRef, News, Planned, Posting, Step
from bot.home import Decision, Home, Project, Scheduled, Seen
from bot.replies import Field, Form, Say
from flows.report import (
    Attachment,
    Bullets,
    Channel,
    Code,
    Facts,
    Figure,
    Link,
    Moment,
    Person,
    Report,
    Snippet,
    Table,
    Text,
)

HOSTILE = (
    "<!channel>",
    "<!here|here>",
    "<@U0ADA00000>",
    "<#C0DEV00000|dev>",
    "<https://evil.example|looks safe>",
    "@everyone @channel",
    "&lt;!channel&gt;",
    "*bold* _it_ ~no~ `code` ```fence```",
    ":tada:",
    "> quote",
    "\u202egnp.exe",
    "zero\u200bwidth",
    "\x00\x1b[31m",
    '"\\' * 50,
    "x" * 10_000,
    "",
    " ",
    "\n",
    "👩‍👩‍👧",
    "<!subteam^S1|team> <!date^1^{date}^https://evil.example|x>",
    "<@1300000000000000010> <@&13> <#13> </flow:13> <t:0:R> <:x:13>",
    "[looks safe](https://evil.example) <https://evil.example>",
    "https://evil.example/?a=1",
    "```\n```\n`` ` ``",
    "\u2067rtl\u2069 \u202dltr\u202c \u200f",
    "🇩🇪" * 300,
    "z\u0301\u0327\u0489" * 200,
    "👍🏽" * 250,
    "name " * 100,
    "n" * 500,
    "-# small\n# head\n> quote\n1. one",
)
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))
urls = st.one_of(
    st.just("https://github.com/acme/shop/pull/1?a=1&b=2"),
    st.just("https://evil.example/|label>"),
    st.just("https://acme.example/" + "x" * 2900),
    texts,
)
moments = st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
inlines = st.one_of(
    texts,
    st.builds(Link, texts, urls),
    st.builds(Code, texts),
    st.builds(Person, texts),
    st.builds(Moment, moments),
    st.builds(Channel, st.sampled_from(["slack", "discord"]), st.sampled_from(HOSTILE), texts),
)
pages = st.sampled_from(["https://flowbot.example/runs/r1?a=1&b=2", "http://[broken", ""])
lines = st.lists(inlines, max_size=4).map(tuple)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Draw a table of up to 25 columns and a good hundred rows."""
    width = draw(st.integers(0, 25))
    row = st.lists(inlines, min_size=width, max_size=width).map(tuple)
    head = draw(st.lists(texts, min_size=width, max_size=width).map(tuple))
    few = draw(st.lists(row, max_size=4))
    return Table(head, tuple(few * draw(st.sampled_from([1, 30]))), draw(texts))


blocks = st.one_of(
    st.builds(Text, lines),
    st.builds(Facts, st.lists(st.tuples(texts, lines), max_size=5).map(tuple), texts),
    st.builds(Bullets, st.lists(lines, max_size=60).map(tuple), texts),
    tables(),
    st.builds(Snippet, texts),
    st.builds(Figure, texts, texts, st.just(b"png")),
    st.builds(Attachment, texts, st.just("text/plain"), st.just(b"text")),
)
reports = st.builds(
    Report,
    texts,
    texts,
    st.sampled_from(["neutral", "good", "warn", "bad"]),
    st.lists(blocks, max_size=6).map(tuple),
    next=st.lists(texts, max_size=5).map(tuple),
)
buttons = st.lists(
    st.builds(
        Button,
        texts,
        st.text("ab:1", min_size=1, max_size=20),
        st.sampled_from(["neutral", "good", "bad"]),
    ),
    max_size=30,
).map(tuple)
controls = st.lists(
    st.builds(Button, texts, st.text("ab:1", min_size=1, max_size=20), warns=texts), max_size=9
).map(tuple)
cards = st.builds(
    Card,
    texts,
    texts,
    st.sampled_from(["queued", "running", "waiting", "done", "stopped", "failed", "cancelled"]),
    texts,
    st.builds(Actor, st.just("slack"), st.just("U1"), texts),
    pages,
    st.lists(st.builds(Step, texts, st.sampled_from(["running", "done", "failed"]))).map(tuple),
    st.lists(
        st.builds(
            Planned,
            texts,
            st.booleans(),
            st.sampled_from(["planned", "running", "done", "failed", "undone"]),
        ),
        max_size=30,
    ).map(tuple),
    texts,
    lines,
    buttons,
    controls,
    texts,
    st.none() | st.datetimes(timezones=st.just(UTC)),
    st.one_of(st.none(), st.just(datetime(2026, 3, 2, 14, 3, tzinfo=UTC))),
    st.one_of(st.none(), st.floats(0, 1e7)),
    st.lists(
        st.builds(
            News,
            lines,
            st.sampled_from(["neutral", "good", "warn", "bad"]),
            st.just(datetime(2026, 3, 2, 14, 3, tzinfo=UTC)),
        ),
        max_size=30,
    ).map(tuple),
)
postings = st.builds(
    Posting,
    lines,
    st.sampled_from(["neutral", "good", "warn", "bad"]),
    st.lists(lines, max_size=20).map(tuple),
    lines,
    buttons,
    st.sampled_from(["", "running", "good", "bad", "merged", "closed", "approved"]),
)
moments = st.just(datetime(2026, 3, 2, 14, 3, tzinfo=UTC))
seen = st.builds(
    Seen,
    texts,
    st.sampled_from(["queued", "running", "waiting", "done", "stopped", "failed", "cancelled"]),
    texts,
    pages,
    moments,
)
decisions = st.builds(
    Decision,
    seen,
    texts,
    texts,
    lines,
    buttons,
    st.none() | st.just(MessageRef("slack", "C1", "1.2")),
)
homes = st.builds(
    Home,
    st.lists(decisions, max_size=10).map(tuple),
    st.integers(0, 3),
    st.lists(seen, max_size=5).map(tuple),
    st.lists(st.builds(Project, texts, st.none() | seen), max_size=10).map(tuple),
    st.integers(0, 3),
    st.lists(st.builds(Scheduled, texts, texts, st.none() | moments, texts), max_size=10).map(
        tuple
    ),
    st.integers(0, 3),
    st.lists(texts, max_size=5).map(tuple),
    pages,
)
says = st.builds(Say, reports, buttons=buttons)
fields = st.builds(
    Field,
    texts,
    texts,
    texts,
    st.sampled_from(["text", "choice", "number", "flag"]),
    st.lists(texts, max_size=30).map(tuple),
    st.booleans(),
    texts,
)
forms = st.builds(
    Form,
    st.text("ab-", min_size=1, max_size=40),
    texts,
    st.lists(fields, max_size=8).map(tuple),
    text=texts,
)
