"""The one place where things are wired: settings in, a running set of services out."""

import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot.admin.projects import Outside
from bot.channel_names import ChannelNames
from bot.chat import Chat
from bot.comments.chat import GitHubChat
from bot.comments.surface import Comments
from bot.declared import mistake_in
from bot.dispatch import Dispatch
from bot.embedded import embedded_valkey
from bot.hearing import ears_of
from bot.lane import SharedLane
from bot.notices import Notices
from bot.pace import Pace, SharedPace
from bot.pairs import StoredPairs
from bot.passes import Passes, passes_of
from bot.people.household import Contacts, Household, household
from bot.people.logins import LinearLogins
from bot.player import Player
from bot.posts import Posts
from bot.profiles import profiles_of
from bot.reception import desks_of
from bot.rules import Rules
from bot.settings import Settings
from bot.sources import Sources, open_sources
from bot.standing import Standing
from bot.subscriptions.ledger import Ledger
from bot.talk import Talk
from bot.threads import Threads
from bot.vitals import SelfKnowledge, discord_vitals, github_vitals, linear_vitals, slack_vitals
from bot.worker import Queue, connect
from flows.engine.breakers import Breakers
from flows.engine.tools import ProjectSettings, System, Tools, Vital
from integrations.git import Workspaces
from integrations.github import AppSignIn, GitHub, GitHubApi, GitHubReader, TokenSignIn
from integrations.github.conversation import Conversation
from integrations.github.oauth import OAuth
from integrations.linear import Linear, LinearApi, LinearReader, linear_sign_in
from integrations.probes import Probes
from storage import outbox, posts, projects, runs, sightings
from storage.database import Database, answering
from storage.migrate import migrate, revisions

if TYPE_CHECKING:  # their libraries take half a second to import, and not everybody uses both
    from bot.discord.chat import DiscordChat
    from bot.slack.chat import SlackChat

DATABASE_REMEDY = (
    "FLOWBOT_DATABASE_URL looks like postgresql+asyncpg://user:password@host/name; "
    "leave it out for the embedded SQLite."
)
REDIS_REMEDY = (
    "FLOWBOT_REDIS_URL looks like redis://:password@host:6379/0; "
    "leave it out for the embedded Valkey."
)

Asked: TypeAlias = Callable[[datetime], Awaitable[list[Vital]]]


class Unready(RuntimeError):
    """Something that was set does not work; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the processes share; they differ only in which of it they use."""

    settings: Settings
    database: Database
    queue: Queue
    rules: Rules
    dispatch: Dispatch
    comments: Comments
    passes: Passes
    tools: Tools
    player: Player
    threads: Threads
    notices: Notices
    standing: Standing
    posts: Posts
    people: Household
    channel_names: ChannelNames
    oauth: OAuth | None
    slack: "SlackChat | None"
    discord: "DiscordChat | None"
    github: GitHubApi
    lane: SharedLane
    linear: LinearApi | None
    redis_url: str = field(repr=False)


def now() -> datetime:
    """Return the time; the one clock of every process."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Open everything that the settings name, and close it in reverse; raises Unready."""
    async with AsyncExitStack() as stack:
        redis_url = settings.redis_url.get_secret_value()
        if not redis_url:
            redis_url = await stack.enter_async_context(embedded_valkey(settings.data_dir))
        database = await _open_database(settings, stack)
        queue = await _open_queue(redis_url, stack)
        rules = rules_of(settings)
        if not settings.redis_url.get_secret_value() and database.is_sqlite:
            # The data folder is locked by us: whoever held a lease or a claim is gone.
            async with database.begin() as connection:
                await runs.drop_leases(connection, now())
                await outbox.drop_claims(connection, now())
                await posts.drop_claims(connection, now())
                await sightings.drop_claims(connection, now())
        slack = await _open_slack(settings, SharedPace(queue.redis, now), stack)
        discord = await _open_discord(settings, queue.redis, stack)
        lane = SharedLane(queue.redis, SharedPace(queue.redis, now), now)
        github = await stack.enter_async_context(_github(settings, lane))
        linear = await _open_linear(settings, stack)
        conversation = Conversation(github)
        comments = GitHubChat(conversation, SharedPace(queue.redis, now))
        found: dict[str, Chat | None] = {"slack": slack, "discord": discord, "github": comments}
        chats: dict[str, Chat] = {name: chat for name, chat in found.items() if chat}
        standing = Standing(queue.redis, _worker_name())
        listens = bool(settings.slack_app_token.get_secret_value())
        vitals: list[Asked] = []
        if slack:
            vitals.append(partial(slack_vitals, slack, standing, listens=listens))
        if discord:  # without a gateway, interactions come over HTTP
            gateway, is_open = not settings.discord_public_key, not settings.discord_servers
            vitals.append(
                partial(discord_vitals, discord, standing, listens=gateway, is_open=is_open)
            )
        vitals += [partial(linear_vitals, LinearReader(linear))] if linear else []
        sources = await open_sources(settings, stack)
        profiles = profiles_of(slack, discord)
        channel_names = ChannelNames(database, now, profiles)
        tools = await _open_tools(settings, database, queue, github, vitals, sources)
        tools = replace(
            tools,
            linear=Linear(linear) if linear else None,
            linear_reader=LinearReader(linear) if linear else None,
            chat=Talk(database, ears_of(slack, discord, conversation), now, queue.changed),
            subscriptions=Ledger(database, now, channel_names),
            pairs=StoredPairs(database),
        )
        passes = _passes(settings)
        oauth = await _open_oauth(settings, stack)
        contacts = Contacts(
            tools.github_reader,
            profiles=profiles,
            permalinks={"slack": slack.permalink} if slack else {},
            linear=LinearLogins(LinearReader(linear)) if linear else None,
            github_at=settings.page_url if oauth else "",
        )
        people = household(database, rules, now, passes, contacts)
        outside = Outside(
            tools.github_reader, LinearReader(linear) if linear else None, tools.probes
        )
        desks = desks_of(database, rules, now, outside, tools.system, people)
        dispatch = Dispatch(database, queue, rules, now, passes=passes, desks=desks)
        yield Services(
            settings=settings,
            database=database,
            queue=queue,
            rules=rules,
            dispatch=dispatch,
            comments=Comments(dispatch, comments, rules, database),
            people=people,
            channel_names=channel_names,
            oauth=oauth,
            passes=passes,
            tools=tools,
            player=Player(_worker_name(), database, queue, tools, rules, now),
            threads=Threads(database, queue, rules, now, chats),
            notices=Notices(database, now, chats),
            standing=standing,
            posts=Posts(database, queue, now, chats),
            slack=slack,
            discord=discord,
            github=github,
            lane=lane,
            linear=linear,
            redis_url=redis_url,
        )


def rules_of(settings: Settings) -> Rules:
    """Return who may do what, as it is set."""
    return Rules(
        admins=settings.admins,
        maintainers=settings.maintainers,
        default=settings.default_role,
        self_approval=settings.self_approval,
        page_url=settings.page_url,
    )


def _passes(settings: Settings) -> Passes:
    try:
        return passes_of(settings, now)
    except OSError as error:
        why = f"No key can be kept in {settings.data_dir}: {error.strerror}."
        raise Unready(f"{why} Set FLOWBOT_SECRET_KEY.") from error


async def _open_database(settings: Settings, stack: AsyncExitStack) -> Database:
    if not settings.database_url.get_secret_value():
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = connected(settings)
    stack.push_async_callback(database.aclose)
    try:
        if database.is_sqlite:
            await migrate(database)
            return database
        have, want = await revisions(database)
    except (OSError, SQLAlchemyError) as error:
        raise Unready(f"The database cannot be used: {error}. {DATABASE_REMEDY}") from error
    if have != want:
        raise Unready(
            f"The database is at revision {have or 'none'}, this version needs {want}: "
            "run `python -m bot migrate` first."
        )
    return database


def connected(settings: Settings) -> Database:
    """Return the database of the settings, not yet looked at; raises Unready."""
    try:
        return Database(settings.resolved_database_url)
    except (SQLAlchemyError, ImportError) as error:
        raise Unready(f"FLOWBOT_DATABASE_URL: {error}. {DATABASE_REMEDY}") from error


async def _open_queue(url: str, stack: AsyncExitStack) -> Queue:
    try:
        queue = Queue(await connect(url))
    except (OSError, ValueError, RuntimeError, RedisError) as error:
        raise Unready(f"The queue cannot be used: {error}. {REDIS_REMEDY}") from error
    stack.push_async_callback(queue.aclose)
    return queue


def _github(settings: Settings, lane: SharedLane | None = None) -> GitHubApi:
    sign_in = (
        AppSignIn(settings.github_app_id, settings.github_private_key.get_secret_value())
        if settings.github_app_id
        else TokenSignIn(settings.github_token.get_secret_value())
    )
    return GitHubApi(sign_in, base_url=settings.github_url, lane=lane)


async def _open_oauth(settings: Settings, stack: AsyncExitStack) -> OAuth | None:
    secret = settings.github_client_secret.get_secret_value()
    if not (settings.github_client_id and secret):
        return None
    oauth = OAuth(
        settings.github_client_id,
        secret,
        web_url=settings.github_git_url,
        api_url=settings.github_url,
    )
    return await stack.enter_async_context(oauth)


async def _open_linear(settings: Settings, stack: AsyncExitStack) -> LinearApi | None:
    token, app = settings.linear_token.get_secret_value(), settings.linear_client_id
    if not (token or app):
        return None
    secret = settings.linear_client_secret.get_secret_value()
    sign_in = linear_sign_in(token, app, secret, admin=settings.linear_admin)
    api = LinearApi(sign_in, base_url=settings.linear_url)
    return await stack.enter_async_context(api)


async def _open_tools(
    settings: Settings,
    database: Database,
    queue: Queue,
    github: GitHubApi,
    others: Sequence[Asked],
    sources: Sources,
) -> Tools:
    await _save_projects(settings, database)
    probes = Probes(listed=partial(watched, database))
    asked: list[Asked] = [partial(github_vitals, GitHubReader(github)), *others]
    system = SelfKnowledge(database, queue, now, asked)
    return _tools(settings, github, probes, sources, system)


def _tools(
    settings: Settings,
    github: GitHubApi,
    probes: Probes,
    sources: Sources,
    system: System,
    folder: Path | None = None,
) -> Tools:
    workspaces = Workspaces(
        (folder or settings.data_dir) / "workspaces",
        server=settings.github_git_url,
        quota_bytes=settings.workspace_quota_mb * 1_000_000,
        token=github.token,
    )
    reader = GitHubReader(github)
    return Tools(GitHub(github), reader, workspaces, probes, *sources, system, Breakers(now))


@asynccontextmanager
async def open_outside(
    settings: Settings, system: System, watched: Iterable[str], folder: Path
) -> AsyncIterator[Tools]:
    """Open the clients alone, for work that stores nothing; checkouts are made in `folder`."""
    async with AsyncExitStack() as stack:
        github = await stack.enter_async_context(_github(settings))
        hosts = {urlsplit(url).netloc for url in watched}
        sources = await open_sources(settings, stack)
        yield _tools(settings, github, Probes(private=hosts), sources, system, folder)


async def _save_projects(settings: Settings, database: Database) -> None:
    """Store what the settings say of projects."""
    given = projects_of(settings)
    async with database.begin() as connection:
        for project in given:
            await projects.save(connection, project, now())


async def watched(database: Database) -> projects.Watched:
    """Return what may be probed by now, whichever process it was set in."""
    with answering():
        async with database.read() as connection:
            return await projects.watched(connection)


def projects_of(settings: Settings) -> list[ProjectSettings]:
    """Return what is set for each project; raises Unready where it cannot be meant."""
    try:
        given = msgspec.convert(settings.projects, list[ProjectSettings])
    except msgspec.ValidationError as error:
        raise Unready(f"FLOWBOT_PROJECTS: {error}") from error
    for each in given:
        if mistake := mistake_in(each):
            raise Unready(f"FLOWBOT_PROJECTS: {mistake}")
    return given


async def _open_slack(settings: Settings, pace: Pace, stack: AsyncExitStack) -> "SlackChat | None":
    token = settings.slack_bot_token.get_secret_value()
    if not token:
        return None
    from bot.slack.chat import open_chat

    times = settings.slack_pace
    return await stack.enter_async_context(open_chat(token, settings.slack_api_url, pace, times))


async def _open_discord(
    settings: Settings, redis: Redis, stack: AsyncExitStack
) -> "DiscordChat | None":
    token = settings.discord_token.get_secret_value()
    if not token:
        return None
    from bot.discord.buckets import SharedBuckets
    from bot.discord.chat import open_chat
    from bot.discord.troubles import SharedTroubles
    from bot.discord.turns import Turns

    turns = Turns(SharedBuckets(redis, now), SharedPace(redis, now))
    troubles = SharedTroubles(redis, now)
    opened = open_chat(token, settings.discord_api_url, turns, troubles)
    return await stack.enter_async_context(opened)


def _worker_name() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"
