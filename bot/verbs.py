"""What can be said to the bot itself: the one list for help, completion and grammar."""

from collections.abc import Mapping
from typing import NamedTuple

from flows.engine.access import Role

RUNS, LOCKS, SCHEDULES, YOU = "Look after runs", "Keep things apart", "Again and again", "For you"
SETUP = "Set things up"
FOLLOW = "Follow what happens"


class Spoken(NamedTuple):
    """A verb: what it does, the group it is listed in, how it is used, and who may say it.

    `uses` are without the prefix; a verb without any is said alone.
    """

    about: str
    group: str
    uses: tuple[str, ...] = ()
    role: Role = Role.VIEWER


ANSWERS = ("approve", "decline", "answer")
OF_A_RUN = ("status", "cancel", "retry", "rerun", "real", "undo", "nudge", *ANSWERS)
_LOCK = "deploy:acme/shop:production"
VERBS: Mapping[str, Spoken] = {
    "help": Spoken("what there is, or how one flow works", YOU),
    "home": Spoken("what waits for you, your runs, projects and schedules", YOU),
    "page": Spoken("a personal link that signs you in to the status page", YOU),
    "runs": Spoken("the newest runs", RUNS),
    "status": Spoken("how a run stands", RUNS),
    "cancel": Spoken("stop a run; with --undo, what it has changed is taken back", RUNS),
    "retry": Spoken(
        "play a run on from where it failed; `retry dead` all that were set aside", RUNS
    ),
    "rerun": Spoken("start a run once more, with the same inputs", RUNS),
    "real": Spoken("start a dry run for real, with the same inputs", RUNS),
    "undo": Spoken("take back what a run has changed; the plan is shown first", RUNS),
    "nudge": Spoken("remind those who may approve your plan, if they are at work", RUNS),
    "approve": Spoken("say yes to the plan of a run, as its button does", RUNS, ("approve RUN",)),
    "decline": Spoken("say no to the plan of a run", RUNS, ("decline RUN",)),
    "answer": Spoken("answer what a run asks", RUNS, ("answer RUN red",)),
    "dead": Spoken("runs that were set aside, since they cost their process each time", RUNS),
    "lift": Spoken(
        "let a plan be applied in a freeze; an admin says why",
        RUNS,
        ("lift RUN The fix has to go out",),
        Role.ADMIN,
    ),
    "locks": Spoken("who holds which lock, and who waits for it", LOCKS),
    "lock": Spoken(
        "keep something to yourself, such as an environment, until you unlock it",
        LOCKS,
        (f"lock {_LOCK} --for 2h We look for the leak",),
        Role.OPERATOR,
    ),
    "unlock": Spoken(
        "let go of a lock, or no longer wait for it", LOCKS, (f"unlock {_LOCK}",), Role.OPERATOR
    ),
    "steal": Spoken(
        "take a lock from who holds it; a run that holds it is stopped, and both are told",
        LOCKS,
        (f"steal {_LOCK} The fix has to go out",),
        Role.MAINTAINER,
    ),
    "notify-me": Spoken("get one message when a lock is free", LOCKS, (f"notify-me {_LOCK}",)),
    "schedule": Spoken("run something again and again", SCHEDULES),
    "schedules": Spoken("what is scheduled, and when next", SCHEDULES),
    "project": Spoken(
        "what is set for this channel's project, or another one; create and set up projects",
        SETUP,
        (
            "project",
            "project list",
            "project create acme/shop",
            "project set acme/shop environment=production version_file=pyproject.toml",
            "project link acme/shop linear=ENG",
            "project default acme/shop",
            "project set acme/shop environments=staging,production",
            "project set acme/shop triggers=review tell_approvers=yes",
            "project set acme/shop rules=labels,stale",
            "project endpoints acme/shop add https://shop.acme.example/health",
            "project component acme/shop add web/** web",
            "project remove acme/shop",
        ),
    ),
    "roles": Spoken("who has which role here, and why", SETUP, ("roles", "roles acme/shop")),
    "role": Spoken(
        "give somebody a role in a project, at most your own",
        SETUP,
        ("role @ada maintainer acme/shop", "role @ada none acme/shop", "role everybody viewer"),
        Role.MAINTAINER,
    ),
    "policy": Spoken(
        "who may run and approve what, how many, and when not; an admin can change it",
        SETUP,
        (
            "policy acme/shop",
            "policy acme/shop release",
            "policy acme/shop release approvals=2 deadline=4h self_approval=no",
            'policy acme/shop all freezes="fri 16:00 - mon 08:00 Europe/Berlin"',
            "policy acme/shop release reset",
        ),
    ),
    "integrations": Spoken(
        "how the services are that I am connected to: sign-in, quota, errors, webhooks",
        SETUP,
        role=Role.OPERATOR,
    ),
    "deliveries": Spoken(
        "the newest webhooks, and what became of each",
        SETUP,
        ("deliveries", "deliveries acme/shop"),
        Role.OPERATOR,
    ),
    "replay": Spoken(
        "whom a webhook would reach now; flows start as dry runs, and nothing is posted",
        SETUP,
        ("replay github:72d3162e-cc78-11e3-81ab-4c9367dc0958",),
        Role.ADMIN,
    ),
    "subscribe": Spoken(
        "let this channel follow repositories, or a team in Linear",
        FOLLOW,
        (
            "subscribe acme/shop prs,ci",
            "subscribe acme/* prs,issues filter='branch:main -author:*[bot]'",
            'subscribe acme/web-* prs=\'path:"web/**" or label:"needs review"\'',
            "subscribe acme/shop ci for=15m changes-only",
            "subscribe ENG",
        ),
        Role.OPERATOR,
    ),
    "subscriptions": Spoken(
        "what this channel follows, and how that is",
        FOLLOW,
        (
            "subscriptions",
            "subscriptions pause acme/*",
            "subscriptions resume acme/*",
            "subscriptions all",
        ),
    ),
    "unsubscribe": Spoken(
        "no longer follow something here",
        FOLLOW,
        ("unsubscribe acme/shop", "unsubscribe acme/*"),
        Role.OPERATOR,
    ),
    "why": Spoken(
        "why a message is here, and how to get less of it",
        FOLLOW,
        ("why", "why https://acme.slack.com/archives/C1/p1767225600000100"),
    ),
    "undo-change": Spoken(
        "take back a change of what is set, by its number", SETUP, ("undo-change 12",)
    ),
    "channel": Spoken(
        "how this channel is told things; thread-only: one message a day, the news in its thread",
        SETUP,
        ("channel", "channel thread-only on", "channel zone Europe/Berlin"),
    ),
    "me": Spoken(
        "who you are everywhere, your time (zone, hours, holidays, quiet), news of what is yours",
        YOU,
        (
            "me",
            "me zone Europe/Berlin",
            "me hours 09:00-17:00 mon-thu",
            "me holidays DE-BE",
            "me quiet on",
            "me mentions off",
            "me queue 09:30",
            "me queue now",
            "me news on",
            "me pins acme/shop,acme/api",
        ),
    ),
    "away": Spoken(
        "hold my messages to you until you are back; others see why",
        YOU,
        ("away until friday On holiday", "away until 2026-12-24", "away off"),
    ),
    "snooze": Spoken(
        "put off my last message to you that asks something",
        YOU,
        ("snooze 1h", "snooze tomorrow", "snooze next business day"),
    ),
    "whois": Spoken(
        "whether somebody is at work, and until when", YOU, ("whois @ada", "whois ada-l")
    ),
    "link": Spoken(
        "say who you are on another platform; an admin can say it of others",
        YOU,
        ("link discord", "link github", "link @ada github:ada-l"),
    ),
    "unlink": Spoken("say who you are not", YOU, ("unlink discord", "unlink @ada github")),
    "team": Spoken(
        "which group of this chat is a team of GitHub; an admin sets it",
        SETUP,
        ("team", "team acme/platform @platform-group", "team acme/platform off"),
    ),
}

ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "zone": ("me", "zone"),
    "hours": ("me", "hours"),
    "holidays": ("me", "holidays"),
    "quiet": ("me", "quiet"),
    "mentions": ("me", "mentions"),
    "queue": ("me", "queue"),
    "news": ("me", "news"),
    "webhooks": ("deliveries",),
    "admins": ("roles",),
    "permissions": ("roles",),
    "holiday": ("away",),
    "vacation": ("away",),
    "remind": ("snooze",),
    "pins": ("me", "pins"),
    "back": ("away", "off"),
}
"""What people may take for a verb, and how it is really said."""
