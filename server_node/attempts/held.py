"""What the core remembers of one attempt, from its offer until the server has acknowledged its end."""

from __future__ import annotations

from dataclasses import dataclass

from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState, advance_attempt, attempt_has_ended
from shared.node_messages import (
    AttemptEnded,
    AttemptReport,
    HeldAttempt,
    HeldState,
    OfferAttempt,
    StopMode,
    StoredCheckpoint,
)

_HELD_STATES = {
    AttemptState.OFFERED: HeldState.STARTING,
    AttemptState.STARTING: HeldState.STARTING,
    AttemptState.RUNNING: HeldState.RUNNING,
}


@dataclass(slots=True)
class Held:
    """One attempt of this node; mutable, and owned by `NodeBook` alone.

    Attributes:
        offer: as the server made it; None when an earlier process took it.
        state: OFFERED means taken but waiting for an older attempt of the same job to leave.
        lease_until_seconds: monotonic; the attempt stops by itself from here on.
        stop_mode: how it was told to stop; None while it was not.
        ended: its last word; the state then is the outcome's.
        is_interrupted: begun by an earlier process that died.
        is_deliverable: its files are with the server, so `ended` may be said.
        is_journalled: the journal has a record that must be crossed out.
        checkpoint: the newest that is with the server, of an attempt that runs.
        said_at_seconds: when `ended` was last said on the present link; None when not.
    """

    key: AttemptKey
    state: AttemptState
    offer: OfferAttempt | None = None
    lease_until_seconds: float = 0.0
    memory_bytes: int = 0
    resumed_from_step: int = 0
    first_step_at_ms: int = 0
    stop_mode: StopMode | None = None
    ended: AttemptEnded | None = None
    is_interrupted: bool = False
    is_deliverable: bool = False
    is_journalled: bool = False
    checkpoint: StoredCheckpoint | None = None
    said_at_seconds: float | None = None

    @property
    def has_thread(self) -> bool:
        """Whether it occupies a device now."""
        waiting = self.state is AttemptState.OFFERED
        return not (waiting or self.is_interrupted or attempt_has_ended(self.state))

    @property
    def is_unfinished(self) -> bool:
        """Whether its end has still to come: it runs, or waits for its turn to."""
        return not (self.is_interrupted or attempt_has_ended(self.state))

    @property
    def is_abandoned(self) -> bool:
        """Whether nothing more may be said about it."""
        return self.stop_mode is StopMode.ABANDON

    def advance_to(self, state: AttemptState) -> None:
        """Move to `state`, or stay where it is that state already.

        Raises:
            OurBug: the state machine does not allow it.
        """
        if self.state is not state:
            self.state = advance_attempt(self.state, state)

    def as_held(self) -> HeldAttempt:
        """Return what a Hello says of it; an end that was not acknowledged yet shows as stopping."""
        if self.is_interrupted:
            return HeldAttempt(self.key, HeldState.INTERRUPTED)
        return HeldAttempt(self.key, _HELD_STATES.get(self.state, HeldState.STOPPING), self.memory_bytes)

    def as_report(self) -> AttemptReport:
        """Return where it stands now."""
        return AttemptReport(
            self.key,
            AttemptState.STARTING if self.state is AttemptState.OFFERED else self.state,
            self.memory_bytes,
            self.resumed_from_step,
            self.first_step_at_ms,
        )
