"""How the event loop tells a thread to stop, and how. The thread looks at it between chunks; nobody waits inside it."""

from __future__ import annotations

import threading

from shared.node_messages import StopMode


class StopSignal:
    """Set by any thread, read by any thread; once set it stays set, though a later call may change the mode."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mode: StopMode | None = None

    def set(self, mode: StopMode) -> None:
        """Ask for a stop; saving never replaces cancelling."""
        with self._lock:
            if not (self._mode is StopMode.CANCEL and mode is StopMode.CHECKPOINT):
                self._mode = mode

    def set_if_unset(self, mode: StopMode) -> None:
        """Ask for a stop, unless one was asked for already."""
        with self._lock:
            self._mode = self._mode or mode

    def is_set(self) -> bool:
        """Tell whether a stop was asked for."""
        return self._mode is not None

    @property
    def mode(self) -> StopMode | None:
        """How to stop; None when there is no need to."""
        return self._mode
