"""Commits that were pushed; a push is over when it is told, so the delivery says it all."""

from bot.chat import Posting
from bot.followed.things import Said, Seen, known
from flows.report import Code, Line, Link, Person

MOST_COMMITS = 5


def seen(repo: str, said: Said) -> Seen:
    """Return a push as it was told."""
    commits = said["commits"]
    facts = known(
        repo=repo,
        branch=said["branch"],
        author=said["by"],
        path=said["paths"],
        title=[each["title"] for each in commits],
    )
    count = f"{said['count']} commits" if said["count"] != 1 else "1 commit"
    force = "force-pushed" if said["forced"] else "pushed"
    title = (
        Person(said["by"]),
        f" {force} ",
        Link(count, said["url"]),
        f" to {repo} ",
        Code(said["branch"]),
    )
    lines: list[Line] = [
        (Link(each["sha"][:7], each["url"]), f" {each['title']}") for each in commits
    ]
    if more := said["count"] - len(commits):
        lines.append((f"… {more} more",))
    posting = Posting(title, lines=tuple(lines))
    return Seen(("pushes",), facts, posting, {"facts": facts}, ended=True)
