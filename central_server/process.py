"""The whole central server in one event loop: makes every part, joins them, runs them, stops them in order."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from central_server.artifacts.place import place_of_artifacts
from central_server.artifacts.sweep import ArtifactSweep
from central_server.control_loop import ControlLoop
from central_server.deciding import Deciding
from central_server.deployments.book import DeploymentBook
from central_server.deployments.controller import DeploymentController
from central_server.earlier_jobs import EarlierJobs
from central_server.election import Election
from central_server.identity.audit_log import AuditLog
from central_server.identity.credentials import Credentials
from central_server.identity.first_token import make_first_token
from central_server.identity.known_tokens import KnownTokens
from central_server.issued_certificates import IssuedCertificates
from central_server.job_traces import JobTraces
from central_server.listening_rules import access_rules, open_addresses, refuse_open_addresses
from central_server.observability.measures import Measures
from central_server.observability.present_state import PresentState, Sources
from central_server.ports import StoredState
from central_server.quotas_file import read_quotas
from central_server.read_model import ReadModel
from central_server.requests.deployment_commands import DeploymentCommands
from central_server.requests.enrolment import Enrolment
from central_server.requests.job_commands import JobCommands
from central_server.requests.node_commands import NodeCommands
from central_server.requests.planning import Planning
from central_server.requests.token_commands import TokenCommands
from central_server.retention.cleanup import Cleanup
from central_server.rpc.admission import Admission
from central_server.rpc.artifact_service import ArtifactService
from central_server.rpc.authentication import ShownCredentials
from central_server.rpc.caller_check import CallerCheck
from central_server.rpc.certificates import CertificateAuthenticator
from central_server.rpc.deployment_service import DeploymentService
from central_server.rpc.discovery_service import DiscoveryService
from central_server.rpc.enrolment_service import EnrolmentService
from central_server.rpc.job_planning import JobPlanning
from central_server.rpc.job_reading import JobReading
from central_server.rpc.job_service import JobService
from central_server.rpc.job_streams import JobStreams
from central_server.rpc.live_sessions import LiveSessions
from central_server.rpc.node_management import NodeManagement
from central_server.rpc.node_service import NodeService
from central_server.rpc.security_service import SecurityService
from central_server.rpc.server import RpcServer, Services
from central_server.scheduler.cluster import Cluster
from central_server.scheduler.cluster_settings import ClusterSettings
from central_server.scheduler.events import ExpiryRequested, Now
from central_server.scheduler.jobs import JobRecord
from central_server.server_certificate import ServerCertificate
from central_server.settings import Address, Settings
from central_server.storage.store import SqlStore
from central_server.structured_logging import log_event
from central_server.telemetry.ingest import TelemetryIngest
from central_server.telemetry.writer import TelemetryWriter
from central_server.trackers.configured import trackers_from
from central_server.trackers.feed import TrackerFeed
from central_server.watchers import Watchers
from central_server.web.app import build_app
from central_server.web.event_stream import OpenStreams
from central_server.web.hosts import KnownHosts
from central_server.web.http_credentials import HttpCredentials
from central_server.web.parts import WebParts
from central_server.web.server import WebServer
from central_server.web.sessions import PageSessions
from shared.clock import Clock, SystemClock
from shared.tracing import SpanSink

_logger = logging.getLogger(__name__)

_DAY_SECONDS = 24 * 3600.0

GRACE_SECONDS = 2.0
"""How long requests under way may take when the server stops."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the server can be reached, with real ports.

    Attributes:
        mutual: gRPC for those who show a certificate.
        is_secure: whether it speaks TLS.
    """

    grpc: Address
    http: Address
    mutual: Address | None = None
    is_secure: bool = False

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"{'https' if self.is_secure else 'http'}://{self.http}"


class CentralServer:
    """One central server. `run` does it all; everything it takes it gives back before it returns."""

    def __init__(self, settings: Settings, *, clock: Clock | None = None, spans: SpanSink | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._spans = spans

    async def run(self, *, stop: asyncio.Event, on_ready: Callable[[Listening], None]) -> None:
        """Serve until `stop` is set.

        Raises:
            UserMistake: a setting cannot be followed: an address in use, a database in use or of a newer program.
            StoreUnavailable: the store cannot be opened, or failed too often in a row.
        """
        refuse_open_addresses(self._settings)
        if addresses := open_addresses(self._settings):
            log_event(_logger, "listens_insecurely", is_warning=True, addresses=" ".join(addresses))
        self._settings.state_dir.mkdir(parents=True, exist_ok=True)
        store = SqlStore.join(self._settings.database_url, clock=self._clock)
        try:
            parts = _Parts(self._settings, store, self._clock, self._spans)
            await parts.run(stop, on_ready)
        finally:
            await store.close()


class _Parts:
    """The parts of one run, joined."""

    def __init__(self, settings: Settings, store: SqlStore, clock: Clock, spans: SpanSink | None) -> None:
        self._settings = settings
        self._clock = clock
        self._quotas = read_quotas(settings.quotas)
        self._store = store
        self._election = Election(store.lock)
        self._artifacts = place_of_artifacts(settings, clock)
        self._artifacts.open()
        sweep = ArtifactSweep(
            self._artifacts,
            store,
            clock,
            check_office=self._election.check_office,
            unused_seconds=settings.keep_uploads_days * _DAY_SECONDS,
        )
        self._watchers = Watchers(clock.unix_ms())
        self._read_model = ReadModel(store, self._watchers)
        self._traces = JobTraces(spans, self._record_shown, clock) if spans else None
        self._measures = Measures(clock)
        self._read_model.on_change = self._job_changed
        self._streams = OpenStreams()
        self._sessions = LiveSessions()
        self._loop = ControlLoop(
            build_cluster=self._build_cluster,
            store=store,
            sessions=self._sessions,
            read_model=self._read_model,
            artifacts=self._artifacts,
            clock=clock,
            check_office=self._election.check_office,
            watch_round=self._traces.round_is_durable if self._traces else None,
            on_commit=self._measures.committed,
        )
        self._deployments = DeploymentController(
            DeploymentBook(store),
            self._loop,
            self._read_model,
            clock,
            drain_seconds=settings.replica_drain_seconds,
        )
        self._telemetry = TelemetryWriter(store, self._watchers)
        cleanup = Cleanup(
            settings.limits,
            store=store,
            artifacts=sweep,
            forget=self._forget,
            named=self._read_model.named_by_live_jobs,
            clock=clock,
        )
        self._audit = AuditLog(store, clock)
        known = KnownTokens(store, clock)
        self._credentials = Credentials(known, clock, access_rules(settings))
        self._sessions_of_pages = PageSessions(clock)
        self._tokens = TokenCommands(store, known, clock)
        self._deciding = Deciding(
            self._election,
            self._loop,
            store=store,
            read_model=self._read_model,
            telemetry=self._telemetry,
            upkeep={
                "artifact sweep": sweep.run,
                "clean-up": cleanup.run,
                "audit log": self._audit.run,
                "deployments": self._deployments.run,
                **self._tracker_feeds(),
            },
            clock=clock,
        )
        self._read_model.explain_waiting = self._deciding.waiting_reason
        self._job_commands = JobCommands(
            self._loop,
            self._read_model,
            self._artifacts,
            EarlierJobs(store),
            tracker_rules=settings.tracker_rules,
            traces=self._traces,
        )
        self._node_commands = NodeCommands(self._loop, self._read_model)
        self._deployment_commands = DeploymentCommands(self._deployments, self._read_model, self._artifacts, clock)
        self._planning = Planning(self._loop, self._read_model, settings.tracker_rules, clock)
        self._ingest = TelemetryIngest(self._read_model, self._telemetry)
        self._measures.registry.register(PresentState(self._read_model, Sources(self._open_streams, self._dropped)))
        self._certificate = ServerCertificate(files, clock) if (files := settings.tls_files) else None
        self._issued = IssuedCertificates(store)
        self._enrolment = Enrolment(
            self._issued,
            self._certificate.folder if self._certificate else None,
            clock,
            streams=self._sessions,
        )
        authenticator = CertificateAuthenticator(ShownCredentials(self._credentials), self._issued, clock)
        admission = Admission(authenticator, self._audit, count_request=self._credentials.count_request)
        self._rpc = RpcServer(self._services(), admission, on_end=self._measures.rpc_ended)
        self._web = WebServer(build_app(self._web_parts()), tls=self._certificate.http if self._certificate else None)

    async def run(self, stop: asyncio.Event, on_ready: Callable[[Listening], None]) -> None:
        listening = self._bind()
        address = self._settings.advertise or str(listening.grpc)
        await self._issued.refresh()
        await self._deciding.begin(address)
        if not self._election.decider:
            await make_first_token(self._store, self._settings.state_dir, self._clock)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._web.run(), name="web")
                decide = tasks.create_task(self._deciding.run(address), name="decide")
                watch = tasks.create_task(self._watch_certificates(), name="certificates")
                await self._rpc.start()
                on_ready(listening)
                await stop.wait()
                watch.cancel()
                await self._stop(decide)
        finally:
            await self._rpc.stop(0)
            self._election.close()

    def _job_changed(self, before: JobRecord | None, after: JobRecord) -> None:
        self._measures.job_changed(before, after)
        self._deployments.job_changed(after)

    def _record_shown(self, job_id: str) -> JobRecord | None:
        seen = self._read_model.seen_now(job_id)
        return seen.record if seen else None

    def _tracker_feeds(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        feeds = [
            TrackerFeed(
                tracker,
                self._settings.tracker_rules,
                store=self._store,
                read_model=self._read_model,
                clock=self._clock,
                uniform=random.Random().random,  # noqa: S311 - the jitter of waits is no secret
            )
            for tracker in trackers_from(self._settings, self._clock)
        ]
        return {f"tracker {feed.name}": feed.run for feed in feeds}

    def _bind(self) -> Listening:
        said, certificate = self._settings, self._certificate
        grpc, http = Address.parse(said.listen), Address.parse(said.http_listen)
        public = certificate.for_grpc(asks_for_certificate=False) if certificate else None
        return Listening(
            grpc=Address(grpc.host, self._rpc.bind(grpc.host, grpc.port, public)),
            http=Address(http.host, self._web.bind(http.host, http.port)),
            mutual=self._bind_mutual(Address.parse(said.mutual_tls_listen)) if said.mutual_tls_listen else None,
            is_secure=certificate is not None,
        )

    def _bind_mutual(self, address: Address) -> Address:
        assert self._certificate is not None, "the settings refuse mutual TLS without certificates"
        credentials = self._certificate.for_grpc(asks_for_certificate=True)
        port = self._rpc.bind(address.host, address.port, credentials, setting="mutual_tls_listen")
        self._enrolment.mutual_tls_port = port
        return Address(address.host, port)

    async def _watch_certificates(self) -> None:
        if self._certificate is not None:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._certificate.watch(), name="certificate")
                tasks.create_task(self._issued.keep_fresh(), name="revocations")

    async def _stop(self, decide: asyncio.Task[None]) -> None:
        """Refuse what is new, end the streams, finish what is under way, write what waits."""
        self._watchers.close()
        self._sessions.close_all("stopping", "the server is stopping; connect again when it is back")
        await self._rpc.stop(GRACE_SECONDS)
        self._web.stop()
        self._loop.stop()
        if self._election.decider:
            decide.cancel()  # it stands by: nothing is under way
            return
        await decide

    async def _forget(self, job_ids: tuple[str, ...]) -> None:
        await self._loop.ask(ExpiryRequested(self._loop.new_request_id(), job_ids))

    def _build_cluster(self, state: StoredState, now: Now) -> Cluster:
        said = self._settings
        settings = ClusterSettings(
            lease_seconds=said.lease_seconds,
            heartbeat_seconds=said.heartbeat_seconds,
            ageing_seconds=said.ageing_seconds,
            fair_share_half_life_seconds=said.fair_share_half_life_seconds,
            reservation_seconds=said.reservation_seconds,
            quotas=self._quotas,
        )
        return Cluster(
            settings,
            now=now,
            jobs=state.jobs,
            nodes=state.nodes,
            next_sequence=state.next_sequence,
            recently_ended=self._read_model.recently_ended(),
            device_seconds=state.device_seconds,
        )

    def _open_streams(self) -> Mapping[str, int]:
        over_http = len(self._streams)
        return {"node": len(self._sessions), "follower": len(self._watchers) - over_http, "http_events": over_http}

    def _dropped(self) -> Mapping[str, int]:
        return {"fenced": self._ingest.dropped, "overflow": sum(self._ingest.dropped_by_nodes.values())}

    def _web_parts(self) -> WebParts:
        return WebParts(
            read_model=self._read_model,
            store=self._store,
            artifacts=self._artifacts,
            jobs=self._job_commands,
            nodes=self._node_commands,
            deployments=self._deployment_commands,
            planning=self._planning,
            election=self._election,
            is_working=lambda: self._loop.is_working,
            measures=self._measures,
            streams=self._streams,
            authenticator=HttpCredentials(
                self._credentials,
                self._sessions_of_pages,
                KnownHosts.of(self._settings, self._certificate.facts.names if self._certificate else ()),
            ),
            audit=self._audit,
            sessions=self._sessions_of_pages,
            has_tls=self._settings.tls_files is not None,
        )

    def _services(self) -> Services:
        loop, read_model, store = self._loop, self._read_model, self._store
        return Services(
            jobs=JobService(self._job_commands),
            reading=JobReading(read_model, store),
            streams=JobStreams(read_model, store),
            planning=JobPlanning(self._planning),
            discovery=DiscoveryService(read_model),
            management=NodeManagement(self._node_commands),
            deployments=DeploymentService(self._deployment_commands, read_model, self._clock),
            artifacts=ArtifactService(self._artifacts),
            nodes=NodeService(
                self._sessions,
                tell=loop.tell,
                artifacts=self._artifacts,
                telemetry=self._ingest,
                needs_certificate=bool(self._settings.mutual_tls_listen),
            ),
            enrolment=EnrolmentService(self._enrolment, self._audit, self._clock),
            callers=CallerCheck(self._credentials, self._audit),
            security=SecurityService(self._tokens),
            refuse_elsewhere=self._election.refuse_elsewhere,
        )
