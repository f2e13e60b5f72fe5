"""The log: one line per event on stderr, with every secret masked."""

import logging
import re

from pydantic import SecretStr

from bot.settings import Settings

MASK = "[secret]"
# What tokens look like, for those that did not come from our settings.
_TOKENS = re.compile(
    r"\b(?:xox[abeprs]-|xapp-|gh[opsru]_|github_pat_|lin_api_)[\w-]{8,}|(?<=Bearer )\S{8,}"
    r"|(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
)
QUIET = (
    "alembic",
    "arq",
    "asyncio",
    "httpx",
    "matplotlib",
    "slack_bolt",
    "slack_sdk",
    "uvicorn",
)


class Redaction(logging.Filter):
    """Masks secrets in the finished message and in tracebacks."""

    def __init__(self, secrets: frozenset[str]) -> None:
        super().__init__()
        self._secrets = sorted((each for each in secrets if each), key=len, reverse=True)

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; it is always kept."""
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - a wrong call to the log must not break its caller
            message = f"{record.msg} {record.args}"
        record.msg, record.args = self.clean(message), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.clean(record.exc_text)
        return True

    def clean(self, text: str) -> str:
        """Return the text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return _TOKENS.sub(MASK, text)


def set_up_logs(settings: Settings) -> None:
    """Log to stderr at the level of the settings."""
    handler = logging.StreamHandler()
    handler.addFilter(Redaction(secrets_of(settings)))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def secrets_of(settings: Settings) -> frozenset[str]:
    """Return everything in the settings that nobody may read."""
    values = [getattr(settings, name) for name in Settings.model_fields]
    several = [each for value in values if isinstance(value, list) for each in value]
    return frozenset(
        each.get_secret_value() for each in (*values, *several) if isinstance(each, SecretStr)
    )
