"""Sign-in to Linear: a personal API key, or the access token of an OAuth application."""

from collections.abc import Mapping

from integrations.http import Http

KEY = "lin_api_"


class LinearSignIn:
    """Sends a personal key as it is and any other token as a bearer's, as Linear wants them."""

    refused = (
        "Linear does not accept the token; set FLOWBOT_LINEAR_TOKEN to a personal API key or an "
        "OAuth token that is valid, then run `python -m bot doctor`."
    )

    def __init__(self, token: str) -> None:
        self._token = token

    def __repr__(self) -> str:
        return "LinearSignIn(…)"

    async def headers(self, http: Http, scope: str) -> Mapping[str, str]:  # noqa: ARG002 - one for all
        if not self._token:
            return {}
        is_key = self._token.startswith(KEY)
        return {"authorization": self._token if is_key else f"Bearer {self._token}"}

    def forget(self, scope: str) -> bool:  # noqa: ARG002 - a refused token stays refused
        return False
