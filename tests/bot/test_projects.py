"""What is set for projects is read as a whole, or refused with the place of the mistake."""

from typing import Any

import pytest

from bot.services import Unready, projects_of
from bot.settings import Settings
from flows.engine.access import Role
from flows.engine.policy import PolicySettings


def given(**project: Any) -> Settings:  # noqa: ANN401 - any of its settings, well formed or not
    """Return settings with one project."""
    return Settings(_env_file=None, projects=[{"name": "acme/api", **project}])


def test_policies_and_roles_of_a_project_are_read() -> None:
    """For a flow by its alias or for all, for people or for everybody."""
    policies = {
        "*": {"deadline": "8 h", "freezes": ["Fri 16:00 - Mon 08:00 Europe/Berlin"]},
        "release": {"approvals": 2, "approve": "maintainer", "auto_approve": []},
    }

    [project] = projects_of(given(policies=policies, roles={"slack:U1": "admin", "*": "viewer"}))

    assert project.policies["release"] == PolicySettings(
        approvals=2, approve=Role.MAINTAINER, auto_approve=[]
    )
    assert project.policies["*"].deadline == "8 h"
    assert project.roles == {"slack:U1": Role.ADMIN, "*": Role.VIEWER}


@pytest.mark.parametrize(
    ("project", "says"),
    [
        ({"policies": {"releese": {}}}, "'releese', which is no flow's alias"),
        ({"policies": {"release-management": {}}}, "which is no flow's alias"),
        ({"policies": {"*": {"aprovals": 1}}}, "aprovals"),
        ({"policies": {"*": {"freezes": ["weekends"]}}}, "“weekends” is no freeze: write"),
        ({"policies": {"*": {"deadline": "soon"}}}, "“soon” is no length of time: write"),
        ({"roles": {"*": "king"}}, "king"),
        ({"triggers": ["release"]}, "the trigger 'release', which no event starts"),
        ({"rules": {"stale": {"warn": 0}}}, "`int` >= 1 - at `$[0].rules.stale.warn`"),
        ({"rules": {"stale": {"zone": "Berln"}}}, "did you mean Europe/Berlin"),
        ({"rules": {"stal": {}}}, "unknown field `stal` - at `$[0].rules`"),
        (
            {"rules": {"labels": [{"label": "x"}]}},
            "needs `paths` or `titles` - at `$[0].rules.labels[0]`",
        ),
        ({"rules": {"merge": {"method": "fast"}}}, "'fast' - at `$[0].rules.merge.method`"),
    ],
)
def test_what_cannot_be_meant_stops_the_start(project: dict[str, Any], says: str) -> None:
    """With the name of the setting and what is wrong, before anybody relies on it."""
    with pytest.raises(Unready, match=r"^FLOWBOT_PROJECTS: ") as refused:
        projects_of(given(**project))

    assert says in str(refused.value)
