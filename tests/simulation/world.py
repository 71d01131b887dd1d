"""A server, three nodes, the network between them and the people before it, run from a seed to its end.

The same seed gives the same world to the last event. Faults end after `FAULTY_SECONDS`; from then on everything is put
right, and every job must come to an end.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from central_server.scheduler.cluster_settings import ClusterSettings
from central_server.scheduler.effects import Answer, Refuse, Write
from central_server.scheduler.events import (
    CancelRequested,
    DeleteRequested,
    DrainRequested,
    Event,
    PauseRequested,
    ResumeRequested,
    SubmitRequested,
    UndrainRequested,
)
from central_server.scheduler.jobs import JobRecord
from shared.backoff import Backoff
from shared.job_spec import JobSpec, content_digest
from shared.lifecycle import JobState, job_has_ended
from tests.builders import MIB, a_description, a_spec
from tests.simulation.clockwork import Clockwork
from tests.simulation.faults import FAULTY_SECONDS, NODES, Happening, drawn_happenings
from tests.simulation.node import SimulatedNode
from tests.simulation.promises import Promises
from tests.simulation.server import SimulatedServer

PATIENCE_SECONDS = 3600.0
_SETTINGS = ClusterSettings(
    lease_seconds=10.0,
    heartbeat_seconds=2.0,
    reservation_seconds=20.0,
    warm_up_seconds=5.0,
    retry_backoff=Backoff(first_seconds=0.5, cap_seconds=5.0),
)
_PRIORITIES = ("low", "normal", "normal", "high", "critical")


@dataclass(slots=True)
class Story:
    """What happened, in lines that a person can read."""

    lines: list[str] = field(default_factory=list)
    broken: str = ""


class World:
    """One world; run once."""

    def __init__(self, seed: int) -> None:
        self.story = Story()
        self._clockwork = Clockwork()
        self._server = SimulatedServer(
            self._clockwork,
            random.Random(f"server {seed}"),
            _SETTINGS,
            on_commit=self._committed,
            on_answer=self._answered,
            tell=self._tell,
        )
        self._nodes = {
            node_id: SimulatedNode(
                node_id,
                a_description(slots=2, memory_bytes=4096 * MIB),
                self._clockwork,
                random.Random(f"node {node_id} {seed}"),
                self._server,
            )
            for node_id in NODES
        }
        self._promises = Promises(self._nodes, self._server.store)
        self._requests: dict[str, tuple[str, str]] = {}
        self._clockwork.after_each = lambda: self._promises.hold_moment(self._clockwork.seconds)

    def run(self, happenings: Sequence[Happening]) -> None:
        """Let it all happen.

        Raises:
            AssertionError: a promise was broken, or an invariant of a core.
        """
        self._server.start()
        for node in self._nodes.values():
            node.start()
        for happening in happenings:
            self._clockwork.after(happening.at_seconds, self._doing(happening))
        self._clockwork.run(FAULTY_SECONDS + 1.0)
        self._put_right()
        for _ in range(int(PATIENCE_SECONDS / 60)):
            self._ask_of_all(ResumeRequested, JobState.PAUSED)
            self._clockwork.run(self._clockwork.seconds + 60.0, is_over=self._is_all_over)
            if self._is_all_over():
                break
        self._promises.hold_the_end()

    # ---- what happens

    def _doing(self, happening: Happening) -> Callable[[], None]:
        def act() -> None:
            self._tell(str(happening))
            self._do(happening)

        return act

    def _do(self, happening: Happening) -> None:  # noqa: C901, PLR0912 - one line for each kind
        node, lasts = self._nodes.get(happening.whom), happening.lasts_seconds
        match happening.kind, node:
            case "cut", SimulatedNode(wire=wire) if wire is not None:
                wire.cut()
            case ("hush_up" | "hush_down" | "hush_both") as kind, SimulatedNode(wire=wire) if wire is not None:
                wire.hush(up=kind != "hush_down", down=kind != "hush_up")
            case "slow", SimulatedNode() as slow:
                self._slow_down(slow, lasts)
            case "kill_node", SimulatedNode() as killed:
                killed.crash()
                self._clockwork.after(lasts, killed.start)
            case "freeze_node", SimulatedNode() as frozen:
                frozen.freeze(lasts)
            case "kill_server", _:
                self._server.crash()
                self._clockwork.after(lasts, self._server.start)
            case "break_store", _:
                self._server.store_is_broken = True
                self._clockwork.after(lasts, self._mend_store)
            case "step_wall_clock", _:
                self._server.wall_clock_step_ms += (happening.number - 50) * 60_000
            case "submit", _:
                self._submit(happening)
            case "cancel", _:
                self._ask("cancel", happening.whom, CancelRequested, "")
            case "pause", _:
                self._ask("pause", happening.whom, PauseRequested)
            case "resume", _:
                self._ask("resume", happening.whom, ResumeRequested)
            case "delete", _:
                self._ask("delete", happening.whom, DeleteRequested)
            case "drain", _:
                self._ask("drain", happening.whom, DrainRequested, 3.0)
            case "undrain", _:
                self._ask("undrain", happening.whom, UndrainRequested)
            case _:
                pass

    def _slow_down(self, node: SimulatedNode, seconds: float) -> None:
        def set_to(slowness_seconds: float) -> None:
            node.slowness_seconds = slowness_seconds
            if node.wire is not None:
                node.wire.slowness_seconds = slowness_seconds

        set_to(6.0)
        self._clockwork.after(seconds, lambda: set_to(0.05))

    def _mend_store(self) -> None:
        self._server.store_is_broken = False

    def _submit(self, happening: Happening) -> None:
        spec = _spec_of(happening)
        self._ask("submit", happening.whom, SubmitRequested, spec, content_digest(spec), frozenset())

    def _ask(self, verb: str, whom: str, kind: Callable[..., Event], *arguments: object) -> None:
        request_id = f"{verb}/{whom}/{len(self._requests)}"
        self._requests[request_id] = (verb, whom)
        if verb == "delete":
            self._promises.deleted.add(whom)  # from now on it may go; an answer may be lost on its way
        self._server.ask(kind(request_id, whom, *arguments))

    def _ask_of_all(self, kind: Callable[..., Event], state: JobState) -> None:
        for job in tuple(self._server.store.jobs.values()):
            if job.state is state:
                self._ask("resume", job.job_id, kind)

    def _put_right(self) -> None:
        self._tell("all faults end")
        self._mend_store()
        self._server.start()
        for node in self._nodes.values():
            node.start()
            node.freeze(0.0)
            node.slowness_seconds = 0.05
            if node.wire is not None:
                node.wire.cut()  # a half-open stream is found out by time; here it is found out now
            self._clockwork.after(10.0, partial(self._ask, "undrain", node.node_id, UndrainRequested))

    def _is_all_over(self) -> bool:
        return all(job_has_ended(job.state) for job in self._server.store.jobs.values())

    # ---- what is noted

    def _committed(self, writes: Sequence[Write]) -> None:
        self._promises.hold_commit(writes, self._clockwork.seconds)
        for write in writes:
            if isinstance(job := getattr(write, "record", None), JobRecord):
                attempt = job.current_attempt
                where = f", attempt {attempt.number} {attempt.state} on {attempt.node_id}" if attempt else ""
                self._tell(f"durable: {job.job_id} {job.state}{where} {job.reason}")

    def _answered(self, answer: Answer | Refuse) -> None:
        verb, whom = self._requests[answer.request_id]
        if isinstance(answer, Refuse):
            self._tell(f"refused: {verb} {whom}: {answer.error}")
        elif verb == "submit" and whom not in self._promises.deleted:
            self._promises.accepted.add(whom)

    def _tell(self, line: str) -> None:
        self.story.lines.append(f"{self._clockwork.seconds:8.2f}  {line}")


def _spec_of(happening: Happening) -> JobSpec:
    chance = random.Random(happening.whom)
    return a_spec(
        epochs=chance.randint(3, 30),
        priority=chance.choice(_PRIORITIES),
        memory_bytes=chance.choice((200, 1500, 3900)) * MIB,
        max_failures=chance.choice((0, 3)),
        max_losses=1000,
        user_id=chance.choice(("ann", "ben")),
        labels={"unlucky": "yes"} if chance.random() < 0.3 else {},
    )


def story_of(seed: int, happenings: Sequence[Happening] | None = None) -> Story:
    """Run a world and return what happened there; `broken` says which promise was not kept."""
    world = World(seed)
    try:
        world.run(drawn_happenings(seed) if happenings is None else happenings)
    except Exception as failure:  # noqa: BLE001 - whatever goes wrong in a world is its story's end
        world.story.broken = f"{type(failure).__name__}: {failure}"
    return world.story


def shortest_story(seed: int) -> Story:
    """Return the story of a failing seed with as few happenings as still make it fail."""
    kept, story = drawn_happenings(seed), story_of(seed)
    size = len(kept)
    while size >= 1:
        for start in range(0, len(kept), size):
            fewer = kept[:start] + kept[start + size :]
            shorter = story_of(seed, fewer)
            if shorter.broken:
                kept, story = fewer, shorter
                break
        else:
            size //= 2
    return story
