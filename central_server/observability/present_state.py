"""What is true at this moment, read from the read model when somebody scrapes. Nothing keeps these numbers up."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from central_server.observability import catalogue
from central_server.observability.catalogue import Metric
from central_server.read_model import ReadModel, SeenJob
from central_server.scheduler.nodes import NodeState
from central_server.views import NodeView, view_nodes
from shared.lifecycle import JobState, job_has_ended

_Rows = Iterable[tuple[Sequence[str], float]]


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the numbers come from that the read model does not have.

    Attributes:
        streams: how many are open, by kind.
        dropped: how many records were dropped so far, by why.
    """

    streams: Callable[[], Mapping[str, int]]
    dropped: Callable[[], Mapping[str, int]]


class PresentState(Collector):
    """Reads in the event loop's thread, where everything it reads is written."""

    def __init__(self, read_model: ReadModel, sources: Sources) -> None:
        self._read_model = read_model
        self._sources = sources

    def describe(self) -> Iterable[Family]:
        """Say nothing beforehand: the names are known to be our own."""
        return ()

    def collect(self) -> Iterator[Family]:
        """Give every gauge."""
        nodes = view_nodes(self._read_model)
        states = self._read_model.live_states()
        yield _gauge(
            catalogue.JOBS, (((state.value,), states.get(state, 0)) for state in JobState if not job_has_ended(state))
        )
        yield _gauge(catalogue.SAMPLES_PER_SECOND, [((), self._samples_per_second())])
        yield _gauge(catalogue.STREAMS, _by_name(self._sources.streams()))
        yield _counter(catalogue.TELEMETRY_DROPPED, _by_name(self._sources.dropped()))
        count = Counter(node.record.state for node in nodes)
        yield _gauge(catalogue.NODES, (((state.value,), count[state]) for state in NodeState))
        yield from _devices([node for node in nodes if node.record.session_id])

    def _samples_per_second(self) -> float:
        rates = (_rate_of(seen) for seen in self._read_model.placed_jobs())
        return math.fsum(rate for rate in rates if math.isfinite(rate))


def _rate_of(seen: SeenJob) -> float:
    """What the current attempt said last; what an older one said is over."""
    attempt = seen.record.current_attempt
    if seen.progress is None or attempt is None or seen.progress.attempt != attempt.number:
        return 0.0
    return seen.progress.metrics.get("samples_per_second", 0.0)


def _devices(nodes: Sequence[NodeView]) -> Iterator[Family]:
    devices = [(node, device) for node in nodes for device in node.record.description.devices]
    names = {id(device): (node.record.node_id, node.record.name, device.device_id) for node, device in devices}
    yield _gauge(catalogue.DEVICE_MEMORY, [(names[id(device)], device.memory_total_bytes) for _, device in devices])
    yield _gauge(
        catalogue.DEVICE_PROMISED,
        [(names[id(device)], node.promised_bytes.get(device.device_id, 0)) for node, device in devices],
    )
    uses = [(names[id(device)], use) for node, device in devices if (use := node.uses.get(device.device_id))]
    yield _gauge(catalogue.DEVICE_USED, [(name, use.memory_used_bytes) for name, use in uses])
    yield _gauge(
        catalogue.DEVICE_UTILISATION, [(name, use.utilisation) for name, use in uses if use.utilisation is not None]
    )


def _by_name(values: Mapping[str, int]) -> _Rows:
    return [((name,), value) for name, value in values.items()]


def _gauge(metric: Metric, rows: _Rows) -> Family:
    family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, value in rows:
        family.add_metric(labels, value)
    return family


def _counter(metric: Metric, rows: _Rows) -> Family:
    family = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, value in rows:
        family.add_metric(labels, value)
    return family
