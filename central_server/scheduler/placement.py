"""Where a job may run, and where it runs best.

`FILTERS` and `SCORES` are two lists of small named functions. A filter returns None, or the sentence of why not, which
is what people read as the reason why a job waits. A new rule is a function and an entry in a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from central_server.scheduler.byte_sizes import describe_bytes
from central_server.scheduler.needs import Need
from central_server.scheduler.nodes import NodeRecord
from shared.node_messages import Device, DeviceKind


@dataclass(frozen=True, slots=True)
class Place:
    """One device of one node, as it stands now.

    Attributes:
        capacity_bytes: what the node can promise on this device.
        promised_bytes: what is promised already, also to attempts that are being stopped.
        attempts_on_node: how many attempts hold a slot of the node.
        stopping_on_node: how many of those are being stopped.
        attempts_on_device: how many attempts hold this device.
        is_held_whole: whether one of them holds it alone, as it asked.
    """

    node: NodeRecord
    device: Device
    capacity_bytes: int
    promised_bytes: int
    attempts_on_node: int
    stopping_on_node: int
    attempts_on_device: int = 0
    is_held_whole: bool = False

    @property
    def free_bytes(self) -> int:
        """What can still be promised."""
        return max(0, self.capacity_bytes - self.promised_bytes)


@dataclass(frozen=True, slots=True)
class Affinity:
    """What a job would find already there, by node id.

    Attributes:
        checkpoint: the node with its newest checkpoint, empty for none.
        fingerprint: of the device that made the checkpoint every node can have; empty for none.
        program: nodes that have compiled a program like its own.
        dataset: nodes that have opened its dataset.
    """

    checkpoint: str = ""
    fingerprint: str = ""
    program: frozenset[str] = frozenset()
    dataset: frozenset[str] = frozenset()


Filter = Callable[[Need, Place], str | None]
Score = Callable[[Affinity, Place], float]
"""More is better."""


def node_is_connected(_need: Need, place: Place) -> str | None:
    """A node that is not here can be told nothing."""
    return None if place.node.session_id else f"{place.node.name} is offline"


def node_is_not_draining(_need: Need, place: Place) -> str | None:
    """A draining node finishes what it has and takes nothing new."""
    return f"{place.node.name} is draining" if place.node.is_draining else None


def node_is_ready(_need: Need, place: Place) -> str | None:
    """Until JAX has loaded nothing can start."""
    return None if place.node.description.is_ready else f"{place.node.name} is warming up"


def device_is_of_the_kind(need: Need, place: Place) -> str | None:
    """A job may insist on a kind of device."""
    if need.device_kind in {None, place.device.kind}:
        return None
    return f"{place.node.name} has no {need.device_kind} device"


def node_allows_user_code(need: Need, place: Place) -> str | None:
    """Code of others runs only where the node's operator has said so."""
    if not need.runs_user_code or place.node.description.allows_user_code:
        return None
    return f"{place.node.name} does not run users' own models: its operator has not said --allow-user-code"


def node_serves_models(need: Need, place: Place) -> str | None:
    """A replica is of no use where no caller reaches it."""
    if not need.is_replica or place.node.description.serving_address:
        return None
    return f"{place.node.name} serves no models: its operator has not said --listen"


def device_could_ever_hold_it(need: Need, place: Place) -> str | None:
    """More than the device's whole capacity never fits."""
    if need.memory_bytes <= place.capacity_bytes:
        return None
    return (
        f"it needs {describe_bytes(need.memory_bytes)} and {place.device.device_id} of {place.node.name} "
        f"can give {describe_bytes(place.capacity_bytes)}"
    )


def node_does_not_mind(need: Need, place: Place) -> str | None:
    """A node that has just refused the job is left alone for a while."""
    reasons = (avoided.reason for avoided in need.avoided if avoided.node_id == place.node.node_id)
    return next((f"{place.node.name} did not take it: {reason}" for reason in reasons), None)


def device_is_not_held_whole(_need: Need, place: Place) -> str | None:
    """A device that somebody asked for whole is shared with nobody."""
    if not place.is_held_whole:
        return None
    return f"{place.device.device_id} of {place.node.name} is held whole by another job"


def device_is_free_to_be_whole(need: Need, place: Place) -> str | None:
    """A job that asks for a whole device waits until nobody else is on it."""
    if not need.is_whole or not place.attempts_on_device:
        return None
    return (
        f"it wants {place.device.device_id} of {place.node.name} whole, and {place.attempts_on_device} others hold it"
    )


def slot_is_free(_need: Need, place: Place) -> str | None:
    """A node runs as many attempts at once as it has slots."""
    slots = place.node.description.slots
    if place.attempts_on_node < slots:
        return None
    stopping = f", {place.stopping_on_node} of them stopping" if place.stopping_on_node else ""
    return f"{place.node.name} has no free slot (it runs {place.attempts_on_node} of {slots}{stopping})"


def memory_is_free(need: Need, place: Place) -> str | None:
    """What is promised to others cannot be promised again."""
    if need.memory_bytes <= place.free_bytes:
        return None
    return (
        f"it needs {describe_bytes(need.memory_bytes)} and {place.device.device_id} of {place.node.name} "
        f"has {describe_bytes(place.free_bytes)} of {describe_bytes(place.capacity_bytes)} free"
    )


LASTING_FILTERS: tuple[Filter, ...] = (
    node_is_connected,
    node_is_not_draining,
    node_is_ready,
    device_is_of_the_kind,
    node_allows_user_code,
    node_serves_models,
    device_could_ever_hold_it,
)
"""What also holds when nothing else runs there."""

FILTERS: tuple[Filter, ...] = (
    *LASTING_FILTERS,
    node_does_not_mind,
    device_is_not_held_whole,
    device_is_free_to_be_whole,
    slot_is_free,
    memory_is_free,
)
"""Lasting reasons first: the first refusal is what a waiting person reads."""


def holds_the_checkpoint(affinity: Affinity, place: Place) -> float:
    """Going on from a checkpoint beats starting anew."""
    return float(place.node.node_id == affinity.checkpoint)


def goes_on_with_the_same_bits(affinity: Affinity, place: Place) -> float:
    """On the same kind of device a resumed job ends as if it had never been interrupted."""
    return float(bool(affinity.fingerprint) and place.node.description.fingerprint == affinity.fingerprint)


def is_an_accelerator(_affinity: Affinity, place: Place) -> float:
    """A job that takes any device is quickest on a GPU."""
    return float(place.device.kind is not DeviceKind.CPU)


def has_slots_to_spare(_affinity: Affinity, place: Place) -> float:
    """Spread jobs: an emptier node gives each more of its cores."""
    return spare_slots(place)


def holds_the_program(affinity: Affinity, place: Place) -> float:
    """A compiled program saves seconds, so it decides between nodes that are equally busy."""
    return float(place.node.node_id in affinity.program)


def holds_the_dataset(affinity: Affinity, place: Place) -> float:
    """A dataset that is open already saves reading it."""
    return float(place.node.node_id in affinity.dataset)


def has_memory_to_spare(_affinity: Affinity, place: Place) -> float:
    """The roomiest device leaves the most choice for the next job."""
    return float(place.free_bytes)


SCORES: tuple[Score, ...] = (
    holds_the_checkpoint,
    goes_on_with_the_same_bits,
    is_an_accelerator,
    has_slots_to_spare,
    holds_the_program,
    holds_the_dataset,
    has_memory_to_spare,
)
"""Compared in this order; a later score decides only between places that are equal in all earlier ones."""

_SPOKEN: dict[Score, str] = {
    holds_the_checkpoint: "has the checkpoint",
    goes_on_with_the_same_bits: "gives the same bits as where the checkpoint was made",
    is_an_accelerator: "is an accelerator",
    holds_the_program: "has the program compiled",
    holds_the_dataset: "has the dataset",
}


def spare_slots(place: Place) -> float:
    """Return the share of the node's slots that are free."""
    return 1.0 - place.attempts_on_node / max(1, place.node.description.slots)


def refusal(need: Need, place: Place) -> str | None:
    """Return why `place` will not do, None when it will."""
    return next((why for rule in FILTERS if (why := rule(need, place)) is not None), None)


def refusal_when_empty(need: Need, place: Place) -> str | None:
    """Return why `place` would not do even if nothing ran there, None when it would."""
    return next((why for rule in LASTING_FILTERS if (why := rule(need, place)) is not None), None)


def refusal_depth(need: Need, place: Place) -> int:
    """Return how many filters `place` passes before it refuses; people are told of the device that came furthest."""
    return next((depth for depth, rule in enumerate(FILTERS) if rule(need, place) is not None), len(FILTERS))


def scores_of(affinity: Affinity, place: Place) -> list[float]:
    """Return how good a place is, to be compared as a whole."""
    return [score(affinity, place) for score in SCORES]


def best_place(need: Need, affinity: Affinity, places: Iterable[Place]) -> Place | None:
    """Return the best place for a job; equal ones in the order in which they are given."""
    fitting = [place for place in places if refusal(need, place) is None]
    return max(fitting, key=lambda place: scores_of(affinity, place), default=None)


def described_choice(affinity: Affinity, place: Place) -> str:
    """Say what spoke for a place, for people who wonder why a job went there."""
    spoken = [word for score, word in _SPOKEN.items() if score(affinity, place)]
    slots = place.node.description.slots
    spoken.append(f"{slots - place.attempts_on_node} of {slots} slots were free")
    return f"{place.device.device_id} of {place.node.name}: {', '.join(spoken)}"
