"""One node process, put together: who is given what, what starts, how it ends. It decides nothing about attempts."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata

from server_node.attempt_traces import AttemptTraces
from server_node.attempts.book import NodeIdentity
from server_node.attempts.events import (
    AttemptMoved,
    AttemptStopped,
    AttemptWedged,
    DescriptionChanged,
    PlanMade,
    ShutdownBegan,
)
from server_node.attempts.node_state import NodeState
from server_node.connection.artifact_cache import ArtifactCache
from server_node.connection.caller_check import CallerCheck
from server_node.connection.checkpoint_fetch import bring_checkpoint
from server_node.connection.checkpoint_uploads import CheckpointUploads
from server_node.connection.node_client import NodeClient
from server_node.connection.result_outbox import ResultOutbox
from server_node.connection.secure_link import SecureLink
from server_node.connection.telemetry_stream import TelemetryStream
from server_node.control_loop import ControlLoop, Ports
from server_node.devices.detect import cold_description, ready_description
from server_node.devices.memory import ram_available_bytes, ram_total_bytes
from server_node.devices.use import DeviceSampler
from server_node.execution.engine import TrainingEngine
from server_node.execution.engine_choice import EngineChoice
from server_node.execution.engine_slot import EngineSlot
from server_node.execution.jax_loading import DataLimits, LoadedEngine, load_engine
from server_node.execution.job_executor import Callbacks, JobExecutor
from server_node.execution.memory_ledger import MemoryLedger
from server_node.execution.own_threads import in_thread_of_its_own
from server_node.execution.progress_mailbox import Progress
from server_node.execution.training_thread import ThreadTools
from server_node.folders import AttemptFolders
from server_node.health import Health
from server_node.inbox import Inbox
from server_node.journal import Journal
from server_node.kept_artifacts import KeptArtifacts
from server_node.left_behind import remove_what_was_left
from server_node.own_servers import OwnAddresses, OwnServers
from server_node.serving.live_replicas import LiveReplicas
from server_node.serving.predicting import Predicting
from server_node.settings import NodeSettings
from server_node.shutdown import end_process_after, end_process_for_supervisor, wait_until_quiet
from server_node.state_folder import StateFolder
from server_node.telemetry_records import DeviceUses
from server_node.terminal.terminals import Terminals
from server_node.tidying import Tidying
from server_node.user_code.engine import UserCodeEngine, UserCodeSettings
from shared.clock import SystemClock
from shared.dataset_uri import ArtifactDataset, parse_dataset_uri
from shared.identifiers import AttemptKey, new_session_id
from shared.log_lines import log_event
from shared.node_messages import AttemptEnded, NodeDescription, OfferAttempt, Outcome
from shared.tracing import SpanSink

_LOG = logging.getLogger(__name__)
LIVE_SECONDS = 1.0
MEASURE_SECONDS = 5.0
GIBIBYTE = 2**30


class _Stopped(Exception):
    """Takes the node's tasks down once everything that should be saved is."""


class Node:
    """Made and run in one event loop; runs until `stop` is called.

    Args:
        link: the way to the servers; in the clear when not said.
        spans: where traces go; None for nowhere.
        on_ready: called once with the node's id and devices, when the server has welcomed it and it can take work.
    """

    def __init__(
        self,
        settings: NodeSettings,
        folder: StateFolder,
        *,
        on_ready: Callable[[str, NodeDescription], None],
        link: SecureLink | None = None,
        spans: SpanSink | None = None,
    ) -> None:
        self._settings = settings
        self._on_ready: Callable[[str, NodeDescription], None] | None = on_ready
        self._node_id = folder.node_id
        self._clock = SystemClock()
        self._traces = AttemptTraces(spans, self._clock)
        self._uniform = random.Random().random  # noqa: S311 - the jitter of waits is no secret
        self._inbox = Inbox()
        self._folders = AttemptFolders(folder.path)
        self._journal = Journal(folder.path / "journal")
        self._health = Health(folder.path)
        self._engine = EngineSlot()
        self._ledger = MemoryLedger({})
        self._uploads: CheckpointUploads | None = None
        self._stop = asyncio.Event()
        self._changed = asyncio.Event()
        self._version = metadata.version("cyxwiz")
        self._description = cold_description(slots=settings.slots, software_version=self._version)
        self._state = NodeState(
            NodeIdentity(folder.node_id, settings.shown_name, new_session_id()),
            self._description,
            interrupted=self._journal.content.interrupted,
            unacknowledged=self._journal.content.unacknowledged.values(),
        )
        self._link = link or SecureLink(settings.servers)
        self._client = NodeClient(
            self._link.addresses,
            dial=self._link.dial,
            explain=self._link.explain,
            post=self._inbox.post,
            uniform=self._uniform,
        )
        self._callers = CallerCheck(
            channel=self._client.channel, clock=self._clock, kept_seconds=settings.known_caller_seconds
        )
        self._live = LiveReplicas()
        self._predicting = Predicting(self._live)
        self._terminals = Terminals(
            settings, self._callers, clock=self._clock, uniform=self._uniform, check_deployment=self._predicting.find
        )
        self._addresses = OwnAddresses()
        self._servers = OwnServers(
            settings,
            node_id=folder.node_id,
            link=self._link,
            callers=self._callers,
            live=self._live,
            predicting=self._predicting,
            terminals=self._terminals.tables,
        )
        self._telemetry = TelemetryStream(folder.node_id, channel=self._client.channel, uniform=self._uniform)
        self._tidying = Tidying()
        self._kept = KeptArtifacts(self._folders.artifacts, int(settings.artifact_disk_gib * GIBIBYTE))
        self._artifacts = ArtifactCache(self._kept, channel=self._client.channel, uniform=self._uniform)

    def stop(self) -> None:
        """Save every attempt and end; from the event loop's thread, once or more."""
        self._stop.set()

    async def run(self) -> None:
        """Run until stopped, and return when everything is saved.

        Raises:
            OSError: the journal cannot be written.
            CyxWizError: JAX cannot be loaded as it was asked, or the node's own server cannot listen.
        """
        try:
            await asyncio.to_thread(self._tidy_up)
            self._addresses = await self._servers.open()
            self._describe(self._description)
            async with asyncio.TaskGroup() as tasks:
                async with JobExecutor(
                    self._tools, bring_dataset=self._bring_dataset, callbacks=self._callbacks()
                ) as it:
                    tasks.create_task(self._control_loop(it, tasks).run(), name="control loop")
                    tasks.create_task(self._client.run(), name="client")
                    tasks.create_task(self._telemetry.run(), name="telemetry")
                    tasks.create_task(self._keep_certificate_fresh(), name="certificate")
                    tasks.create_task(self._measure_devices(), name="device use")
                    tasks.create_task(self._warm_up(), name="warm up")
                    tasks.create_task(self._terminals.run(), name="terminals")
                    await self._stop.wait()
                    self._inbox.post(ShutdownBegan())
                    it.refuse_plans()
                    closing = tasks.create_task(self._terminals.close(), name="end terminals")
                    end_process_after(self._settings.shutdown_seconds)
                    await wait_until_quiet(self._state, self._changed, total_seconds=self._settings.shutdown_seconds)
                    await closing
                raise _Stopped  # noqa: TRY301 - the way to end a task group
        except* _Stopped:
            log_event(_LOG, "node_stopped")
        finally:
            await self._servers.close()
            self._health.say(is_ready=False)
            self._tidying.close()
            self._journal.close()

    async def _keep_certificate_fresh(self) -> None:
        renewal = self._link.renewal(channel=self._client.channel, redial=self._client.redial, clock=self._clock)
        if renewal is not None:
            await renewal.run()

    async def _measure_devices(self) -> None:
        """Tell again and again how much of each device is in use; what cannot be measured is left out."""
        sampler = DeviceSampler()
        try:
            while True:
                await asyncio.sleep(MEASURE_SECONDS)
                self._telemetry.add(DeviceUses(await asyncio.to_thread(sampler.measure)))
        finally:
            sampler.close()

    async def _warm_up(self) -> None:
        loaded = await in_thread_of_its_own(self._load, name="loading-jax")
        self._engine.fill(loaded.engine)
        description = ready_description(
            loaded.devices,
            slots=self._settings.slots,
            software_version=self._version,
            fingerprint=loaded.fingerprint,
            allows_user_code=self._settings.allow_user_code,
        )
        self._ledger.set_capacity(description.capacity_bytes)
        self._describe(description)

    def _describe(self, description: NodeDescription) -> None:
        """Say what the node is from now on, and where its own servers are."""
        self._description = self._addresses.told_in(description)
        self._inbox.post(DescriptionChanged(self._description))

    def _load(self) -> LoadedEngine:
        loaded = load_engine(
            self._folders.state_dir,
            threads=self._settings.threads,
            data_roots=self._settings.data_roots,
            artifact_path=self._folders.artifact,
            chunk_seconds=self._settings.chunk_milliseconds / 1000,
            limits=DataLimits(
                share=self._settings.data_share,
                ram_bytes=ram_total_bytes(),
                disk_bytes=int(self._settings.data_disk_gib * GIBIBYTE),
                allows_private_addresses=self._settings.allow_private_addresses,
                secrets_file=self._settings.secrets,
            ),
        )
        return replace(loaded, engine=EngineChoice(loaded.engine, self._user_code_engine(), self._serving_engine()))

    def _serving_engine(self) -> TrainingEngine | None:
        if not self._settings.listen:
            return None
        from server_node.serving.serving_engine import ServingEngine  # noqa: PLC0415 - loads JAX

        return ServingEngine(self._folders.artifact, self._live, self._predicting.deliver)

    def _user_code_engine(self) -> UserCodeEngine | None:
        if not self._settings.allow_user_code:
            return None
        settings = UserCodeSettings(
            state_dir=self._folders.state_dir,
            data_roots=self._settings.data_roots,
            artifact_path=self._folders.artifact,
            chunk_seconds=self._settings.chunk_milliseconds / 1000,
            memory_bytes=round(self._settings.user_code_memory_gib * 2**30),
        )
        return UserCodeEngine(settings)

    def _tidy_up(self) -> None:
        now = self._clock.unix_ms() / 1000
        remove_what_was_left(self._folders, self._kept, self._journal.content, now_unix_seconds=now)

    def _control_loop(self, executor: JobExecutor, tasks: asyncio.TaskGroup) -> ControlLoop:
        outbox = ResultOutbox(
            tasks=tasks,
            post=self._inbox.post,
            channel=self._client.channel,
            telemetry=self._telemetry,
            folders=self._folders,
            tidying=self._tidying,
            uniform=self._uniform,
            traces=self._traces,
        )
        self._uploads = CheckpointUploads(
            tasks=tasks,
            post=self._inbox.post,
            channel=self._client.channel,
            folders=self._folders,
            interval_seconds=self._settings.upload_checkpoint_seconds,
            trace=self._traces.of,
        )
        return ControlLoop(
            self._state,
            self._inbox,
            Ports(self._journal, self._client, self._telemetry, executor, outbox),
            clock=self._clock,
            ram_available_bytes=ram_available_bytes,
            exit_for_supervisor=end_process_for_supervisor,
            after_batch=self._after_batch,
        )

    def _after_batch(self, state: NodeState) -> None:
        self._changed.set()
        self._health.say(is_ready=state.is_welcome and state.is_ready)
        if self._on_ready is not None and state.is_welcome and state.is_ready:
            self._on_ready(self._node_id, self._description)
            self._on_ready = None

    def _callbacks(self) -> Callbacks:
        return Callbacks(
            on_progress=self._progress,
            on_completion=self._completed,
            on_wedged=lambda key, waited_seconds: self._inbox.post(AttemptWedged(key, waited_seconds)),
            on_plan=lambda answer: self._inbox.post(PlanMade(answer)),
        )

    def _completed(self, ended: AttemptEnded) -> None:
        self._tidying.soon(lambda: self._kept.let_go(ended.key))
        if ended.outcome in {Outcome.CANCELLED, Outcome.DECLINED}:
            self._traces.forget(ended.key)  # nothing is brought to the server
        self._inbox.post(AttemptStopped(ended))

    def _progress(self, progress: Progress) -> None:
        if isinstance(progress, AttemptMoved):
            self._inbox.post(progress)
        else:
            self._telemetry.add(progress)

    def _tools(self, put: Callable[[Progress], None]) -> ThreadTools:
        return ThreadTools(
            engine=self._engine,
            ledger=self._ledger,
            folders=self._folders,
            put=put,
            clock=self._clock,
            node_name=self._settings.shown_name,
            checkpoint_seconds=self._settings.checkpoint_seconds,
            live_seconds=LIVE_SECONDS,
            on_saved=self._saved,
            checkpoints_kept=self._settings.keep_checkpoints,
            trace=self._traces.of,
        )

    def _saved(self, key: AttemptKey) -> None:
        if self._uploads is not None:
            self._uploads.saved(key)

    async def _bring_dataset(self, offer: OfferAttempt) -> None:
        self._traces.begin(offer)
        with self._traces.of(offer.key).span_beside_run("node.bring_data"):
            await self._bring(offer)

    async def _bring(self, offer: OfferAttempt) -> None:
        await self._tidying.settled()  # of an attempt of the same name, when an earlier process began it
        dataset = parse_dataset_uri(offer.spec.dataset)
        if isinstance(dataset, ArtifactDataset) and offer.spec.serving is None:
            await self._artifacts.bring(dataset.sha256, offer.key)
        if offer.spec.weights:
            await self._artifacts.bring(offer.spec.weights_sha256, offer.key)
        await bring_checkpoint(offer, self._folders, self._artifacts, keep=self._settings.keep_checkpoints)
