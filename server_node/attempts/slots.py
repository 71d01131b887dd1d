"""Whether an offer can be taken: devices that exist, and a free slot. Memory is asked when the compiler knows it."""

from __future__ import annotations

from server_node.attempts.book import NodeBook
from shared.node_messages import OfferAttempt


def reason_to_decline(book: NodeBook, offer: OfferAttempt) -> tuple[str, str] | None:
    """Return an error code and a sentence, or None when the offer can be taken."""
    if not book.takes_work:
        return "machine_failure", _why_not_working(book)
    if (unknown := _unknown_devices(book, offer)) != "":
        return "not_found", f"this node has no device {unknown}"
    if len(offer.device_ids) != 1:
        return "unimplemented", f"an attempt runs on exactly one device, got {len(offer.device_ids)}"
    if used_slots(book, besides_job=offer.key.job_id) >= book.description.slots:
        return "resource_exhausted", f"all {book.description.slots} slots of this node are taken"
    return None


def used_slots(book: NodeBook, *, besides_job: str) -> int:
    """Return how many attempts of other jobs count against the slots.

    An abandoned one does not: the server has given it up. One of the same job does not: the offer replaces it.
    """
    others = (held for held in book.attempts.values() if held.key.job_id != besides_job)
    return sum(1 for held in others if held.is_unfinished and not held.is_abandoned)


def _why_not_working(book: NodeBook) -> str:
    if book.wedged_reason:
        return f"this node restarts: {book.wedged_reason}"
    return "this node is shutting down" if book.is_shutting_down else "this node is still warming up"


def _unknown_devices(book: NodeBook, offer: OfferAttempt) -> str:
    known = {device.device_id for device in book.description.devices}
    return ", ".join(device_id for device_id in offer.device_ids if device_id not in known)
