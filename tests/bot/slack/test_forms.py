"""Forms as modals: every kind of field, and what comes back from it."""

import msgspec
import pytest

from bot.chat import Origin
from bot.dispatch import Field, Form
from bot.slack import forms
from flows.report import Report, table
from integrations.emulators.slack.forms import filled
from integrations.emulators.slack.limits import check_message, check_view

ORIGIN = Origin("slash", "slack", "C1", "1.1", "1.2")


def field(kind: str, value: str = "", choices: tuple[str, ...] = ()) -> Field:
    """Return a field called `x`."""
    return Field("x", "X", "What it is", kind, choices, False, value)  # type: ignore[arg-type] # a case


@pytest.mark.parametrize(
    ("asked", "element", "answer"),
    [
        (field("text", "given"), "plain_text_input", "given"),
        (field("number", "30"), "number_input", "30"),
        (field("number", "many"), "plain_text_input", "many"),
        (field("flag", "True"), "checkboxes", "true"),
        (field("flag"), "checkboxes", None),
        (field("choice", "b", ("a", "b")), "static_select", "b"),
        (field("choice", "", ("a", "b")), "static_select", None),
        (field("choice", "a", tuple(map(str, range(101)))), "plain_text_input", "a"),
        (field("choice", "a", ("x" * 76,)), "plain_text_input", "a"),
    ],
)
def test_a_field_comes_back_as_it_was_given(asked: Field, element: str, answer: str | None) -> None:
    """What is known is filled in, and what comes back is text; nothing comes back as nothing."""
    view = forms.modal(Form("flow", "Flow", (asked,)), ORIGIN)
    check_view(view)
    assert view["blocks"][0]["element"]["type"] == element
    submitted = {**view, "state": {"values": filled(view["blocks"], {})}}
    assert forms.values(submitted) == ({"x": answer} if answer else {})


def test_a_form_remembers_where_it_came_from() -> None:
    """The flow and the place travel with the modal; what is not ours is refused."""
    view = forms.modal(Form("release-management", "release", ()), ORIGIN)
    assert forms.place_of(view) == forms.FormPlace("release-management", "C1", "1.1", "1.2")
    with pytest.raises(msgspec.ValidationError):
        forms.place_of({"private_metadata": "{}"})


def test_anything_fits_into_a_form() -> None:
    """Names, hints and values of any length are cut to what Slack takes."""
    long = Field("x", "L" * 500, "H" * 5_000, "text", (), True, "V" * 9_000)
    check_view(forms.modal(Form("flow", "T" * 99, (long,)), ORIGIN))
    offer = forms.offer(Form("flow", "T" * 999, (long,) * 20), "c" * 9_000, ORIGIN)
    check_message(offer.blocks)
    assert '"command":"flow"' in offer.blocks[-1]["elements"][0]["value"]
    assert forms.TOO_LONG in offer.text


def test_errors_stand_at_their_fields() -> None:
    """What belongs to no field stands at the first, unless that has an error of its own."""
    view = forms.modal(Form("f", "F", (field("text"),)), ORIGIN)
    assert forms.errors({"x": "No."}, view) == {"x": "No."}
    assert forms.errors({"y": "No."}, view) == {"x": "y: No."}
    assert forms.errors({"y": "No.", "x": "Never."}, view) == {"x": "Never."}
    assert forms.errors({"": "No."}, view) == {"x": "No."}


def test_a_notice_is_a_view_without_tables() -> None:
    """A modal takes no table, and never stands empty."""
    report = Report("", "", blocks=(table(["A"], [("x",)]),))
    view = forms.notice(report, "Release")
    check_view(view)
    assert len(view["blocks"]) == 1
    check_view(forms.notice(Report("Title", "said"), "x" * 50))
