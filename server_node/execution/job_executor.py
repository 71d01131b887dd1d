"""Runs attempts: one asyncio task, one thread and one stop signal each. It decides nothing about them.

Cancelling an attempt's task is how it is stopped: the task shields the thread, sets the signal, waits until the thread
has really ended, and only then gives the device back, reports, and lets the cancellation go on. A thread cannot be
killed and a compiled call cannot be interrupted: a future that is merely cancelled would leave the device busy.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

from server_node.execution.failures import code_and_sentence
from server_node.execution.graces import Graces, wait_until_ended
from server_node.execution.own_threads import in_thread_of_its_own
from server_node.execution.plans import answer_plan, refused_plan
from server_node.execution.progress_mailbox import Progress, ProgressMailbox
from server_node.execution.stop_signal import StopSignal
from server_node.execution.training_thread import AttemptThread, ThreadTools
from shared.errors import OurBug
from shared.identifiers import AttemptKey
from shared.node_messages import AttemptEnded, OfferAttempt, Outcome, PlanAnswer, PlanRequest, StopMode

_LOG = logging.getLogger(__name__)
_Told = TypeVar("_Told")


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Whom the executor tells. All are called in the event loop's thread, and must not block.

    For one attempt `on_progress` comes any number of times, in the order its thread spoke (of live progress only the
    newest), then `on_completion` exactly once, when its thread has ended and its device is free; nothing comes after
    that. Attempts are not ordered among each other. `on_wedged` may come once, before `on_completion`, when a stop
    has outlasted its grace. A callback that raises is logged and changes nothing: neither its attempt nor what is
    called next.
    """

    on_progress: Callable[[Progress], None]
    on_completion: Callable[[AttemptEnded], None]
    on_wedged: Callable[[AttemptKey, float], None]
    on_plan: Callable[[PlanAnswer], None]


@dataclass(slots=True, eq=False)
class _Running:
    offer: OfferAttempt
    signal: StopSignal = field(default_factory=StopSignal)
    task: asyncio.Task[None] | None = None
    has_entered: bool = False
    ended: AttemptEnded | None = None


class JobExecutor:
    """Runs several attempts at once. An asynchronous context manager: leaving it stops everything, saving first.

    `start`, `cancel`, `is_running`, `running` and `plan` may be called from any thread while the context is open, and
    return at once. `is_running` sees what they changed immediately; the work itself begins in the event loop.

    Args:
        make_tools: given the function that takes progress from threads, returns what attempts' threads share.
        bring_dataset: makes a job's dataset available on this node before its thread starts; may take long, and may
            be cancelled. Called in the event loop.
    """

    def __init__(
        self,
        make_tools: Callable[[Callable[[Progress], None]], ThreadTools],
        *,
        bring_dataset: Callable[[OfferAttempt], Awaitable[None]],
        callbacks: Callbacks,
        graces: Graces | None = None,
    ) -> None:
        self._mailbox = ProgressMailbox(self._wake)
        self._tools = make_tools(self._mailbox.put)
        self._bring_dataset = bring_dataset
        self._callbacks = callbacks
        self._graces = graces or Graces()
        self._lock = threading.Lock()
        self._running: dict[AttemptKey, _Running] = {}
        self._tasks = asyncio.TaskGroup()
        self._planning = asyncio.Lock()
        self._plans: dict[str, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        """Open for attempts."""
        self._loop = asyncio.get_running_loop()
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop every attempt, saving it, and return when all threads have ended."""
        self.refuse_plans()
        for key in self.running():
            self.cancel(key, StopMode.CHECKPOINT)
        try:
            await self._tasks.__aexit__(kind, error, trace)
        finally:
            self._mailbox.close()

    def start(self, offer: OfferAttempt) -> None:
        """Begin to run an attempt.

        Raises:
            OurBug: an attempt of that key runs already.
        """
        running = _Running(offer)
        with self._lock:
            if offer.key in self._running:
                raise OurBug(f"attempt {offer.key} runs already")
            self._running[offer.key] = running
        self._tools.ledger.reserve(offer.key, offer.device_ids[0], offer.memory_bytes)
        self._in_loop(self._launch, running)

    def cancel(self, key: AttemptKey, mode: StopMode) -> bool:
        """Make an attempt stop in the given mode; a repeated call may change it. False when none of that key runs."""
        with self._lock:
            running = self._running.get(key)
        if running is None:
            return False
        running.signal.set(mode)  # at once: the thread need not wait until the loop comes round
        self._in_loop(self._cancel_task, running)
        return True

    def is_running(self, key: AttemptKey) -> bool:
        """Tell whether an attempt was started and its device is not free again."""
        with self._lock:
            return key in self._running

    def running(self) -> frozenset[AttemptKey]:
        """Return the attempts of which `is_running` is true."""
        with self._lock:
            return frozenset(self._running)

    def plan(self, request: PlanRequest) -> None:
        """Compile a job on abstract shapes and report through `on_plan`; one at a time, in the order asked."""
        self._in_loop(self._begin_plan, request)

    def refuse_plans(self) -> None:
        """Answer every plan that is not made yet with a refusal, also one whose compile nothing can interrupt."""
        self._in_loop(self._cancel_plans)

    # ---- in the event loop from here on

    def _in_loop(self, function: Callable[..., object], *arguments: object) -> None:
        if self._loop is None:
            raise OurBug("the executor is not open: enter its context first")
        self._loop.call_soon_threadsafe(function, *arguments)

    def _launch(self, running: _Running) -> None:
        running.task = self._tasks.create_task(self._attempt(running), name=f"attempt {running.offer.key}")

    def _cancel_task(self, running: _Running) -> None:
        # A task that is cancelled before its first step never runs its body; that one reads the signal instead.
        if running.task is not None and running.has_entered:
            running.task.cancel()

    async def _attempt(self, running: _Running) -> None:
        running.has_entered = True
        try:
            if not running.signal.is_set():
                await self._bring_dataset(running.offer)
                await self._in_thread(running)
        except Exception as failure:  # noqa: BLE001 - a full disk, say, must end this attempt and no other
            code, sentence = code_and_sentence(failure)
            running.ended = AttemptEnded(running.offer.key, Outcome.FAILED, error_code=code, message=sentence)
        finally:
            self._free(running)

    async def _in_thread(self, running: _Running) -> None:
        body = AttemptThread(running.offer, running.signal, self._tools)
        thread = in_thread_of_its_own(body.run, name=f"attempt-{running.offer.key}")
        try:
            await asyncio.shield(thread)
        except asyncio.CancelledError:
            running.signal.set_if_unset(StopMode.CHECKPOINT)
            await wait_until_ended(
                thread,
                self._graces,
                mark=lambda: body.phases.mark,
                on_wedged=lambda waited: self._tell_wedged(running.offer.key, waited),
            )
            raise
        finally:
            running.ended = thread.result()

    def _free(self, running: _Running) -> None:
        key = running.offer.key
        self._tools.ledger.release(key)
        with self._lock:
            del self._running[key]
        self._hand_over_progress()
        self._tell(self._callbacks.on_completion, running.ended or _stopped_before_thread(running))

    def _begin_plan(self, request: PlanRequest) -> None:
        task = self._tasks.create_task(self._plan(request), name=f"plan {request.request_id}")
        self._plans[request.request_id] = task
        task.add_done_callback(lambda _: self._plans.pop(request.request_id, None))

    def _cancel_plans(self) -> None:
        for request_id, task in list(self._plans.items()):
            if task.cancel():
                self._tell(self._callbacks.on_plan, refused_plan(request_id))

    async def _plan(self, request: PlanRequest) -> None:
        async with self._planning:
            answer = await in_thread_of_its_own(lambda: answer_plan(self._tools.engine, request), name="plan")
        self._tell(self._callbacks.on_plan, answer)

    def _wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._in_loop(self._hand_over_progress)

    def _hand_over_progress(self) -> None:
        for item in self._mailbox.drain():
            self._tell(self._callbacks.on_progress, item)

    def _tell_wedged(self, key: AttemptKey, waited_seconds: float) -> None:
        self._tell(lambda waited: self._callbacks.on_wedged(key, waited), waited_seconds)

    @staticmethod
    def _tell(callback: Callable[[_Told], None], news: _Told) -> None:
        try:
            callback(news)
        except Exception:  # noqa: BLE001 - promised by Callbacks
            _LOG.exception("callback_failed callback=%s", getattr(callback, "__qualname__", callback))


def _stopped_before_thread(running: _Running) -> AttemptEnded:
    outcome = Outcome.PREEMPTED if running.signal.mode is StopMode.CHECKPOINT else Outcome.CANCELLED
    return AttemptEnded(running.offer.key, outcome, message="stopped before it began to train")
