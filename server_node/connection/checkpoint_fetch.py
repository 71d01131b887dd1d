"""Brings the checkpoint that an offer names, when it is further than the one that lies here."""

from __future__ import annotations

import asyncio
import logging

from server_node.checkpoint_files import furthest_whole_step, put_in_place
from server_node.connection.artifact_cache import ArtifactCache
from server_node.folders import AttemptFolders
from shared.errors import BadData
from shared.log_lines import log_event
from shared.node_messages import OfferAttempt

_LOG = logging.getLogger(__name__)


async def bring_checkpoint(
    offer: OfferAttempt, folders: AttemptFolders, artifacts: ArtifactCache, *, keep: int
) -> None:
    """Have the newest checkpoint of the offer's job here; without it the job goes on from an older one, or anew.

    Args:
        offer: names the job and the newest that is at the server.
        folders: where checkpoints lie here.
        artifacts: fetches.
        keep: how many generations stay.
    """
    wanted, newest = offer.checkpoint, folders.checkpoint(offer.key.job_id)
    if wanted is None or await asyncio.to_thread(furthest_whole_step, newest) >= wanted.step:
        return
    try:
        fetched = await artifacts.bring(wanted.sha256, offer.key, of_any_size=True)
        await asyncio.to_thread(put_in_place, fetched, newest, keep=keep)
    except (BadData, OSError) as failure:
        log_event(_LOG, "checkpoint_not_fetched", is_warning=True, attempt=offer.key, step=wanted.step, why=failure)
        return
    log_event(_LOG, "checkpoint_fetched", attempt=offer.key, step=wanted.step)
