"""All that the core holds, in one object, so that each family of events is a module of functions over it.

Only `bookkeeping` changes records; it keeps the indexes (queue, ledger, deadlines) in step with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from central_server.scheduler.avoidances import Avoidances
from central_server.scheduler.cluster_settings import ClusterSettings
from central_server.scheduler.deadlines import Deadlines
from central_server.scheduler.dependents import Dependents
from central_server.scheduler.effects import Effect
from central_server.scheduler.events import Now
from central_server.scheduler.fair_share import FairShare
from central_server.scheduler.holdings import Holdings
from central_server.scheduler.jobs import JobRecord
from central_server.scheduler.memory_accounts import MemoryAccounts
from central_server.scheduler.news import News
from central_server.scheduler.nodes import NodeRecord
from central_server.scheduler.open_places import OpenPlaces
from central_server.scheduler.promises import Promises
from central_server.scheduler.queue import JobQueue, QueuedJob
from central_server.scheduler.recently_ended import RecentlyEnded
from central_server.scheduler.reservations import Reservations
from central_server.scheduler.running_by_priority import RunningByPriority
from central_server.scheduler.tallies import Tallies
from central_server.scheduler.turns import Turns


@dataclass(slots=True)
class ClusterState:
    """The cluster as the core knows it, and the effects of the event in hand.

    Attributes:
        now: the moment of the event in hand.
        jobs: live jobs only, by id.
        nodes: every node ever seen, by id.
        node_by_session: open control streams.
        plan_sessions: which session was asked for the plan of which request.
        next_sequence: the next job's place in first-come order.
        run_seconds_left: how long jobs with a timeout may still run, since their last attempt in this process ended.
        wait_ends_seconds: until when jobs that may wait only so long may do so.
        ended_now: jobs that have ended in this call and whose dependents have not been told.
        room_was_sought_for: the urgent jobs that the last cycle could make no room for.
        effects: what has been decided so far in this call.
    """

    settings: ClusterSettings
    now: Now
    recently_ended: RecentlyEnded
    next_sequence: int = 1
    jobs: dict[str, JobRecord] = field(default_factory=dict)
    nodes: dict[str, NodeRecord] = field(default_factory=dict)
    node_by_session: dict[str, str] = field(default_factory=dict)
    plan_sessions: dict[str, str] = field(default_factory=dict)
    queue: JobQueue = field(default_factory=JobQueue)
    turns: Turns = field(default_factory=Turns)
    fair_share: FairShare = field(init=False)
    tallies: Tallies = field(default_factory=Tallies)
    news: News = field(default_factory=News)
    open_places: OpenPlaces = field(default_factory=OpenPlaces)
    reservations: Reservations = field(default_factory=Reservations)
    holdings: Holdings = field(default_factory=Holdings)
    running: RunningByPriority = field(default_factory=RunningByPriority)
    deadlines: Deadlines = field(default_factory=Deadlines)
    promises: Promises = field(default_factory=Promises)
    avoidances: Avoidances = field(default_factory=Avoidances)
    accounts: MemoryAccounts = field(default_factory=MemoryAccounts)
    dependents: Dependents = field(default_factory=Dependents)
    run_seconds_left: dict[str, float] = field(default_factory=dict)
    wait_ends_seconds: dict[str, float] = field(default_factory=dict)
    ended_now: list[JobRecord] = field(default_factory=list)
    room_was_sought_for: set[QueuedJob] = field(default_factory=set)
    effects: list[Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fair_share = FairShare(self.settings.fair_share_half_life_seconds)

    def emit(self, effect: Effect) -> None:
        """Decide one more thing."""
        self.effects.append(effect)

    def take_effects(self) -> list[Effect]:
        """Hand over what was decided, and begin anew."""
        taken, self.effects = self.effects, []
        return taken
