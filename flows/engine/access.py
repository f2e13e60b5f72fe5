"""Who may do what: four roles, each including the ones before it."""

from enum import StrEnum


class Role(StrEnum):
    VIEWER = "viewer"
    OPERATOR = "operator"
    MAINTAINER = "maintainer"
    ADMIN = "admin"

    def covers(self, needed: "Role") -> bool:
        """Say whether somebody with this role may do what `needed` may do."""
        return _RANK[self] >= _RANK[needed]


_RANK = {role: rank for rank, role in enumerate(Role)}
