"""What does not fit what OSV and the registries publish is found."""

from typing import Any

import pytest

from integrations.emulators.exchanges import Exchange
from tests.contract.sources import misfits_of_osv, misfits_of_registries


@pytest.mark.parametrize(
    ("path", "sent", "answer", "wrong"),
    [
        ("/v1/querybatch", {"queries": [{"version": "1"}]}, {"results": []}, "'package'"),
        ("/v1/querybatch", {"queries": []}, {"results": [{"vulns": []}]}, "vulns"),
        ("/v1/vulns/GHSA-1", None, {"id": "GHSA-1"}, "'modified'"),
        ("/v1/vulns/GHSA-1", None, {"id": "GHSA-1", "modified": "today"}, "today"),
    ],
)
def test_a_misfit_of_osv_is_found(path: str, sent: Any, answer: Any, wrong: str) -> None:  # noqa: ANN401 - any JSON
    """In what was sent and in what was answered."""
    (found,) = misfits_of_osv(Exchange("osv", "POST", path, "", sent, 200, answer))
    assert wrong in found


def test_a_misfit_of_a_registry_is_found() -> None:
    """What was refused may look like anything."""
    said = Exchange("registries", "GET", "/go/a/@latest", "", None, 200, {"Version": "v1.0.0"})
    (found,) = misfits_of_registries(said)
    assert "'Time'" in found
    assert list(misfits_of_registries(said._replace(status=404))) == []
