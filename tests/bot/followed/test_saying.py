"""What people say, as replies."""

from bot.followed import saying
from tests.bot.followed.lines import all_words


def test_what_people_say() -> None:
    """Verdicts are news of the pull request, comments only of the comments."""
    base = {"by": "bo", "text": "> old\nNew words", "url": "u"}
    said = [
        {"id": "comment:1", "kind": "comment", **base},
        {"id": "review:2", "kind": "review", "state": "changes_requested", **base},
        {"id": "review:3", "kind": "review", "state": "commented", **base, "text": ""},
        {"id": "comment:4", "kind": "comment", **base},
        {"id": "gone:comment:4", "kind": "gone", "about": "comment:4"},
        {"id": "merge:5", "kind": "merge", "sha": "a"},
        {"id": "deployed:6", "kind": "deployed", "where": "production", "url": ""},
    ]
    found = list(saying.replies(said))
    assert [(each.features, *all_words(each.posting)) for each in found] == [
        (("comments",), "@bo commented", "New words"),
        (("prs", "reviews"), "@bo asks for changes", "New words"),
        (("reviews",), "@bo commented on the changes"),
        (("prs", "deployments"), "Deployed to production."),
    ]
    assert saying.withdrawn(said) == ("comment:4",)
