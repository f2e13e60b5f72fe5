"""What Slack lets an app call how often, as it publishes it."""

from datetime import timedelta

from bot.pace import Budget

MINUTE = timedelta(minutes=1)
# A call that is made in time may arrive late, and one that is made late in time.
ON_THE_WAY = 1.1
PER_CHANNEL = 3
PER_CHANNEL_WINDOW = timedelta(seconds=3)  # one message a second, in short bursts
TIERS = {
    "chat_delete": 50,
    "chat_update": 50,
    "conversations_history": 50,
    "conversations_replies": 50,
    "files_completeUploadExternal": 100,
    "files_getUploadURLExternal": 100,
    "reactions_add": 50,
    "reactions_remove": 20,
}
SPARE = 4  # one in so many calls is for what somebody waits for


def budget_of(method: str, channel: str, times: float) -> Budget:
    """Return the budget of a method, by its name in the SDK, `times` as large as published.

    Messages are counted by channel, everything else by workspace.
    """
    if method == "chat_postMessage":
        name, calls, window = f"{method}:{channel}", PER_CHANNEL, PER_CHANNEL_WINDOW
    else:
        name, calls, window = method, TIERS[method], MINUTE
    most = max(1, int(calls * times))
    return Budget(f"slack:{name}", most, window * ON_THE_WAY, most // SPARE)
