"""The worker as people start it, with one more flow in the catalogue."""

import sys
from pathlib import Path

import flows
from bot.__main__ import main

PAGES = str(Path(__file__).parent / "pages")


def more_flows() -> None:
    """Let the registry find the flows of this folder too."""
    flows.__path__.append(PAGES)


if __name__ == "__main__":
    more_flows()
    sys.exit(main(["worker"]))
