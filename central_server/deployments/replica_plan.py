"""How many replicas to start, and which to let go: records in, a plan out. It knows no clock and asks nobody.

A model is replaced one replica at a time: a new one has to answer before an old one is let go, so there is one more
than wanted for a while, and never one fewer that answers. One that answers is let go in two steps: callers are sent
elsewhere first, and it ends when those who knew its address have had time to ask again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from central_server.deployments.records import DeploymentRecord, Wanted
from central_server.scheduler.jobs import JobRecord
from shared.lifecycle import AttemptState, JobState


@dataclass(frozen=True, slots=True)
class ReplicaPlan:
    """What is to be done with a deployment's replicas.

    Attributes:
        start: so many more of the newest model.
        leaving: those that answer, and to which callers are sent no more.
        stop: those that are to end now.
    """

    start: int
    leaving: frozenset[str] = frozenset()
    stop: tuple[str, ...] = ()


def answers(replica: JobRecord) -> bool:
    """Tell whether callers are answered there now: a node says an attempt runs once callers find it."""
    attempt = replica.current_attempt
    return replica.state is JobState.RUNNING and attempt is not None and attempt.state is AttemptState.RUNNING


def plan_replicas(
    deployment: DeploymentRecord, replicas: Iterable[JobRecord], *, drained: Collection[str] = ()
) -> ReplicaPlan:
    """Return what to do.

    Args:
        deployment: what is wanted.
        replicas: those of its jobs that have not ended.
        drained: those that have been leaving for long enough.
    """
    staying = [replica for replica in replicas if replica.stop_intent is None]
    if deployment.wanted is not Wanted.RUNNING:
        return ReplicaPlan(0, stop=_ids(staying))
    paused = [replica for replica in staying if replica.state is JobState.PAUSED]
    newest = [one for one in staying if one not in paused and _generation(one) == deployment.generation]
    older = [one for one in staying if one not in paused and _generation(one) != deployment.generation]
    kept, surplus = _parted(newest, deployment.replicas)
    answering = sum(map(answers, kept))
    _, outdated = _parted(older, max(0, deployment.replicas - answering))
    leaving = [one for one in [*surplus, *outdated] if answers(one)]
    useless = [one for one in [*surplus, *outdated] if not answers(one)]
    return ReplicaPlan(
        start=0 if deployment.failure else _missing(deployment.replicas, newest, older),
        leaving=frozenset(_ids(leaving)),
        stop=_ids([*paused, *useless, *(one for one in leaving if one.job_id in drained)]),
    )


def _parted(replicas: Sequence[JobRecord], most: int) -> tuple[list[JobRecord], list[JobRecord]]:
    """Return those to keep, and the others: what answers stays before what does not, the oldest before the rest."""
    ordered = sorted(replicas, key=lambda one: (not answers(one), one.sequence))
    return ordered[:most], ordered[most:]


def _missing(wanted: int, newest: Sequence[JobRecord], older: Sequence[JobRecord]) -> int:
    most = wanted + 1 - sum(map(answers, older)) if older else wanted
    return max(0, min(wanted, most) - len(newest))


def _generation(replica: JobRecord) -> int:
    return replica.spec.serving.generation if replica.spec.serving else 0


def _ids(replicas: Iterable[JobRecord]) -> tuple[str, ...]:
    return tuple(replica.job_id for replica in replicas)
