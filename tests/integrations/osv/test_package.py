"""The package offers everything by one name, and what is heavy only when it is asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

from integrations import osv

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", osv.__all__)
def test_every_name_is_there(name: str) -> None:
    """Also those that are imported later."""
    assert getattr(osv, name).__name__ == name


def test_another_name_is_not() -> None:
    """A typing error is told as usual."""
    with pytest.raises(AttributeError, match="OvsApi"):
        osv.__getattr__("OvsApi")


def test_naming_a_type_brings_no_http_library() -> None:
    """The command line lists all flows, and a flow may name OSV."""
    code = "import sys, integrations.osv; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0  # noqa: S603 - our own line
