"""Forms as Discord modals: five inputs, nothing lost, nothing forgotten."""

import pytest

from bot.chat import Origin
from bot.discord import forms
from bot.discord.forms import Place
from bot.dispatch import Field, Form, form_for
from bot.grammar import Incomplete, Misread
from flows.engine.registry import catalogue
from integrations.emulators.discord.forms import filled
from integrations.emulators.discord.limits import CUSTOM_ID, check_message, everything
from integrations.emulators.discord.schemas import check_modal
from tests.bot.desk import FORM
from tests.integrations.emulators.discord.contract import Contract

LONG = "1" * 20
ORIGIN = Origin("mention", "discord", "2" * 20, LONG, f"{LONG}/{'3' * 20}")

WHERE = Place("form", "release-management", "", "", "")


def fields(count: int, kind: str = "text") -> tuple[Field, ...]:
    """Return this many fields; the last one is needed."""
    return tuple(
        Field(f"f{n}", f"F {n}", "What it is", kind, (), n == count - 1, f"{n} x")  # type: ignore[arg-type] # a kind
        for n in range(count)
    )


def test_a_form_is_as_discord_describes_it(contract: Contract) -> None:
    """Text, choices, numbers and yes or no, each with its label and what was given."""
    modal = forms.modal(FORM, ORIGIN)
    check_modal(modal)
    contract.check_request("POST", "/interactions/1/t/callback", {"type": 9, "data": modal})
    assert filled(modal, {"repo": "acme/shop"})["components"][1]["component"]["values"] == ["minor"]


@pytest.mark.parametrize("count", [1, 5, 6, 20])
def test_no_field_is_lost(count: int) -> None:
    """Of more than five the needed ones come first, and the rest share the last input."""
    modal = forms.modal(Form("slug", "alias", fields(count)), ORIGIN)
    check_modal(modal)
    sent = filled(modal, {})
    assert forms.values(sent) == {f"f{n}": f"{n} x" for n in range(count)}
    if count > 5:
        assert modal["components"][0]["label"] == f"F {count - 1}"


def test_more_settings_are_words() -> None:
    """What is no setting is told, not dropped."""
    modal = forms.modal(Form("slug", "alias", fields(7)), ORIGIN)
    more = {"More settings, as name=value": "f2=yes\nf9='a b'"}
    assert {"f2": "yes", "f9": "a b"}.items() <= forms.values(filled(modal, more)).items()
    with pytest.raises(Misread, match="name=value"):
        forms.values(filled(modal, {"More settings, as name=value": "nonsense"}))


def test_every_flow_has_a_form_that_remembers_its_place() -> None:
    """Its name and three long ids fit into what Discord keeps."""
    for flow in (each for each in catalogue().values() if each.params.model_fields):
        modal = forms.modal(form_for(Incomplete(flow, {}, (), dry_run=False)), ORIGIN)
        check_modal(modal)
        assert len(modal["custom_id"]) <= CUSTOM_ID
        place = forms.place_of(modal["custom_id"])
        assert place == Place("form", flow.slug, ORIGIN.channel, ORIGIN.thread, ORIGIN.message)


@pytest.mark.parametrize("message", ["", "1", "1/2"])
def test_a_place_comes_back(message: str) -> None:
    """The message that heads a thread, one in it, or none."""
    thread = "1" if message else ""
    place = Place("open", "", "9", thread, message)
    assert forms.place_of(place.custom_id) == place
    for other in ("press:1:a", "a:b:c:d:e", "", "question:\u00b2:1::", "form:x:1:../2:3"):
        assert forms.place_of(other) is None


@pytest.mark.parametrize(
    "command", ["release", "release level=patch", "say text='- *a* <@1> # b: `c`'", "x " * 2_000]
)
def test_an_offer_remembers_its_command(command: str) -> None:
    """To the letter; of one that is too long the flow is, and the whole is in a file."""
    message = forms.offer(FORM, command, ORIGIN)
    check_message(message.body, {each.name: each.content for each in message.files})
    assert [each.content.decode() for each in message.files] == (
        [f"/flow {command}"] if len(command) > 1_000 else []
    )
    texts = (
        each["content"] for each in everything(message.body["components"]) if "content" in each
    )
    expected = command if len(command) < 1_000 else FORM.flow
    assert forms.remembered(texts) == expected


def test_a_correction_opens_the_form_as_it_was() -> None:
    """With every value, right or wrong."""
    given = {"repo": "acme shop", "level": "huge"}
    message = forms.correction({"level": "No.", "": "Look."}, WHERE, given, ORIGIN)
    check_message(message.body, {})
    texts = (
        each["content"] for each in everything(message.body["components"]) if "content" in each
    )
    assert forms.refilled(forms.remembered(texts), "") == ("release-management", given)


def test_of_a_large_form_that_was_misread_nothing_is_lost() -> None:
    """What was typed as more settings is shown, the rest is filled in again."""
    modal = forms.modal(Form("release-management", "release", fields(7)), ORIGIN)
    sent = filled(modal, {"More settings, as name=value": "f2=yes nonsense"})
    with pytest.raises(Misread) as misread:
        forms.values(sent)
    message = forms.misread(misread.value, WHERE, forms.inputs(sent), ORIGIN)
    check_message(message.body, {})
    texts = [
        each["content"] for each in everything(message.body["components"]) if "content" in each
    ]
    assert "f2=yes nonsense" in texts[0]
    about, given = forms.refilled(forms.remembered(iter(texts)), "")
    assert (about, given["f6"]) == ("release-management", "6 x")


def test_many_long_errors_fit_into_one_message() -> None:
    """What does not fit is counted; what was filled in and is too long goes along as a file."""
    errors = {f"field{number}": "no * " * 80 for number in range(20)}
    given = {"text": "\U0001f9e8*" * 1_900}
    message = forms.correction(errors, WHERE, given, ORIGIN)
    check_message(message.body, {each.name: each.content for each in message.files})
    assert "more" in message.parts[0]["content"]
    assert given["text"] in message.files[0].content.decode()


def test_a_question_says_what_it_asks() -> None:
    """Its text takes the place of an input, and the modal knows its number."""
    asked = Form("slug", "alias", fields(5), 7, "Which *one*?")
    modal = forms.modal(asked, ORIGIN)
    check_modal(modal)
    place = forms.place_of(modal["custom_id"])
    assert place
    assert (place.kind, place.about) == ("question", "7")
    assert modal["components"][0]["content"] == r"Which \*one\*?"
    assert forms.values(filled(modal, {})) == {f"f{n}": f"{n} x" for n in range(5)}
