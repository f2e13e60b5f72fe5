"""What was changed in chat is taken back by a button, unless it was changed again."""

from bot.admin.changes import Changes, Edit, Regret, confirming, noted
from bot.chat import Actor
from bot.console.render import render
from bot.grammar import Verb
from bot.replies import Say, no
from storage import audit
from tests.bot.lab import ADA, BEN, CAT, HERE, Lab


class Shelf:
    """Something to change: one value, which only cat may not put back."""

    def __init__(self) -> None:
        self.values = ["old"]

    @property
    def now(self) -> str:
        """What stands there now."""
        return self.values[-1]

    async def put_back(self, regret: Regret) -> Say | None:
        """Return why not, None where it is as it was."""
        if regret.by == CAT:
            return no("Cat may not touch the shelf.", "forbidden")
        self.values.append(regret.change.before)
        return None


async def changed(lab: Lab, shelf: Shelf, *values: str, by: Actor = ADA) -> Say:
    """Change the shelf; return the answer."""
    edits = []
    for value in values:
        edits.append(Edit("shelf one", f"The shelf: {shelf.now} → {value}.", shelf.now, value))
        shelf.values.append(value)
    async with lab.database.begin() as connection:
        return await noted(connection, edits, by, HERE, lab.clock())


async def regretted(lab: Lab, shelf: Shelf, *numbers: str, by: Actor = BEN) -> Say:
    """Take changes back; return the answer."""
    desk = Changes(lab.database, lab.clock, {"shelf": shelf.put_back})
    return await desk.answer(Verb("undo-change", numbers), by, HERE, "key")


async def audited(lab: Lab) -> list[tuple[str, str, str]]:
    """Return what the audit says: who did what, in which words."""
    async with lab.database.read() as connection:
        rows = [row async for row in audit.every(connection)]
    return [(row.actor["name"], row.action, row.detail) for row in rows]


async def test_a_change_says_what_it_was_and_how_to_take_it_back(lab: Lab) -> None:
    """With a button that types the command; both are audited."""
    shelf = Shelf()

    said = await changed(lab, shelf, "new")
    [button] = said.buttons
    back = await regretted(lab, shelf, "1")

    assert (said.report.summary, button.action) == ("The shelf: old → new.", "type:undo-change 1")
    assert back.report.summary == "Taken back: The shelf: old → new."
    assert shelf.now == "old"
    assert await audited(lab) == [
        ("ada", "changed", "The shelf: old → new."),
        ("ben", "took back", "The shelf: old → new."),
    ]


async def test_what_was_changed_since_stays(lab: Lab) -> None:
    """Who did is named; once that is taken back, the one before it can be too."""
    shelf = Shelf()
    await changed(lab, shelf, "new")
    await changed(lab, shelf, "newer", by=BEN)

    told = await regretted(lab, shelf, "1")

    assert told.kind == "unfit"
    assert told.report.summary.startswith(
        "ben changed that since (15:30 UTC): The shelf: new → newer."
    )
    assert shelf.now == "newer"
    await regretted(lab, shelf, "2")
    await regretted(lab, shelf, "1")
    assert shelf.now == "old"


async def test_a_second_press_tells_who_was_first(lab: Lab) -> None:
    """It changes nothing."""
    shelf = Shelf()
    await changed(lab, shelf, "new")
    await regretted(lab, shelf, "1", by=BEN)
    shelf.values.append("another way")

    told = await regretted(lab, shelf, "1", by=ADA)

    assert told.report.summary == "ben took that back already (15:30 UTC)."
    assert shelf.now == "another way"


async def test_several_go_back_together_or_not_at_all(lab: Lab) -> None:
    """The last one first."""
    shelf = Shelf()
    said = await changed(lab, shelf, "new", "newer")
    assert said.buttons[0].action == "type:undo-change 1 2"
    assert "2 changes:" in render(said.report)

    assert (await regretted(lab, shelf, "1", "2", "3")).kind == "unknown"
    assert shelf.now == "newer"
    await regretted(lab, shelf, "1", "2")
    assert shelf.now == "old"


async def test_policy_is_asked_again(lab: Lab) -> None:
    """Who may not is refused, and that is audited."""
    shelf = Shelf()
    await changed(lab, shelf, "new")

    told = await regretted(lab, shelf, "1", by=CAT)

    assert (told.kind, told.report.summary) == ("forbidden", "Cat may not touch the shelf.")
    assert shelf.now == "new"
    assert (await audited(lab))[1] == (
        "cat",
        "refused",
        "undo-change 1: Cat may not touch the shelf.",
    )


async def test_who_gives_no_number_sees_their_last_changes(lab: Lab) -> None:
    """The newest first, with what takes each back; those of others are theirs."""
    shelf = Shelf()
    await changed(lab, shelf, "new")
    await changed(lab, shelf, "newer")
    await changed(lab, shelf, "odd", by=CAT)

    said = await regretted(lab, shelf, by=ADA)
    shown = render(said.report)
    assert shown.index("/flow undo-change 2") < shown.index("/flow undo-change 1")
    assert "The shelf: new → newer. (15:30 UTC)" in shown
    assert "odd" not in shown
    assert [(each.label, each.action) for each in said.buttons] == [
        ("Undo the last", "type:undo-change 2")
    ]


async def test_what_makes_no_sense_gets_a_helpful_answer(lab: Lab) -> None:
    """And changes nothing."""
    shelf = Shelf()
    assert "You have changed nothing" in render((await regretted(lab, shelf)).report)
    misread = await regretted(lab, shelf, "1", "twelve")
    assert misread.kind == "misread"
    assert "“twelve” is no number of a change" in render(misread.report)
    assert "^^^^^^" in render(misread.report)
    assert (await regretted(lab, shelf, "9" * 30)).kind == "misread"

    async with lab.database.begin() as connection:
        await noted(connection, [Edit("drawer one", "Gone.", 1, 2)], ADA, HERE, lab.clock())
    told = await regretted(lab, shelf, "1")
    assert told.report.summary == "This can no longer be taken back: set what you want."


def test_something_dangerous_asks_first() -> None:
    """The button says the same once more, with a yes; so can be typed."""
    asked = confirming("It is gone then.", "Remove it", ["project", "remove", "acme/api"])

    assert asked.buttons[0].action == "type:project remove acme/api --yes"
    assert "/flow project remove acme/api --yes" in render(asked.report)
