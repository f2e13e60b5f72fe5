"""How an OAuth app signs in to an emulated Linear by itself: a token for its id and secret."""

from secrets import compare_digest, token_hex
from urllib.parse import parse_qsl

from integrations.emulators.linear.world import LinearWorld

MONTH = 30 * 24 * 3600  # in seconds, as Linear words it


def issued(world: LinearWorld, form: bytes) -> tuple[int, dict[str, object]]:
    """Return the status and the body of the answer to a request for a token."""
    given = dict(parse_qsl(form.decode(errors="replace")))
    app = world.apps.get(given.get("client_id", ""))
    secret = given.get("client_secret", "")
    if app is None or not compare_digest(app.secret.encode(), secret.encode()):
        return 401, {"error": "invalid_client", "error_description": "Unknown client"}
    if given.get("grant_type") != "client_credentials":
        return 400, {"error": "unsupported_grant_type"}
    scopes = given.get("scope", "read").split(",")
    if "admin" in scopes and not app.user.admin:
        return 400, {"error": "invalid_scope", "error_description": "The app is no admin"}
    token = f"lin_oauth_{token_hex(16)}"
    world.token(token, app.user.display_name, writes="write" in scopes)
    return 200, {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": MONTH,
        "scope": " ".join(scopes),
    }
