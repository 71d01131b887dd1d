"""Which trackers a job's metrics go to: what the operator has set up, and what the job says of it. It sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.errors import InvalidField
from shared.tracker_choice import TrackerChoice


class TrackerName(StrEnum):
    """The trackers there are."""

    TENSORBOARD = "tensorboard"
    MLFLOW = "mlflow"


_SETTINGS = {TrackerName.TENSORBOARD: "--tensorboard-dir", TrackerName.MLFLOW: "--mlflow-tracking-uri"}


@dataclass(frozen=True, slots=True)
class TrackerRules:
    """What the operator allows.

    Attributes:
        available: the trackers that are set up.
        for_all: whether jobs that say nothing go there too.
    """

    available: frozenset[TrackerName] = frozenset()
    for_all: bool = True

    def wants(self, choice: TrackerChoice, tracker: TrackerName) -> bool:
        """Tell whether a job goes to this tracker."""
        said: bool | None = getattr(choice, tracker.value)
        return tracker in self.available and (self.for_all if said is None else said)

    def check(self, choice: TrackerChoice) -> None:
        """Refuse what a job asks for in vain.

        Raises:
            InvalidField: it asks for a tracker that this server has not.
        """
        for tracker in TrackerName:
            if getattr(choice, tracker.value) and tracker not in self.available:
                raise InvalidField(
                    f"trackers.{tracker} asks for what this central server does not have: leave it out, or let its "
                    f"operator start it with {_SETTINGS[tracker]}",
                    field=f"trackers.{tracker}",
                )
