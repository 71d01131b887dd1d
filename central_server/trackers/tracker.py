"""What a tracker has to do, and the records it is told in. One file beside this one is one tracker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from central_server.telemetry_records import MetricRow
from central_server.tracker_rules import TrackerName
from shared.lifecycle import JobState


class TrackerAway(Exception):
    """The tracker cannot be reached, or its disk is full: the same is told again later."""


class TrackerRefused(Exception):
    """The tracker will never take this job: it was asked for something that it does not have, or was taken from it."""


@dataclass(frozen=True, slots=True)
class TrackedJob:
    """A job as trackers show it.

    Attributes:
        title: what people call it.
        experiment: the one that the job names; empty for the tracker's own.
        parameters: what it was asked to do.
        tags: whose it is, its labels, and what else finds it again.
    """

    job_id: str
    title: str
    user_id: str
    submitted_at_ms: int
    started_at_ms: int
    experiment: str
    parameters: Mapping[str, str | int | float]
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended.

    Attributes:
        duration_seconds: from its first attempt on.
        metrics: of the finished model, at `step`.
    """

    state: JobState
    reason: str
    ended_at_ms: int
    duration_seconds: float
    step: int
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Place:
    """How far a tracker has come with a job: the last row it has for certain; step -1 for none."""

    attempt: int = 0
    step: int = -1


class Tracker(Protocol):
    """One tracker. Its methods block, are called from one thread, and raise `TrackerAway` and `TrackerRefused`."""

    @property
    def name(self) -> TrackerName:
        """Which tracker it is."""
        ...

    @property
    def takes_back(self) -> bool:
        """Whether rows of an attempt that is run again can take the place of what it was told."""
        ...

    def start(self) -> None:
        """Load what it needs; called before anything else, and again when it failed."""
        ...

    def open(self, job: TrackedJob) -> Place:
        """Find the job's run, or make it; return how far it has come."""
        ...

    def add(self, job_id: str, attempt: int, rows: Sequence[MetricRow]) -> None:
        """Tell rows of an open job, in the order of their steps.

        Args:
            job_id: the job.
            attempt: which attempt tells them; the first ones of a new attempt take back later steps, where that can be.
            rows: at least one.
        """
        ...

    def finish(self, job_id: str, outcome: Outcome) -> None:
        """Tell how an open job ended, and close it."""
        ...

    def leave(self, job_id: str) -> None:
        """Close an open job as it is: it was deleted here, or something went wrong with it."""
        ...

    def close(self) -> None:
        """Give back what is held; never raises."""
        ...
