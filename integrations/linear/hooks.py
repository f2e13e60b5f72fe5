"""Webhooks of the workspace; Linear lets admins alone see and change them."""

from collections.abc import Sequence

from integrations.linear import models, queries, shapes
from integrations.linear.ids import id_of
from integrations.linear.making import Making
from integrations.linear.planning import PlanningReads

# What this bot can make use of.
TYPES = ("Issue", "Comment", "IssueLabel", "Attachment", "Project", "ProjectUpdate", "Cycle")


class WebhookWrites(PlanningReads, Making):
    """A webhook is known by where it delivers to, and by the team that it is about."""

    async def ensure_webhook(
        self,
        url: str,
        secret: str,
        *,
        team: str = "",
        types: Sequence[str] = TYPES,
        label: str = "",
    ) -> models.Webhook:
        """Let Linear tell an address of changes, of one team or of all public ones.

        One that delivers there already is switched on and told these types; its secret stays, as
        nobody can see it: `ensure_webhook_secret` sets it.
        """
        for known in await self.webhooks():
            if (known.url, known.team) == (url, team):
                return await self._repaired(known, types, label)
        given: dict[str, object] = {
            "id": id_of("webhook", url, team),
            "url": url,
            "secret": secret,
            "resourceTypes": list(types),
            "label": label,
        }
        if team:
            given["teamId"] = (await self.team(team)).id
        else:
            given["allPublicTeams"] = True
        made = await self._make(queries.CREATE_WEBHOOK, given, queries.ONE_WEBHOOK, shapes.Webhook)
        return made.model()

    async def ensure_webhook_secret(self, webhook_id: str, secret: str) -> None:
        """Sign with this secret from now on; the bot has to accept the old one for a while.

        It is a secret of ours, as one that Linear draws would be another one in a repetition.
        """
        await self._api.change(queries.UPDATE_WEBHOOK, id=webhook_id, input={"secret": secret})

    async def delete_webhook(self, webhook_id: str) -> None:
        await self._gone(queries.DELETE_WEBHOOK, webhook_id)

    async def _repaired(
        self, known: models.Webhook, types: Sequence[str], label: str
    ) -> models.Webhook:
        is_told = set(types) <= set(known.types)
        if known.enabled and is_told and label in ("", known.label):
            return known
        wanted: dict[str, object] = {
            "enabled": True,
            "resourceTypes": list(dict.fromkeys([*known.types, *types])),
            "label": label or known.label,
        }
        await self._api.change(queries.UPDATE_WEBHOOK, id=known.id, input=wanted)
        found = await self._api.one(queries.ONE_WEBHOOK, shapes.Webhook, id=known.id)
        return found.model()
