"""Where attempts keep their files under the node's state directory, and how they go. Job ids are safe names."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from shared.identifiers import AttemptKey

CHECKPOINT_NAME = "latest.safetensors"


@dataclass(frozen=True, slots=True)
class AttemptFolders:
    """Paths below `state_dir`; nothing is made before it is needed."""

    state_dir: Path

    def checkpoint(self, job_id: str) -> Path:
        """Return where a job's newest checkpoint lies, beside those before it; they outlive attempts and processes."""
        return self.state_dir / "checkpoints" / job_id / CHECKPOINT_NAME

    def checkpoint_on_its_way(self, job_id: str, *, at_the_end: bool = False) -> Path:
        """Return the second name of a checkpoint that is being uploaded, while it runs or when it has stopped."""
        return self.checkpoint(job_id).with_name(".at-the-end" if at_the_end else ".on-its-way")

    def result(self, key: AttemptKey) -> Path:
        """Return the folder of an attempt's result files."""
        return self.state_dir / "results" / key.job_id / str(key.number)

    @property
    def artifacts(self) -> Path:
        """Where what was fetched from the server lies, by its SHA-256."""
        return self.state_dir / "artifacts"

    def artifact(self, sha256: str) -> Path:
        """Return where a fetched artifact lies."""
        return self.artifacts / sha256

    def drop_checkpoint(self, job_id: str) -> None:
        """Remove a job's checkpoints, if there are any."""
        shutil.rmtree(self.checkpoint(job_id).parent, ignore_errors=True)

    def drop_result(self, key: AttemptKey) -> None:
        """Remove an attempt's result files, and the job's folder when it is empty."""
        folder = self.result(key)
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # another attempt's result is there, or nothing is
            folder.parent.rmdir()

    def drop_unfinished(self) -> None:
        """Remove what a process that was killed was writing; for when no other uses the folder."""
        for left in self.state_dir.glob("checkpoints/*/.*"):
            left.unlink(missing_ok=True)
        for left in self.state_dir.glob("results/*/*/.*.partial"):
            left.unlink(missing_ok=True)

    def drop_unknown_results(self, known: Collection[AttemptKey]) -> None:
        """Remove the result files of attempts that nobody will ask for; a process may have died while it did."""
        wanted = {self.result(key) for key in known}
        for folder in self.state_dir.glob("results/*/*"):
            if folder not in wanted:
                shutil.rmtree(folder, ignore_errors=True)
        for folder in self.state_dir.glob("results/*"):
            with suppress(OSError):  # another attempt's result is there
                folder.rmdir()

    def drop_old_checkpoints(self, *, before_unix_seconds: float, keep: Collection[str]) -> list[str]:
        """Remove checkpoints last written before that moment, except of the jobs in `keep`; return whose."""
        dropped = []
        for path in self.state_dir.glob(f"checkpoints/*/{CHECKPOINT_NAME}"):
            job_id = path.parent.name
            if job_id not in keep and path.stat().st_mtime < before_unix_seconds:
                self.drop_checkpoint(job_id)
                dropped.append(job_id)
        return dropped
