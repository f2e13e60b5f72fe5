"""What a flow is about where people may say it, point to a message, or mean the thread itself."""

from flows.engine.run import ReadRun
from flows.engine.talk import Said


async def said_in(run: ReadRun, words: str, author: str, link: str) -> list[Said]:
    """Return these words as said by their author, or what the thread says where there are none."""
    if words:
        return [Said(author or run.actor, words, run.started, link)]
    return await run.step("Read the thread", run.chat.thread, run.place, link)
