"""The listing of flows: kept, and made anew when a page changes."""

import json
import os
from pathlib import Path

from bot.listing import ROOT, listing_json


def test_a_kept_listing_is_used_until_a_page_changes(tmp_path: Path) -> None:
    """What was kept is returned as it is; a page with another time makes it anew."""
    root, kept = tmp_path / "root", tmp_path / "kept" / "catalogue.json"
    page = root / "flows" / "core" / "page.py"
    page.parent.mkdir(parents=True)
    page.write_text("")
    (root / "bot").mkdir()
    (root / "bot" / "catalogue.py").write_text("")

    made = listing_json(root, kept)
    assert {"release", "dora"} <= {each["alias"] for each in json.loads(made)}
    kept.write_bytes(kept.read_bytes().replace(b'"dora"', b'"kept"'))
    assert b'"kept"' in listing_json(root, kept)

    os.utime(page, ns=(1, 1))
    assert listing_json(root, kept) == made


def test_a_folder_that_cannot_be_written_costs_only_time() -> None:
    """The listing is the same where nothing can be kept."""
    nowhere = Path(os.devnull) / "catalogue.json"
    assert listing_json(ROOT, nowhere) == listing_json(ROOT, nowhere)
