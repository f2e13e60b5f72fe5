"""The same numbers for Prometheus: runs, steps, queue, outbox and our own answers."""

from collections import Counter as Counts
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from statistics import quantiles
from time import perf_counter

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.lines import DELIVERY, SERVED, QueueLook, WaitsLook
from bot.web.health import reachable
from bot.web.site import Site
from flows.engine.queues import QUEUES
from integrations.meter import Used
from storage import figures, outbox, runs

WINDOW = timedelta(hours=1)


class Traffic:
    """Counts our answers by route; a route is a template, so ids make no new series."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "flowbot_http_requests",
            "Answers given.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "flowbot_http_request_seconds",
            "Time until an answer began.",
            ("route",),
            registry=self.registry,
        )

    def series(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        """Return what counts such answers, and their seconds."""
        return self.requests.labels(method, route, status), self.seconds.labels(route)


class Counted:
    """Counts every answer when it begins: a stream of events goes on for hours."""

    def __init__(self, app: ASGIApp, traffic: Traffic) -> None:
        self._app = app
        self._series = cache(traffic.series)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "unknown")
                method = scope["method"] if scope["method"] in ("GET", "HEAD") else "other"
                requests, seconds = self._series(method, route, message["status"])
                requests.inc()
                seconds.observe(perf_counter() - began)
            await send(message)

        await self._app(scope, receive, send_counted)


class Snapshot(Collector):
    """Metrics that were read a moment ago."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def router(site: Site, traffic: Traffic) -> APIRouter:
    """Return /metrics."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/metrics")
    async def metrics() -> Response:
        registry = CollectorRegistry()
        registry.register(Snapshot(await read(site)))
        body = generate_latest(registry) + generate_latest(traffic.registry)
        return Response(body, headers={"content-type": CONTENT_TYPE_LATEST})

    return routes


async def read(site: Site) -> list[Metric]:
    """Read every number that does not come from our own traffic; what is away is left out."""
    troubles = await reachable(site)
    up = GaugeMetricFamily("flowbot_reachable", "Whether a part answers.", labels=["part"])
    for part, trouble in troubles.items():
        up.add_metric([part], 0 if trouble else 1)
    found: list[Metric] = [up]
    looks: dict[str, QueueLook] = {}
    if not troubles["database"]:
        metrics, looks[DELIVERY] = await _from_database(site, site.clock())
        found += metrics
    if not troubles["queue"]:
        looks |= await site.queue.queues()
        found += await _from_queue(site)
    return [*found, *_of_queues(looks)]


async def _from_database(site: Site, now: datetime) -> tuple[list[Metric], QueueLook]:
    async with site.database.read() as connection:
        active = await runs.active(connection)
        lately = await figures.counts(connection, now - WINDOW)
        times = await figures.step_times(connection, now - WINDOW)
        used = await figures.used(connection, now - WINDOW)
        queued = await figures.queued_since(connection)
        rows, oldest = await outbox.waiting(connection)
    late = _age(oldest, now)
    metrics = [
        _gauge("flowbot_runs_active", "Runs that have not ended.", _alone(active), "state"),
        _gauge(
            "flowbot_runs_last_hour",
            f"Runs accepted within the last hour, at most {figures.RUNS_COUNTED}.",
            lately.items(),
            "flow",
            "state",
        ),
        _gauge(
            "flowbot_step_seconds",
            "Quantiles of step durations in the runs of the last hour.",
            {
                (kind, f"{quantile:.2f}".rstrip("0")): value
                for kind, seconds in times.items()
                for quantile, value in _quantiles(seconds)
            }.items(),
            "kind",
            "quantile",
        ),
        _gauge(
            "flowbot_steps_last_hour",
            f"Finished steps in the runs of the last hour, at most {figures.RUNS_TIMED} runs.",
            _alone({kind: len(seconds) for kind, seconds in times.items()}),
            "kind",
        ),
        _gauge(
            "flowbot_run_queued_seconds",
            "Age of the run that has been queued for longest.",
            [((), _age(queued, now))],
        ),
        *_of_resources(used),
        _gauge("flowbot_outbox_rows", "Messages that are still to be sent.", [((), rows)]),
        _gauge(
            "flowbot_outbox_lag_seconds",
            "For how long the oldest message has been due.",
            [((), late)],
        ),
    ]
    return metrics, QueueLook(rows, timedelta(seconds=late), 0)


async def _from_queue(site: Site) -> list[Metric]:
    workers = (await site.queue.workers()).values()
    serving: dict[str, int] = dict.fromkeys(SERVED, 0)
    room: dict[str, int] = dict.fromkeys(QUEUES, 0)
    paused = Counts(each for presence in workers for each in presence.breakers)
    for presence in workers:
        for name, limit in presence.queues.items():
            serving[name] = serving.get(name, 0) + 1
            if name != DELIVERY:
                room[name] = room.get(name, 0) + limit
    return [
        _gauge("flowbot_workers", "Workers that serve a queue.", _alone(serving), "queue"),
        _gauge(
            "flowbot_queue_room", "Runs that all workers can play at a time.", _alone(room), "queue"
        ),
        _gauge(
            "flowbot_integration_paused",
            "Workers that leave an integration alone.",
            _alone(paused),
            "integration",
        ),
        _waited(await site.queue.waited()),
    ]


def _of_queues(looks: Mapping[str, QueueLook]) -> list[Metric]:
    """Return what a rule for scaling asks for."""
    return [
        _gauge(
            "flowbot_queue_depth",
            "Wake-ups, and for delivery messages, that wait.",
            _alone({name: look.depth for name, look in looks.items()}),
            "queue",
        ),
        _gauge(
            "flowbot_queue_wait_seconds",
            "For how long the first of those has waited.",
            _alone({name: look.wait.total_seconds() for name, look in looks.items()}),
            "queue",
        ),
        _gauge(
            "flowbot_queue_playing",
            "Runs that workers play now.",
            _alone({name: look.playing for name, look in looks.items() if name != DELIVERY}),
            "queue",
        ),
    ]


def _of_resources(used: Used) -> list[Metric]:
    which = f"by the runs of the last hour, at most {figures.RUNS_TIMED}."
    return [
        _gauge(name, f"{about} {which}", _alone(values), "integration")
        for name, about, values in (
            ("flowbot_api_calls_last_hour", "Calls", used.calls),
            ("flowbot_api_cost_last_hour", "Allowance that calls took,", used.cost),
            ("flowbot_api_bytes_last_hour", "Bytes both ways", used.bytes),
        )
    ] + [_gauge("flowbot_cpu_seconds_last_hour", f"CPU time used {which}", [((), used.cpu)])]


def _waited(looks: Mapping[str, WaitsLook]) -> Metric:
    family = HistogramMetricFamily(
        "flowbot_queue_waited_seconds", "How long runs waited for a worker.", labels=["queue"]
    )
    for name, look in looks.items():
        upto = [(str(bound), float(count)) for bound, count in look.upto]
        family.add_metric([name], [*upto, ("+Inf", float(look.count))], look.seconds)
    return family


def _gauge(
    name: str, about: str, values: Iterable[tuple[tuple[str, ...], float]], *labels: str
) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for key, value in values:
        family.add_metric(key, value)
    return family


def _alone(values: Mapping[str, float]) -> Iterable[tuple[tuple[str], float]]:
    return [((key,), value) for key, value in values.items()]


def _quantiles(seconds: list[float]) -> list[tuple[float, float]]:
    cuts = quantiles(seconds * 2 if len(seconds) == 1 else seconds, n=100, method="inclusive")
    return [(each, cuts[round(each * 100) - 1]) for each in (0.5, 0.95, 0.99)]


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
