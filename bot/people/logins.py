"""Who has an e-mail address on Linear, which tells it of everybody."""

from integrations.linear import LinearReader
from storage.people import Identity


class LinearLogins:
    """Reads the list of users each time: somebody links themselves once."""

    def __init__(self, linear: LinearReader) -> None:
        self._linear = linear

    async def with_email(self, email: str) -> Identity | None:
        """Return who has this address; raises an `OutsideError`."""
        for each in await self._linear.users():
            if each.email.lower() == email.lower() and not each.app:
                return Identity("linear", each.id, each.display_name or each.name, "email")
        return None
