"""The command line: `python -m bot`; heavy imports happen in the command that needs them."""

import argparse
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.dispatch import Dispatch
    from bot.settings import Settings
    from storage.database import Database

    Work = Callable[[Database, Dispatch, argparse.Namespace], Coroutine[None, None, int]]

MOST_DAYS = 3650
LAST_PORT = 65_535
MOST_REPOSITORIES = 500  # more than that is more than one process holds in memory
DESCRIPTION = "Flowbot runs the flows of your development life cycle from chat."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:
        from flows.engine.errors import AuthorError  # too much to import for `--help`

        if not isinstance(error, AuthorError):
            raise
        sys.stderr.write(f"{error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m bot", description=DESCRIPTION)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, about: str, command: Callable[[argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about)
        added.set_defaults(command=command)
        return added

    up = add("up", "Run everything in one process; needs no settings at all.", _serve)
    up.set_defaults(parts=["web", "worker", "slack", "discord"])
    up.add_argument(
        "--workers",
        default="0",
        metavar="N|auto",
        help="play runs in so many processes beside this one; auto: as many as what waits asks for",
    )
    add("web", "Run the status page, and Slack's requests over HTTP.", _serve).set_defaults(
        parts=["web"]
    )
    worker = add("worker", "Play runs and deliver their threads.", _serve)
    worker.set_defaults(parts=["worker"])
    worker.add_argument(
        "--queues", metavar="QUEUE,…", help="some of interactive, batch, heavy, delivery (all)"
    )
    worker.add_argument(
        "--concurrency", metavar="N", help="runs at a time: 20, or interactive=50,batch=10,heavy=2"
    )
    worker.add_argument("--tethered", action="store_true", help=argparse.SUPPRESS)
    add("slack", "Listen to Slack over Socket Mode.", _serve).set_defaults(parts=["slack"])
    add("discord", "Listen to Discord over its gateway.", _serve).set_defaults(parts=["discord"])
    demo = add("demo", "Try everything in emulated chats, GitHub and Linear; no tokens.", _demo)
    _demo_options(demo)
    _emulate_options(add("emulate", "Serve one emulated service; prints its settings.", _emulate))
    run = add("run", "Run one flow from here; its plan is asked at the prompt.", _run)
    run.add_argument(
        "flow", metavar="FLOW", help="a flow, see `flows`; or what is done to a run, as `cancel ID`"
    )
    run.add_argument("inputs", nargs="*", metavar="key=value", help="its parameters")
    run.add_argument("--dry-run", action="store_true", help="show the plan and change nothing")
    run.add_argument("--yes", action="store_true", help="approve the plan without asking")
    run.add_argument("--json", action="store_true", help="print the result as JSON")
    _replay_options(
        add("replay", "Say whom a webhook that came would reach now; in dry runs.", _replay)
    )
    trial = add("try", "Say what a command would do, for whom; runs and stores nothing.", _try)
    _try_options(trial)
    flows = add("flows", "List the catalogue of flows.", _flows)
    flows.add_argument("--json", action="store_true", help="everything about each flow, as JSON")
    doctor = add("doctor", "Say what is wrong with settings and services, and what to do.", _doctor)
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    token = add("token", "Print a token for the API, or a link that signs in to the page.", _token)
    who = token.add_mutually_exclusive_group(required=True)
    who.add_argument("--as", dest="person", metavar="PLATFORM:ID", help="somebody, as slack:U123")
    who.add_argument("--admin", action="store_true", help="you, with every right")
    token.add_argument("--name", default="", help="what people read; else the id")
    token.add_argument("--link", action="store_true", help="a link for a browser, good once")
    token.add_argument("--days", type=_days, default=90, help="how long a token is good (90)")
    audit = add("audit", "Prove that the audit is whole, or print it as JSON Lines.", _audit)
    audit.add_argument("what", choices=("verify", "export"), help="prove it, or print it")
    audit.add_argument("--since", type=_moment, help="export from this day or instant on (UTC)")
    audit.add_argument("--run", default="", metavar="ID", help="export the rows of one run")
    add("migrate", "Bring the database to the newest shape.", _migrate)
    add("manifest", "Print the manifest of the Slack app for these settings.", _manifest)
    docs = add("docs", "Write the generated parts of the documentation.", _docs)
    docs.add_argument("--check", action="store_true", help="only say whether they are up to date")
    new = add("new-flow", "Write a flow's page and its test page; both work at once.", _new_flow)
    new.add_argument("family", metavar="FAMILY", help="folder under flows/, such as core")
    new.add_argument("slug", metavar="SLUG", help="name of the flow, such as release-notes")
    return parser


def _try_options(trial: argparse.ArgumentParser) -> None:
    trial.epilog = (
        "The settings alone decide: no database is asked, and no network without --plan, which "
        "plays a dry run in memory: it reads from the services and changes nothing. Exit code: 0 "
        "where it would run, 1 where policy forbids it or its dry run ends without a plan, 2 "
        "where it makes no sense or lacks an input."
    )
    trial.add_argument("text", metavar="TEXT", help='what is typed, as "/flow release acme/shop"')
    trial.add_argument(
        "--as", dest="person", metavar="PLATFORM:ID", help="who types it, as slack:U123 (you)"
    )
    trial.add_argument(
        "--channel", default="", metavar="ID", help="where: a project may be set for it"
    )
    trial.add_argument("--plan", action="store_true", help="also the plan, or the report")
    trial.add_argument("--json", action="store_true", help="print what was understood as JSON")


def _replay_options(replay: argparse.ArgumentParser) -> None:
    replay.add_argument("delivery", metavar="DELIVERY", help="its id: `run deliveries` lists them")
    replay.add_argument(
        "--as", dest="person", metavar="PLATFORM:ID", help="an admin, as slack:U123 (you)"
    )
    replay.add_argument("--json", action="store_true", help="print the dry runs as JSON")
    replay.set_defaults(yes=False)


def _emulate_options(emulate: argparse.ArgumentParser) -> None:
    emulate.add_argument(
        "service", choices=("discord", "github", "linear", "osv", "registries", "slack")
    )
    emulate.epilog = (
        "It prints the settings with which the bot finds it: addresses, tokens and secrets, for "
        "clients in any language. GitHub answers git, too: git clone "
        "http://x:TOKEN@127.0.0.1:PORT/acme/shop.git. What each service can do is in "
        "integrations/emulators/README.md. Ctrl-C ends it."
    )
    emulate.add_argument("--port", type=_port, default=0, help="where it answers (default: free)")
    emulate.add_argument(
        "--data-dir", metavar="DIR", help="keep its state here, and go on from there next time"
    )


def _demo_options(demo: argparse.ArgumentParser) -> None:
    demo.add_argument(
        "--repo",
        action="append",
        default=[],
        metavar="PATH",
        help="a local git clone that becomes the repository local/<name>",
    )
    demo.add_argument(
        "--once",
        action="append",
        default=[],
        metavar="COMMAND",
        help='type this, print the threads and end: --once "/flow dora acme/shop"',
    )
    demo.add_argument(
        "--platform", choices=("slack", "discord"), default="slack", help="where people type"
    )
    demo.add_argument(
        "--answer", choices=("yes", "no"), help="what another person says to every plan"
    )
    demo.add_argument("--json", action="store_true", help="print runs and threads as JSON")
    demo.add_argument(
        "--port", type=_port, default=0, help="port of the status page (default: free)"
    )
    demo.add_argument("--data-dir", metavar="DIR", help="keep the demo's world here")
    demo.add_argument(
        "--scale",
        type=_scale,
        default=0,
        metavar="N",
        help=f"let acme have N repositories, at most {MOST_REPOSITORIES}, with 200 pull requests "
        "and 400 issues each",
    )
    demo.add_argument("--fresh", action="store_true", help="start with a new world")


def _port(text: str) -> int:
    """Return the number of a port."""
    if not text.isdecimal() or int(text[:9]) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is no port from 0 to {LAST_PORT}")
    return int(text)


def _scale(text: str) -> int:
    """Return how many repositories somebody wants."""
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MOST_REPOSITORIES:
        raise argparse.ArgumentTypeError(
            f"{text} is no number of repositories from 1 to {MOST_REPOSITORIES}"
        )
    return int(text)


def _serve(options: argparse.Namespace) -> int:
    from bot import lines
    from bot.fleet import size_from
    from bot.processes import serve
    from bot.terminal import running_loop

    said = {name: words for name, words in vars(options).items() if words is not None}
    readers: dict[str, Callable[[str], object]] = {
        "queues": lines.served,
        "concurrency": lines.concurrency,
        "workers": size_from,
    }
    for name in readers.keys() & said.keys():
        try:
            readers[name](said[name])
        except ValueError as error:
            sys.stderr.write(f"--{name}: {error}\n")
            return 2
    given: dict[str, str] = {name: said[name] for name in ("queues", "concurrency") if name in said}

    def work(settings: "Settings") -> Coroutine[None, None, None]:
        return serve(
            settings.model_copy(update=given),
            frozenset(options.parts),
            workers=size_from(said.get("workers", "0")),
            tethered=said.get("tethered", False),
        )

    return running_loop(work)


def _demo(options: argparse.Namespace) -> int:
    from bot.demo import demo

    return demo(options)


def _emulate(options: argparse.Namespace) -> int:
    from bot.emulation import emulate

    return emulate(options)


def _run(options: argparse.Namespace) -> int:
    from bot.console.run import run

    return _alone(options, run)


def _replay(options: argparse.Namespace) -> int:
    from bot.console.replay import replay

    return _alone(options, replay)


def _alone(options: argparse.Namespace, work: "Work") -> int:
    """Do something with a worker beside it: this process plays what it asks for itself."""
    from bot.lines import SERVED
    from bot.processes import running
    from bot.terminal import running_loop

    async def play(settings: "Settings") -> int:
        # Whatever a worker of this installation serves.
        alone = settings.model_copy(update={"queues": ",".join(SERVED)})
        async with running(alone, frozenset({"worker"})) as (services, _):
            return await work(services.database, services.dispatch, options)

    return running_loop(play)


def _try(options: argparse.Namespace) -> int:
    from bot.console.trial import run_trial
    from bot.services import projects_of, rules_of
    from bot.terminal import running_loop

    async def work(settings: "Settings") -> int:
        if options.plan:
            from bot.rehearsal import run_rehearsal

            return await run_rehearsal(settings, options)
        return run_trial(rules_of(settings), projects_of(settings), options)

    return running_loop(work)


def _flows(options: argparse.Namespace) -> int:
    import json

    from bot.listing import listing_json

    listing = listing_json()
    if options.json:
        sys.stdout.write(f"{listing.decode()}\n")
        return 0
    flows = json.loads(listing)
    width = max(len(each["alias"]) for each in flows)
    for each in flows:
        sys.stdout.write(f"{each['alias']:{width}}  {each['summary']}\n")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from bot.doctor import doctor
    from bot.terminal import running_loop

    return running_loop(lambda settings: doctor(settings, as_json=options.json))


def _audit(options: argparse.Namespace) -> int:
    from bot.audit import export, verify
    from bot.terminal import running_loop

    def work(settings: "Settings") -> Coroutine[None, None, int]:
        if options.what == "verify":
            return verify(settings)
        return export(settings, options.since, options.run)

    return running_loop(work)


def _token(options: argparse.Namespace) -> int:
    from bot.passes import issue
    from bot.terminal import running_loop

    return running_loop(lambda settings: issue(settings, options))


def _days(words: str) -> int:
    """Read a number of days."""
    days = int(words)
    if not 1 <= days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"take 1 to {MOST_DAYS}")
    return days


def _moment(words: str) -> datetime:
    """Read a day or an instant; it is in UTC where it names no other offset."""
    at = datetime.fromisoformat(words)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _migrate(_: argparse.Namespace) -> int:
    from bot.terminal import migrate, running_loop

    return running_loop(migrate)


def _manifest(_: argparse.Namespace) -> int:
    from bot.slack.manifest import show
    from bot.terminal import running_loop

    return running_loop(show)


def _docs(options: argparse.Namespace) -> int:
    from bot.docs import docs

    return docs(check=options.check)


def _new_flow(options: argparse.Namespace) -> int:
    from bot.scaffold import new_flow

    return new_flow(options.family, options.slug)


if __name__ == "__main__":
    sys.exit(main())
