"""Job files and overrides, as a person writes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cyxwiz.job_file import read_job_file, with_overrides
from shared.errors import InvalidField, TooLarge


def test_a_model_file_is_relative_to_the_job_file(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "m.cyxgraph").write_text(json.dumps({"layers": [10]}))
    (tmp_path / "job.yaml").write_text("model: {file: models/m.cyxgraph}\ndataset: builtin://digits\n")
    assert read_job_file(tmp_path / "job.yaml")["model"] == {"layers": [10]}


def test_json_is_read_as_well(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text('{"epochs": 3, "hyperparameters": {"learning_rate": 1e-3}}')
    assert read_job_file(tmp_path / "job.json") == {"epochs": 3, "hyperparameters": {"learning_rate": 0.001}}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[1, 2]", "must be a mapping with keys such as 'model' and 'dataset', got a list of 2"),
        ("", "got nothing"),
        ("epochs: [", "neither YAML nor JSON"),
        ("epochs: 1\nepochs: 2", "'epochs' is written twice"),
        ("model: {file: 3}\n", "model.file must be the path"),
        ("model: {file: gone.json}\n", "cannot read model file"),
        ("model: {file: m.json, fil: n.json}\n", "model has the unknown key 'fil' beside 'file'"),
    ],
)
def test_what_is_no_job_file_is_said(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "job.yaml").write_text(text)
    with pytest.raises(InvalidField, match=sentence.replace("[", r"\[")):
        read_job_file(tmp_path / "job.yaml")


def test_bytes_that_are_no_text_are_said(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidField, match="no UTF-8 text"):
        read_job_file(tmp_path / "job.yaml")


@pytest.mark.parametrize("name", ["job.yaml", "model.json"])
def test_a_file_of_100_mb_is_not_even_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "job.yaml").write_text("model: {file: model.json}\n")
    with (tmp_path / name).open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(TooLarge, match=r"more than [\d,]+ bytes and was not sent") as caught:
        read_job_file(tmp_path / "job.yaml")
    assert caught.value.field == "model_definition"


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("epochs=3", {"epochs": 3}),
        ("hyperparameters.learning_rate=1e-2", {"hyperparameters": {"learning_rate": 0.01}}),
        ("labels.team=no", {"labels": {"team": "no"}}),
        ("resources={device: cpu}", {"resources": {"device": "cpu"}}),
        ("dataset=file:///x?a=b", {"dataset": "file:///x?a=b"}),
        ("name=null", {"name": None}),
        ("name=''", {"name": ""}),
    ],
)
def test_overrides_are_dotted_paths_with_yaml_values(override: str, expected: object) -> None:
    assert with_overrides({}, [override]) == expected


def test_an_override_leaves_the_rest_and_the_original_alone() -> None:
    job = {"model": {"layers": [{"units": 1}, {"units": 2}]}, "epochs": 1}
    changed = with_overrides(job, ["model.layers.1.units=5", "epochs=2"])
    assert changed == {"model": {"layers": [{"units": 1}, {"units": 5}]}, "epochs": 2}
    assert job == {"model": {"layers": [{"units": 1}, {"units": 2}]}, "epochs": 1}


@pytest.mark.parametrize("override", ["epochs", "=3", "a..b=1", "epochs.x=1", "model.layers.7=1", "model.layers.x=1"])
def test_an_override_that_leads_nowhere_is_said(override: str) -> None:
    with pytest.raises(InvalidField, match="--set"):
        with_overrides({"epochs": 1, "model": {"layers": [1]}}, [override])


@pytest.mark.parametrize("override", ["epochs=", "epochs=  ", "model.layers.0="])
def test_an_override_without_a_value_is_refused_and_never_the_default(override: str) -> None:
    with pytest.raises(InvalidField, match="is empty: give a value, as in --set epochs=5") as caught:
        with_overrides({"epochs": 1, "model": {"layers": [1]}}, [override])
    assert caught.value.field == override.partition("=")[0]


@pytest.fixture
def two_models(tmp_path: Path) -> Path:
    """Return a job file beside two model files, of which it names the first."""
    (tmp_path / "one.json").write_text(json.dumps({"layers": [1]}))
    (tmp_path / "two.json").write_text(json.dumps({"layers": [2, 2]}))
    (tmp_path / "job.yaml").write_text("model: {file: one.json}\ndataset: builtin://digits\n")
    return tmp_path / "job.yaml"


@pytest.mark.parametrize(
    ("overrides", "layers"),
    [
        (["model.file=two.json"], [2, 2]),
        (["model={file: two.json}"], [2, 2]),
        (["model={layers: [3]}"], [3]),
        (["model.layers.0=5"], [5]),
        (["model.file=two.json", "model.layers.1=5"], [2, 5]),
    ],
)
def test_overrides_choose_the_model_file_and_change_what_it_holds(
    two_models: Path, overrides: list[str], layers: list[int]
) -> None:
    assert read_job_file(two_models, overrides)["model"] == {"layers": layers}


def test_a_model_file_that_an_override_replaces_need_not_be_there(two_models: Path) -> None:
    (two_models.parent / "one.json").unlink()
    assert read_job_file(two_models, ["model.file=two.json"])["model"] == {"layers": [2, 2]}
