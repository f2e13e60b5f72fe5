"""Reads what people wrote below an issue or a pull request."""

from bot.chat import ThreadRef
from bot.comments.chat import place_of
from bot.comments.markdown import THREAD
from bot.rules import GITHUB
from flows.engine.talk import Said
from integrations.github.conversation import Conversation


class CommentEars:
    """Hears what people said where a comment was a command."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    def meant(self, link: str) -> ThreadRef | None:
        """Return the thread of an address; that of a comment is where it stands."""
        found = THREAD.fullmatch(link)
        name = f"{found[1]}#{found[2]}" if found else ""
        return ThreadRef(GITHUB, name, name) if found else None

    async def thread(self, where: ThreadRef) -> list[Said]:
        """Return what people said, what they opened it with first; bots say nothing here."""
        repo, number = place_of(where.channel)
        me = (await self._conversation.identity()).login
        opening = await self._conversation.opening(repo, number)
        every = [opening, *await self._conversation.said(repo, number)]
        return [
            Said(each.author, each.body, each.created_at, each.url)
            for each in every
            if each.body.strip() and each.author != me and not each.author.endswith("[bot]")
        ]
