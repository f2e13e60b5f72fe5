"""One message of each kind reads as it did on both platforms, and is one that they take."""

import os
from pathlib import Path

import pytest

from bot.docs import MESSAGES, README, docs
from bot.gallery.pages import messages_page, on_discord_of, on_slack_of, samples, shown
from bot.gallery.sample import Sample
from integrations.emulators.discord.limits import check_message as check_on_discord
from integrations.emulators.slack.limits import check_message as check_on_slack

GOLDEN = Path(__file__).parent / "golden"
UPDATE = "FLOWBOT_UPDATE"


@pytest.fixture(params=samples(), ids=lambda sample: sample.name)
def sample(request: pytest.FixtureRequest) -> Sample:
    """Return each sample in turn."""
    found: Sample = request.param
    return found


@pytest.mark.parametrize("platform", ["Slack", "Discord"])
def test_a_message_reads_as_it_did(sample: Sample, platform: str) -> None:
    """Written anew with FLOWBOT_UPDATE=1, for whoever means the change."""
    file = GOLDEN / f"{sample.name}.{platform.lower()}.txt"
    said = f"{shown(sample)[platform]}\n"
    if os.environ.get(UPDATE):  # noqa: TID251 - no setting of the bot
        file.write_text(said, encoding="utf-8")
    assert said == file.read_text(encoding="utf-8")


def test_a_message_is_one_that_its_platform_takes(sample: Sample) -> None:
    """The emulators' own checks are the judge."""
    for on_slack in on_slack_of(sample):
        check_on_slack(on_slack.blocks)
    for on_discord in on_discord_of(sample):
        files = {file.name: file.content for file in on_discord.files}
        check_on_discord(on_discord.body, files)


def test_no_golden_file_is_left_over() -> None:
    """Each is of a sample, once for each platform."""
    wanted = {f"{each.name}.{on}.txt" for each in samples() for on in ("slack", "discord")}
    assert {file.name for file in GOLDEN.iterdir()} == wanted


def test_the_page_of_messages_is_up_to_date(tmp_path: Path) -> None:
    """What the documentation shows is what the code says; else it is written anew."""
    assert MESSAGES.read_text(encoding="utf-8") == messages_page()
    readme, manifest, stale = (tmp_path / name for name in ("README.md", "m.yaml", "MESSAGES.md"))
    readme.write_text(README.read_text(encoding="utf-8"), encoding="utf-8")
    stale.write_text("old", encoding="utf-8")

    assert docs(check=True, path=readme, manifest=manifest, messages=stale) == 1
    assert docs(check=False, path=readme, manifest=manifest, messages=stale) == 0
    assert docs(check=True, path=readme, manifest=manifest, messages=stale) == 0
    assert stale.read_text(encoding="utf-8") == messages_page()
