"""`model: {python: my_model.py}` in a job file, and given to the SDK."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyxwiz.job_file import read_job_file
from cyxwiz.job_input import job_spec_from
from shared.errors import InvalidField, TooLarge
from shared.user_model import LARGEST_SOURCE_BYTES, runs_user_code

GOOD = "def init(key, input_shape): ...\ndef apply(params, x, *, key, train): ...\n"


def test_a_python_file_is_relative_to_the_job_file_and_read_whole(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.py").write_text(GOOD)
    (tmp_path / "job.yaml").write_text("model: {python: models/mine.py}\ndataset: builtin://digits\n")
    job = read_job_file(tmp_path / "job.yaml")
    assert job["model"] == {"python": {"file": "mine.py", "source": GOOD}}
    assert runs_user_code(job_spec_from(tmp_path / "job.yaml", {}, tmp_path).model_definition)


def test_a_file_with_a_mistake_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(GOOD + "def broken(:\n")
    with pytest.raises(InvalidField, match=r'mine\.py, line 3, "def broken\(:": syntax error'):
        job_spec_from({"model": {"python": str(path)}, "dataset": "builtin://digits"}, {}, tmp_path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidField, match=r"cannot read model file .*gone\.py"):
        job_spec_from({"model": {"python": str(tmp_path / "gone.py")}, "dataset": "builtin://digits"}, {}, tmp_path)


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_bytes(b"#" * (LARGEST_SOURCE_BYTES * 2))
    with pytest.raises(TooLarge, match=r"mine\.py"):
        job_spec_from({"model": {"python": str(path)}, "dataset": "builtin://digits"}, {}, tmp_path)
