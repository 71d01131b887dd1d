"""One cluster a state directory: a lock that the kernel gives back when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.errors import InvalidField, WrongState


@contextmanager
def locked_state_dir(state_dir: Path) -> Iterator[None]:
    """Make `state_dir` and hold it.

    Raises:
        WrongState: another cluster holds it.
        InvalidField: it cannot be made or written.
    """
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        lock = (state_dir / "cluster.lock").open("ab")
    except OSError as error:
        raise InvalidField(f"cannot keep state in {state_dir}: {error.strerror or error}", field="state-dir") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WrongState(
                f"another cluster runs on {state_dir}: stop it, or choose another with --state-dir", field="state-dir"
            ) from error
        yield
