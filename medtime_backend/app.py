"""create_app(settings): the only wiring."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.middleware import ASGIMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from medtime_backend import leftover_body, logs
from medtime_backend.admission import AdmissionDesk
from medtime_backend.admission.terms import SessionKey
from medtime_backend.answer_headers import AnswerHeaders
from medtime_backend.answers import AnswerCache, Version
from medtime_backend.answers.shared import SharedAnswers
from medtime_backend.authentication import PUBLIC, Door, tell_rate
from medtime_backend.client_address import Networks
from medtime_backend.database import Database
from medtime_backend.drain import Drain
from medtime_backend.errors import InternalError
from medtime_backend.identity import Verifier
from medtime_backend.jwks import KeySet
from medtime_backend.limits import LIMITS
from medtime_backend.measurement import Measurement
from medtime_backend.metrics import Metrics
from medtime_backend.metrics_port import metrics_port
from medtime_backend.ocr.pool import WorkerPool
from medtime_backend.problem_details import answer_problem, to_problem
from medtime_backend.read_replica import ReadReplica
from medtime_backend.relay import AuthRelay
from medtime_backend.request_id import HEADER, request_id
from medtime_backend.routes import auth, catalog, devices, ocr, sync, system
from medtime_backend.services import catalog as catalog_service
from medtime_backend.services import ocr as ocr_service
from medtime_backend.services import sessions
from medtime_backend.services.readiness import Readiness
from medtime_backend.services.standing import Standing
from medtime_backend.services.sync import SyncDesk
from medtime_backend.settings import Settings
from medtime_backend.shedding import Shedding
from medtime_backend.traces import Traces, traces_of
from medtime_backend.wakeup_calls import WakeupCalls


class RequestObservation(ASGIMiddleware):
    """Notes when a request began and ended, and whether its body was read to the end."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, measurement: Measurement, traces: Traces) -> None:
        self._measurement = measurement
        self._traces = traces

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Wrap the rest of the application."""
        self._measurement.begin(scope)
        try:
            with self._traces.request(scope):
                await next_app(scope, leftover_body.watch(scope, receive), send)
        finally:
            self._measurement.end(scope)


async def _identify(message: Message, scope: Scope) -> None:
    if message["type"] == "http.response.start":
        message["headers"] = [*message["headers"], (HEADER.encode(), request_id(scope).encode())]


def create_app(settings: Settings | None = None, drain: Drain | None = None) -> Litestar:
    """The ASGI application. Without settings, those of the environment. Raises SettingsError.

    `drain` is how the process that started the workers tells them that it is about to stop.
    """
    settings = settings or Settings.from_environment()
    drain = drain or Drain()
    logs.configure(settings.log_level, settings.log_dir)
    http = httpx.AsyncClient()
    metrics = Metrics()
    state = State()

    async def look_up(session: SessionKey) -> str:
        return await sessions.look_up(state.database, session)

    desk = AdmissionDesk(settings, metrics, look_up)

    async def read_version() -> Version:
        return await catalog_service.version(state.database)

    shared = SharedAnswers(settings.redis_url, settings.redis_timeout) if settings.redis_url else None
    answers = AnswerCache(shared, metrics, read_version)
    trusted = Networks(settings.trusted_proxies)
    keys = KeySet(settings, http)
    door = Door(Verifier(settings, keys), desk, trusted)
    relay = AuthRelay(settings)
    standing = Standing(metrics)
    calls = WakeupCalls(settings, metrics, http)
    measurement = Measurement(metrics)
    traces = traces_of(wanted=settings.traces)
    ocr_desk = _ocr_desk(settings, metrics, state) if settings.has_ocr else None

    @asynccontextmanager
    async def resources(_: Litestar) -> AsyncIterator[None]:
        async with http:
            state.database = await Database.open(settings, metrics.database_wait.observe, traces.statement)
            state.reads = await ReadReplica.open(state.database, settings, metrics, traces.statement)
            state.sync = SyncDesk(state.reads, calls, settings.rates)
            await desk.open()
            watch = asyncio.create_task(measurement.watch(state.database))
            calls.open()
            if ocr_desk is not None:
                # Once the service has started: both would take a core.
                ocr_desk.pool.open(after=1.0)
            try:
                async with metrics_port(settings, partial(standing.refresh, state.database), metrics.exposition):
                    yield
            finally:
                watch.cancel()
                await state.reads.close()
                await calls.close()
                if ocr_desk is not None:
                    await ocr_desk.close()
                await state.database.close()
                await desk.close()
                await relay.close()
                await answers.close()
                await asyncio.to_thread(traces.close)

    provided = {
        "database": Provide(lambda: state.database, sync_to_thread=False),
        # One for each route that phones use often: Litestar opens a task group for several.
        "sync_desk": Provide(lambda: state.sync, sync_to_thread=False),
        "desk": Provide(lambda: desk, sync_to_thread=False),
        "counted": Provide(lambda: metrics, sync_to_thread=False),
        "readiness": Provide(lambda: Readiness(state.database, desk, keys, drain), sync_to_thread=False),
        "standing": Provide(lambda: standing, sync_to_thread=False),
        "relay": Provide(lambda: relay, sync_to_thread=False),
        "trusted": Provide(lambda: trusted, sync_to_thread=False),
        "drugs": Provide(lambda: catalog_service.Catalog(state.reads, answers), sync_to_thread=False),
        "ocr_desk": Provide(lambda: ocr_desk, sync_to_thread=False),
        "settings": Provide(lambda: settings, sync_to_thread=False),
    }

    return Litestar(
        route_handlers=[
            sync.router,
            devices.router,
            catalog.router,
            system.router,
            *([auth.router] if settings.auth_address else []),
            *([ocr.router] if settings.has_ocr else []),
        ],
        dependencies=provided,
        lifespan=[resources],
        middleware=[RequestObservation(measurement, traces), Shedding(settings), door],
        exception_handlers={HTTPException: answer_problem, Exception: answer_problem},
        before_send=[
            leftover_body.drain_before_answer,
            _identify,
            tell_rate,
            AnswerHeaders(drain),
            measurement.observe,
            logs.log_answer,
        ],
        after_exception=[_log_unexpected],
        request_max_body_size=LIMITS.push_body_bytes,
        openapi_config=OpenAPIConfig(
            title="MedTime",
            version="1",
            openapi_router=Router("/schema", route_handlers=[], opt={PUBLIC: True}, include_in_schema=False),
            description="A zero-knowledge relay for medication reminders. Errors are explained in docs/errors.md.",
            components=Components(
                security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
            ),
        ),
        # logs.py logs each answer and each fault; Litestar's own would quote headers and bodies.
        logging_config=None,
        debug=False,
    )


def _ocr_desk(settings: Settings, metrics: Metrics, state: State) -> ocr_service.OcrDesk:
    """Keys and workers for /ocr. Raises SettingsError for a ring that is none."""
    ring = ocr_service.public_ring(settings)
    watch = ocr_service.CatalogWatch()
    pool = WorkerPool(
        lambda: ocr_service.preparation(settings, state.database, watch),
        workers=settings.ocr_workers,
        queue=settings.ocr_queue,
        tell=metrics.tell_ocr,
    )
    return ocr_service.OcrDesk(settings.ocr_engine, ring, pool, metrics, watch)


async def _log_unexpected(fault: Exception, scope: Scope) -> None:
    if isinstance(to_problem(fault), InternalError):
        logs.log_fault(fault, scope)
