"""Every metric of `/metrics`: its name, kind, labels and what it tells. The reference page is made from this table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_PATIENT = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 4 * 3600.0, 24 * 3600.0)


class Kind(StrEnum):
    """What a metric is to Prometheus."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        name: as it is scraped; a histogram has its endings `_bucket`, `_sum` and `_count` beside it.
        help: one sentence.
        buckets: of a histogram, in seconds.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(f"cyxwiz_{name}", Kind.COUNTER, text, labels)


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(f"cyxwiz_{name}", Kind.GAUGE, text, labels)


def _histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Metric:
    return Metric(f"cyxwiz_{name}", Kind.HISTOGRAM, text, labels, buckets)


JOBS = _gauge("jobs", "Jobs that have not ended, by state; those in state queued are the queue.", "state")
JOBS_SUBMITTED = _counter("jobs_submitted_total", "Jobs accepted since the server started.")
JOBS_ENDED = _counter("jobs_ended_total", "Jobs that ended since the server started, by how.", "state")
ATTEMPTS_ENDED = _counter("attempts_ended_total", "Attempts that ended since the server started, by how.", "state")
QUEUE_WAIT = _histogram("queue_wait_seconds", "From submission to the start of a job's first attempt.", _PATIENT)
FIRST_STEP = _histogram("time_to_first_step_seconds", "From submission to the end of a job's first step.", _PATIENT)
CANCEL_LATENCY = _histogram(
    "cancel_latency_seconds", "From a running job's cancel being durable to its device being free.", _QUICK
)
COMMIT_LATENCY = _histogram("commit_latency_seconds", "One transaction of the control loop, sync included.", _QUICK)
SAMPLES_PER_SECOND = _gauge("samples_per_second", "Training examples a second, over all running jobs together.")
TELEMETRY_DROPPED = _counter(
    "telemetry_dropped_total",
    "Rows and log lines that were dropped: by the server, as sent by a node that does not own the attempt (fenced), or "
    "by nodes, as more was made than the server took (overflow).",
    "why",
)
STREAMS = _gauge(
    "streams", "Open streams: control streams of nodes, followers of jobs over gRPC, event streams over HTTP.", "kind"
)
NODES = _gauge("nodes", "Nodes ever seen, by state.", "state")
DEVICE_MEMORY = _gauge("device_memory_bytes", "Memory of each device of connected nodes.", "node", "name", "device")
DEVICE_PROMISED = _gauge(
    "device_memory_promised_bytes", "Memory that is promised to attempts, by device.", "node", "name", "device"
)
DEVICE_USED = _gauge(
    "device_memory_used_bytes", "Memory in use as the node measured it last, by whomever.", "node", "name", "device"
)
DEVICE_UTILISATION = _gauge(
    "device_utilisation",
    "Share of time in which the device worked, 0 to 1, as measured last.",
    "node",
    "name",
    "device",
)
RPCS = _counter("grpc_requests_total", "gRPC requests that ended, by method and status code.", "method", "code")
RPC_SECONDS = _histogram("grpc_request_seconds", "How long gRPC requests with one answer took.", _QUICK, "method")
REQUESTS = _counter(
    "http_requests_total", "HTTP requests that ended, by route, method and status.", "route", "method", "status"
)
REQUEST_SECONDS = _histogram(
    "http_request_seconds", "How long HTTP requests took; event streams are not among them.", _QUICK, "route"
)

METRICS: tuple[Metric, ...] = (
    JOBS,
    JOBS_SUBMITTED,
    JOBS_ENDED,
    ATTEMPTS_ENDED,
    QUEUE_WAIT,
    FIRST_STEP,
    CANCEL_LATENCY,
    COMMIT_LATENCY,
    SAMPLES_PER_SECOND,
    TELEMETRY_DROPPED,
    STREAMS,
    NODES,
    DEVICE_MEMORY,
    DEVICE_PROMISED,
    DEVICE_USED,
    DEVICE_UTILISATION,
    RPCS,
    RPC_SECONDS,
    REQUESTS,
    REQUEST_SECONDS,
)
