"""Data that a finished model is asked about mean what those of its training meant, in whatever file they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server_node.training.api import TrainingEnvironment, plan_memory, prepare_judging, write_result
from server_node.training.given_weights import trained_on_of
from shared.errors import BadData
from shared.job_spec import ARTIFACT_PREFIX, JobSpec
from shared.safetensors_format import write_safetensors
from shared.trained_on import MOST_BYTES, TrainedOn, trained_on_metadata
from tests.server_node.training.builders import a_job, an_environment, finished
from tests.server_node.training.data.samples import library, png_bytes

COLUMNS = ("length", "width", "height")
KINDS = ("ant", "bee", "cow")
ROWS = np.random.default_rng(3).normal(5, 2, (30, 3)).round(3)
WORDS = [KINDS[place % 3] for place in range(30)]


@dataclass
class Trained:
    """A finished job on some file, and jobs with its weights on others."""

    spec: JobSpec
    environment: TrainingEnvironment
    weights: Path

    def judged(self, job_type: str, dataset: str) -> Any:
        judging = prepare_judging(self._job(job_type, dataset), self.environment)
        assert list(judging.run())[-1].is_last
        return judging

    def predictions(self, dataset: str) -> Any:
        return self.judged("inference", dataset).predictions

    def planned(self, dataset: str) -> int:
        return plan_memory(self._job("evaluation", dataset), self.environment).memory_bytes

    def _job(self, job_type: str, dataset: str) -> JobSpec:
        weights = ARTIFACT_PREFIX + self.weights.name
        return self.spec.model_copy(update={"job_type": job_type, "weights": weights, "dataset": dataset})


def trained(folder: Path, layers: Sequence[Any], dataset: str) -> Trained:
    made = an_environment(folder)
    environment = TrainingEnvironment(made.programs, made.datasets, (folder,), lambda sha256: folder / sha256)
    spec = a_job(layers, dataset, batch_size=2, epochs=2)
    weights = write_result(finished(spec, environment).result(), spec.model_definition, folder)[0]
    return Trained(spec, environment, weights.path.rename(folder / weights.sha256))


def csv_file(path: Path, rows: Any, words: Sequence[str], header: Sequence[str] = (*COLUMNS, "label")) -> str:
    lines = [",".join(header), *(",".join((*map(str, row), word)) for row, word in zip(rows, words, strict=True))]
    path.write_text("\n".join(lines))
    return f"file://{path}"


def parquet_file(path: Path, rows: Any, words: Sequence[str], header: Sequence[str] = (*COLUMNS, "label")) -> str:
    values = (*np.asarray(rows).T, list(words))
    table = library("pyarrow").table(dict(zip(header, values, strict=True)))
    library("pyarrow.parquet").write_table(table, path)
    return f"file://{path}"


TABLES = [csv_file, parquet_file]


@pytest.mark.parametrize("written", TABLES)
def test_rows_of_a_table_are_judged_alike_in_whatever_file_they_stand(
    written: Callable[..., str], tmp_path: Path
) -> None:
    whole = written(tmp_path / "whole", ROWS, WORDS) + "?normalize=standard"
    model = trained(tmp_path, [{"type": "dense", "units": 3}], whole)
    assert trained_on_of(model.weights).columns == COLUMNS
    assert trained_on_of(model.weights).class_names == KINDS
    chosen = [place for place in range(30) if WORDS[place] != "bee"]  # cow is the last label still
    some = written(tmp_path / "some", ROWS[chosen], [WORDS[place] for place in chosen])
    expected = model.predictions(whole)
    for said in ("", "?normalize=standard", "?normalize=minmax"):  # the model's own scale, whatever is said here
        np.testing.assert_allclose(model.predictions(some + said), expected[chosen], rtol=1e-5, atol=1e-6)
    right = [expected[place].argmax() == KINDS.index(WORDS[place]) for place in chosen]
    assert model.judged("evaluation", some).metrics()["accuracy"] == pytest.approx(np.mean(right))


@pytest.mark.parametrize("written", TABLES)
@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (("width", "length", "height", "label"), "column 1 beside the target must be 'length', got 'width'"),
        (("Length", "WIDTH", "depth", "label"), "column 3 beside the target must be 'height', got 'depth'"),
    ],
)
def test_columns_in_other_places_are_refused(
    written: Callable[..., str], header: Sequence[str], sentence: str, tmp_path: Path
) -> None:
    model = trained(tmp_path, [{"type": "dense", "units": 3}], written(tmp_path / "whole", ROWS, WORDS))
    other = written(tmp_path / "other", ROWS, WORDS, header)
    for judged in (model.predictions, model.planned):
        with pytest.raises(BadData, match=sentence):
            judged(other)


@pytest.mark.parametrize("written", TABLES)
def test_a_word_that_the_model_never_saw_is_refused(written: Callable[..., str], tmp_path: Path) -> None:
    model = trained(tmp_path, [{"type": "dense", "units": 3}], written(tmp_path / "whole", ROWS, WORDS))
    other = written(tmp_path / "other", ROWS[:3], ["ant", "beee", "cow"])
    with pytest.raises(BadData, match="trained on, got 'beee', did you mean bee"):
        model.judged("evaluation", other)


def test_a_table_without_a_header_counts_by_its_places(tmp_path: Path) -> None:
    whole = csv_file(tmp_path / "whole", ROWS, WORDS)
    model = trained(tmp_path, [{"type": "dense", "units": 3}], whole)
    np.savetxt(tmp_path / "bare", ROWS, delimiter=",", fmt="%.3f")
    bare = model.predictions(f"file://{tmp_path}/bare?target=none")
    np.testing.assert_array_equal(bare, model.predictions(whole))


def test_images_are_of_the_models_classes(tmp_path: Path) -> None:
    library("PIL.Image")
    for folder, kinds in (("all", KINDS), ("few", ("ant", "cow")), ("odd", ("ant", "dog"))):
        for kind in kinds:
            (tmp_path / folder / kind).mkdir(parents=True)
            grey = np.full((4, 4), 60 * len(kind) + 20 * KINDS.index(kind) if kind in KINDS else 0, np.uint8)
            (tmp_path / folder / kind / "1.png").write_bytes(png_bytes(grey))
    model = trained(tmp_path, [{"type": "dense", "units": 3}], f"file://{tmp_path}/all")
    every, few = (model.predictions(f"file://{tmp_path}/{folder}") for folder in ("all", "few"))
    np.testing.assert_allclose(few, every[[0, 2]], rtol=1e-6)
    right = [every[place].argmax() == place for place in (0, 2)]
    assert model.judged("evaluation", f"file://{tmp_path}/few").metrics()["accuracy"] == pytest.approx(np.mean(right))
    with pytest.raises(BadData, match="trained on, got 'dog'"):
        model.predictions(f"file://{tmp_path}/odd")


def test_a_text_is_read_in_the_models_own_words(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("the cat sat on the mat and the dog sat on the cat " * 4)
    (tmp_path / "short.txt").write_text("zebra mat mat on the cat and zebra the dog " * 2)
    said = "?vocabulary=words&sequence=4"
    layers = [
        {"type": "embedding", "vocab_size": 9, "embedding_dim": 4},
        {"type": "conv1d", "filters": 9, "kernel_size": 1},
    ]
    model = trained(tmp_path, layers, f"file://{tmp_path}/long.txt{said}")
    names = trained_on_of(model.weights).class_names
    judging = model.judged("inference", f"file://{tmp_path}/short.txt{said}")
    inputs = np.asarray(judging.prepared._parts.dataset.source.inputs)
    assert [names[number] for number in inputs[0]] == ["", "mat", "mat", "on"]


def test_only_a_scale_of_as_many_features_is_taken(tmp_path: Path) -> None:
    whole = csv_file(tmp_path / "whole", ROWS, WORDS) + "?normalize=minmax"
    model = trained(tmp_path, [{"type": "dense", "units": 3}], whole)
    np.save(tmp_path / "narrow.npy", ROWS[:, :2])
    with pytest.raises(BadData, match="expected 3 features, as the model was trained on, got 2"):
        model.predictions(f"file://{tmp_path}/narrow.npy?target=none")


@pytest.mark.parametrize(
    "said", ["{", '{"columns": 3}', '{"offset": [1.0], "width": []}', '{"offset": [1.0], "width": [0]}', "[" * 10_000]
)
def test_weights_that_say_nonsense_are_refused(said: str, tmp_path: Path) -> None:
    write_safetensors(tmp_path / "model.safetensors", (), {"trained_on": said})
    with pytest.raises(BadData, match="the given weights cannot be read: they cannot say what they were trained on"):
        trained_on_of(tmp_path / "model.safetensors")


def test_too_much_to_say_is_left_out() -> None:
    assert not trained_on_metadata(TrainedOn())
    assert not trained_on_metadata(TrainedOn(columns=("x" * MOST_BYTES,)))
