"""Jobs side by side: which settings differ, and which scores are the best."""

from __future__ import annotations

import json
import math

from cyxwiz.cli.comparison import (
    BestValue,
    ComparedJob,
    best_values,
    compared_job,
    comparison_rows,
    comparison_to_json,
    differing,
    flat_settings,
)
from cyxwiz.records import MetricRow
from cyxwiz.records_from_wire import job_info_from_wire
from tests.cyxwiz.scripted_server import a_job


def a_column(job_id: str, *, rate: float = 0.1, units: int = 8, losses: tuple[float, ...] = ()) -> ComparedJob:
    job = a_job(job_id, state="succeeded", name=f"run-{job_id}", started_at_ms=1000, ended_at_ms=4500)
    if losses:
        job.status.metrics.update({"loss": losses[-1], "elapsed_ms": 3})
    spec = {
        "name": f"run-{job_id}",
        "hyperparameters": {"learning_rate": rate, "optimizer": "adam"},
        "labels": {},
        "model_definition": json.dumps({"layers": [{"type": "flatten"}, {"type": "dense", "units": units}]}),
    }
    rows = [MetricRow(step, 1, 0, {"loss": loss}) for step, loss in enumerate(losses, start=1)]
    return compared_job(job_info_from_wire(job), spec, rows)


def test_nested_settings_have_dotted_names_and_lists_of_plain_values_stay_whole() -> None:
    assert flat_settings({"a": {"b": 1, "c": {}}, "d": [1, 2], "e": [{"f": 2}, "x"]}) == {
        "a.b": 1,
        "a.c": {},
        "d": [1, 2],
        "e[0].f": 2,
        "e[1]": "x",
    }


def test_only_settings_that_differ_are_named_the_models_too() -> None:
    columns = [a_column("a"), a_column("b", rate=0.2), a_column("c", units=16)]
    assert differing(columns) == ["hyperparameters.learning_rate", "model.layers[1].units"]
    assert differing([a_column("a"), a_column("b")]) == []


def test_the_best_of_a_history_is_the_least_loss_and_the_most_accuracy_and_nothing_of_a_rate() -> None:
    rows = [
        MetricRow(1, 1, 0, {"loss": 2.0, "accuracy": 0.5, "samples_per_second": 9.0}),
        MetricRow(2, 1, 0, {"loss": 1.0, "accuracy": 0.7}),
        MetricRow(3, 1, 0, {"loss": math.nan, "accuracy": 0.7}),
    ]
    assert best_values(rows) == {"loss": BestValue(1.0, 2), "accuracy": BestValue(0.7, 2)}


def test_the_table_has_final_and_best_scores_with_a_mark_at_the_best() -> None:
    rows = list(comparison_rows([a_column("a", losses=(3.0, 1.0, 2.0)), a_column("b", rate=0.2, losses=(1.5,))]))
    assert rows == [
        ("name", "run-a", "run-b"),
        ("state", "succeeded", "succeeded"),
        ("ran for", "3.5 s", "3.5 s"),
        ("hyperparameters.learning_rate", "0.1", "0.2"),
        ("final loss", "2", "1.5 *"),
        ("best loss", "1 * at 2", "1.5 at 1"),
    ]


def test_a_score_that_one_job_lacks_is_left_open_and_marks_nobody() -> None:
    *_, final, best = comparison_rows([a_column("a", losses=(1.0,)), a_column("b")])
    assert (final, best) == (("final loss", "1", "-"), ("best loss", "1 at 1", "-"))


def test_the_table_says_whose_values_are_final_where_a_job_keeps_its_best_epoch() -> None:
    job = a_job("a", state="succeeded")
    job.status.metrics.update({"loss": 1.0, "samples_processed": 2000, "kept_epoch": 17})
    job.result.final_metrics.update({"loss": 1.0, "samples_processed": 1700, "best_epoch": 17})
    columns = [compared_job(job_info_from_wire(job), {}, []), a_column("b")]
    rows = {name: first for name, first, _ in comparison_rows(columns)}
    assert rows["final values of"] == "epoch 17, the best"
    assert rows["final samples_processed"] == "2000"


def test_the_json_has_the_differing_settings_of_each_job() -> None:
    document = comparison_to_json([a_column("a", losses=(3.0,)), a_column("b", rate=0.2)])
    assert document == {
        "differing": ["hyperparameters.learning_rate"],
        "jobs": [
            {
                "job_id": "a",
                "name": "run-a",
                "state": "succeeded",
                "settings": {"hyperparameters.learning_rate": 0.1},
                "kept_epoch": None,
                "final": {"loss": 3.0},
                "best": {"loss": {"value": 3.0, "step": 1}},
            },
            {
                "job_id": "b",
                "name": "run-b",
                "state": "succeeded",
                "settings": {"hyperparameters.learning_rate": 0.2},
                "kept_epoch": None,
                "final": {},
                "best": {},
            },
        ],
    }
