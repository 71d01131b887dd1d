"""What an earlier process of the node left on the disk and nobody needs: removed before anything uses the folders."""

from __future__ import annotations

import logging

from server_node.folders import AttemptFolders
from server_node.journal import JournalContent
from server_node.kept_artifacts import KeptArtifacts
from shared.log_lines import log_event

_LOG = logging.getLogger(__name__)
OLD_CHECKPOINT_SECONDS = 7 * 24 * 3600


def remove_what_was_left(
    folders: AttemptFolders, kept: KeptArtifacts, journal: JournalContent, *, now_unix_seconds: float
) -> None:
    """Remove half-written files, results that nobody will ask for, old checkpoints, and artifacts above the limit."""
    folders.drop_unfinished()
    folders.drop_unknown_results([*journal.interrupted, *journal.unacknowledged])
    kept.forget_unfinished()
    kept.make_room()
    held = {key.job_id for key in journal.interrupted}
    dropped = folders.drop_old_checkpoints(before_unix_seconds=now_unix_seconds - OLD_CHECKPOINT_SECONDS, keep=held)
    if dropped:
        log_event(_LOG, "old_checkpoints_dropped", jobs=",".join(dropped))
