"""What people say about pull requests and issues, and what CI and deployments say of them."""

from collections.abc import Iterator, Sequence

from bot.chat import Mark, Posting
from bot.followed.things import Reply, Said, excerpt, known
from flows.report import Inline, Line, Link, Person, Tone

VERDICTS: dict[str, tuple[str, Tone, Mark]] = {
    "approved": ("approves", "good", "approved"),
    "changes_requested": ("asks for changes", "warn", ""),
    "commented": ("commented on the changes", "neutral", ""),
    "dismissed": ("no longer counts: the review was dismissed", "neutral", ""),
}


def replies(said: Sequence[Said]) -> Iterator[Reply]:
    """Return what was said as news below the card, in the order in which it was told."""
    gone = {each["about"] for each in said if each["kind"] == "gone"}
    for each in said:
        if each["id"] in gone:
            continue
        match each["kind"]:
            case "comment":
                yield _comment(each)
            case "review":
                yield _review(each)
            case "ci":
                yield _checked(each)
            case "deployed":
                yield _deployed(each)


def withdrawn(said: Sequence[Said]) -> tuple[str, ...]:
    """Return the keys of the replies whose comment was deleted."""
    return tuple(each["about"] for each in said if each["kind"] == "gone")


def _comment(said: Said) -> Reply:
    title = (Person(said["by"]), " ", Link("commented", said["url"]))
    facts = known(author=said["by"], action="commented")
    return Reply(said["id"], ("comments",), Posting(title, lines=_quoted(said)), facts)


def _review(said: Said) -> Reply:
    verb, tone, _ = VERDICTS.get(said["state"], VERDICTS["commented"])
    title = (Person(said["by"]), " ", Link(verb, said["url"]))
    verdict = said["state"] in ("approved", "changes_requested")
    features = ("prs", "reviews") if verdict else ("reviews",)
    facts = known(author=said["by"], action=said["state"])
    return Reply(said["id"], features, Posting(title, tone, _quoted(said)), facts)


def _checked(said: Said) -> Reply:
    link = Link(said["name"], said["url"])
    if said["state"] == "good":
        return Reply(said["id"], ("prs", "ci"), Posting((link, " passes again"), "good"))
    where: list[Inline] = [" fails", *((" in ", said["where"]) if said["where"] else ())]
    return Reply(said["id"], ("prs", "ci"), Posting((link, *where), "bad"))


def _deployed(said: Said) -> Reply:
    link: Inline = Link(said["where"], said["url"]) if said["url"] else said["where"]
    return Reply(said["id"], ("prs", "deployments"), Posting(("Deployed to ", link, "."), "good"))


def _quoted(said: Said) -> tuple[Line, ...]:
    text = excerpt(said["text"])
    return ((text,),) if text else ()
