"""What differs between jobs, and how each has scored. Pure: from records to rows and to JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cyxwiz.cli.words import kept_epoch, seconds_in_words
from cyxwiz.records import JobInfo, MetricRow, to_json_value

_NOT_SAID = "-"
_NOT_COMPARED = frozenset({"name"})  # it heads the column
_NOT_A_SCORE = frozenset({"elapsed_ms", "kept_epoch"})  # each is said in words
_OF_THE_WHOLE_RUN = frozenset({"samples_processed"})  # the values of a kept epoch have its own
_Best = Callable[[Iterable[float]], float]


@dataclass(frozen=True, slots=True)
class BestValue:
    """The best value that a job has reported, and at which step."""

    value: float
    step: int


@dataclass(frozen=True, slots=True)
class ComparedJob:
    """One job as a column of the comparison.

    Attributes:
        info: how it stands.
        settings: what was asked for, by dotted name.
        final: the scores of the kept model, which may be that of an earlier epoch, else the last ones.
        best: of each value that has a better and a worse, the best in its history.
    """

    info: JobInfo
    settings: Mapping[str, object]
    final: Mapping[str, float]
    best: Mapping[str, BestValue]


def compared_job(info: JobInfo, spec: Mapping[str, object], history: Iterable[MetricRow]) -> ComparedJob:
    """Return a job's column; `spec` has the fields of the job as plain values."""
    kept = info.result.final_metrics if info.result is not None else {}
    final = {**info.metrics, **{name: value for name, value in kept.items() if name not in _OF_THE_WHOLE_RUN}}
    return ComparedJob(
        info=info,
        settings=flat_settings(_with_model(spec)),
        final={name: value for name, value in final.items() if name not in _NOT_A_SCORE},
        best=best_values(history),
    )


def flat_settings(value: object, name: str = "") -> dict[str, object]:
    """Return nested settings by dotted names such as `hyperparameters.learning_rate` and `model.layers[0].units`."""
    if isinstance(value, Mapping) and (value or not name):
        parts = [(f"{name}.{key}" if name else str(key), inner) for key, inner in value.items()]
    elif isinstance(value, list | tuple) and any(isinstance(inner, Mapping) for inner in value):
        parts = [(f"{name}[{place}]", inner) for place, inner in enumerate(value)]
    else:
        return {name: value}
    return {key: inner for part, below in parts for key, inner in flat_settings(below, part).items()}


def differing(jobs: Sequence[ComparedJob]) -> list[str]:
    """Return the settings in which the jobs are not all alike, in the order in which they are met."""
    names = dict.fromkeys(name for job in jobs for name in job.settings)
    return [name for name in names if name not in _NOT_COMPARED and _differs([_text_of(job, name) for job in jobs])]


def best_values(history: Iterable[MetricRow]) -> dict[str, BestValue]:
    """Return the best of each loss and each accuracy, the first time that it was reached."""
    best: dict[str, BestValue] = {}
    for row in history:
        for name, value in row.values.items():
            better = better_of(name)
            if better is None or not math.isfinite(value):
                continue
            if name not in best or better((value, best[name].value)) != best[name].value:
                best[name] = BestValue(value, row.step)
    return best


def better_of(name: str) -> _Best | None:
    """Return whether less or more of a value is better; None when neither is."""
    if "loss" in name or "error" in name:
        return min
    return max if "accuracy" in name else None


def comparison_rows(jobs: Sequence[ComparedJob]) -> Iterator[tuple[str, ...]]:
    """Give the rows of the table: who, the settings that differ, then final and best scores; `*` marks the best."""
    yield ("name", *(job.info.name or _NOT_SAID for job in jobs))
    yield ("state", *(str(job.info.state) for job in jobs))
    yield ("ran for", *(_ran_for(job.info) for job in jobs))
    for name in differing(jobs):
        yield (name, *(_text_of(job, name) for job in jobs))
    if any(kept_epoch(job.info) is not None for job in jobs):
        yield ("final values of", *(_whose_values(job.info) for job in jobs))
    for name in sorted({name for job in jobs for name in job.final}):
        yield (f"final {name}", *_marked(name, [job.final.get(name) for job in jobs]))
    for name in sorted({name for job in jobs for name in job.best}):
        found = [job.best.get(name) for job in jobs]
        cells = _marked(name, [one.value if one else None for one in found])
        yield (
            f"best {name}",
            *(f"{cell} at {one.step}" if one else cell for cell, one in zip(cells, found, strict=True)),
        )


def comparison_to_json(jobs: Sequence[ComparedJob]) -> dict[str, object]:
    """Return the document that `cyxwiz compare --json` prints."""
    names = differing(jobs)
    return {
        "differing": list(names),
        "jobs": [
            {
                "job_id": job.info.job_id,
                "name": job.info.name,
                "state": job.info.state,
                "settings": {name: to_json_value(job.settings.get(name)) for name in names},
                "kept_epoch": kept_epoch(job.info),
                "final": to_json_value(job.final),
                "best": to_json_value(job.best),
            }
            for job in jobs
        ],
    }


def _with_model(spec: Mapping[str, object]) -> dict[str, object]:
    """The settings with the model as it is written in a job file, not as the text that travels."""
    settings = dict(spec)
    definition = settings.pop("model_definition", None)
    return settings if definition is None else {**settings, "model": json.loads(str(definition))}


def _differs(values: Sequence[object]) -> bool:
    return any(value != values[0] for value in values)


def _text_of(job: ComparedJob, name: str) -> str:
    value = job.settings.get(name)
    if value is None:
        return _NOT_SAID
    return value if isinstance(value, str) else json.dumps(value)


def _marked(name: str, values: Sequence[float | None]) -> list[str]:
    better = better_of(name)
    finite = [value for value in values if value is not None and math.isfinite(value)]
    best = better(finite) if better is not None and len(finite) > 1 and _differs(finite) else None
    return [
        _NOT_SAID if value is None else f"{value:.6g}{' *' if best is not None and value == best else ''}"
        for value in values
    ]


def _whose_values(info: JobInfo) -> str:
    epoch = kept_epoch(info)
    return "the last epoch" if epoch is None else f"epoch {epoch}, the best"


def _ran_for(info: JobInfo) -> str:
    if info.started_at_ms is None or info.ended_at_ms is None:
        return _NOT_SAID
    return seconds_in_words((info.ended_at_ms - info.started_at_ms) / 1000)
