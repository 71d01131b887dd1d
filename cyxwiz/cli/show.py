"""`cyxwiz show`: everything about one job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cyxwiz.cli.options import JobArgument, JsonOption, ServerOption
from cyxwiz.cli.printing import print_json, print_line
from cyxwiz.cli.words import bytes_in_words, kept_epoch, moment_in_words, seconds_in_words
from cyxwiz.records import AttemptInfo, JobInfo
from shared.clock import SystemClock

if TYPE_CHECKING:
    from cyxwiz.aio import Client


def show(job: JobArgument, as_json: JsonOption = False, server: ServerOption = None) -> None:
    """Show everything about one job.

    That is its attempts, its scores and, while it waits, why.

    Example: cyxwiz show 7f3a --json
    """
    from cyxwiz.cli.find_job import find_job
    from cyxwiz.cli.with_client import with_client

    async def work(client: Client) -> JobInfo:
        return await (await find_job(client, job)).status()

    info = with_client(server, work)
    if as_json:
        print_json(info)
        return
    facts = list(_facts(info, now_ms=SystemClock().unix_ms()))
    width = max(15, *(len(key) for key, _ in facts))
    for key, value in facts:
        # What others wrote may have several lines; none of them may look like a fact of ours.
        print_line(f"{key:<{width}} " + f"\n{' ' * (width + 1)}".join(value.splitlines() or [""]))


def _facts(info: JobInfo, *, now_ms: int) -> Iterator[tuple[str, str]]:
    yield "job", f"{info.job_id}  {info.name}".rstrip()
    # Why a job failed is its error, which has a line of its own.
    yield "state", f"{info.state} ({info.reason})" if info.reason and info.error is None else str(info.state)
    if info.waiting_reason:
        yield "waits because", info.waiting_reason
    if info.error is not None:
        yield "error", f"{info.error.message} ({info.error.code})"
    yield "progress", f"{info.progress:.0%}  epoch {info.epoch}/{info.epochs}  step {info.step}/{info.steps_total}"
    yield "priority", info.priority
    if info.labels:
        yield "labels", ", ".join(f"{key}={value}" for key, value in info.labels.items())
    yield "submitted", moment_in_words(info.submitted_at_ms, now_ms=now_ms)
    yield "started", moment_in_words(info.started_at_ms, now_ms=now_ms)
    yield "first step", moment_in_words(info.first_step_at_ms, now_ms=now_ms)
    yield "ended", moment_in_words(info.ended_at_ms, now_ms=now_ms)
    if (epoch := kept_epoch(info)) is not None:
        yield "values", f"of epoch {epoch}, the best, whose weights are kept"
    for name, value in info.metrics.items():
        if name == "kept_epoch":
            continue  # said above
        yield name, f"{value:.6g}"
    for attempt in info.attempts:
        yield f"attempt {attempt.number}", _attempt_in_words(attempt, said=info.error.message if info.error else "")
    if info.result is not None:
        if info.result.weights_uri:
            yield "weights", f"{info.result.weights_uri}  {bytes_in_words(info.result.size_bytes)}"
            yield "sha256", info.result.weights_sha256
        yield "computed for", seconds_in_words(info.result.compute_seconds)


def _attempt_in_words(attempt: AttemptInfo, *, said: str) -> str:
    resumed = f", resumed from step {attempt.resumed_from_step}" if attempt.resumed_from_step else ""
    why = f" ({attempt.reason})" if attempt.reason and attempt.reason != said else ""
    where = f", placed on {attempt.placement}" if attempt.placement else ""
    return f"{attempt.state} on {attempt.node_id}{resumed}{why}{where}"
