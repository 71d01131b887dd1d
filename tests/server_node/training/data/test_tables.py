"""Parquet and CSV: which column is the target, and the one sentence for every defect."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.server_node.training.data.builders import opened, refused, refused_as_too_large

COLUMNS = {"a": [1.0, 2.0, 3.0], "label": [0, 1, 2], "b": [4, 5, 6]}


def parquet(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    arrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow: install cyxwiz[data]")
    library = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow: install cyxwiz[data]")
    library.write_table(arrow.table(columns), path, **options)
    return path


def test_parquet_columns_are_inputs_but_for_the_label(tmp_path: Path) -> None:
    data = opened(parquet(tmp_path / "d.parquet", COLUMNS, row_group_size=2))
    np.testing.assert_array_equal(data.inputs, [[1, 4], [2, 5], [3, 6]])
    assert (data.targets.tolist(), data.classes) == ([0, 1, 2], 3)
    real = opened(tmp_path / "d.parquet", "?target=a")
    assert real.inputs.tolist() == [[0, 4], [1, 5], [2, 6]]
    both = opened(tmp_path / "d.parquet", "?target=input")
    assert both.targets is both.inputs
    assert both.inputs.shape == (3, 3)


def test_parquet_lists_of_one_size_are_many_columns(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow: install cyxwiz[data]")
    lists = arrow.array([[1, 2], [3, 4]], arrow.list_(arrow.float32(), 2))
    data = opened(parquet(tmp_path / "d.parquet", {"x": lists, "y": [1.5, 2.5]}))
    assert data.inputs.tolist() == [[1, 2], [3, 4]]
    assert data.targets.tolist() == [[1.5], [2.5]]


@pytest.mark.parametrize(
    ("columns", "query", "said"),
    [
        ({"a": [1.0, None], "y": [0, 1]}, "", "column 'a': expected a number in every row"),
        ({"a": ["x", "z"], "y": [0, 1]}, "", "expected numbers in column 'a', got type string"),
        ({"a": [[1.0], [2.0, 3.0]], "y": [0, 1]}, "", "expected numbers in column 'a', got type list"),
        ({"a": [1.0, float("nan")], "y": [0, 1]}, "", "NaN or infinity in 1 examples, the first is 1"),
        ({"y": [0, 1]}, "", "at least two columns"),
        ({"a": [1.0], "price": [0]}, "?target=prise", "did you mean price?"),
        ({"a": [], "y": []}, "", "expected numbers in column 'a', got type null"),
    ],
)
def test_parquet_defects_are_told(tmp_path: Path, columns: dict[str, Any], query: str, said: str) -> None:
    assert said in refused(parquet(tmp_path / "d.parquet", columns), query)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_parquet_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    path = parquet(tmp_path / "d.parquet", {"a": np.arange(1000.0), "y": np.arange(1000) % 3})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert "whole Parquet file" in refused(path)


def test_a_parquet_that_swells_is_refused_before_it_does(tmp_path: Path) -> None:
    path = parquet(tmp_path / "d.parquet", {"a": np.zeros(10**6), "y": np.zeros(10**6, int)})
    assert path.stat().st_size < 100_000
    refused_as_too_large(tmp_path, f"file://{path}")


def csv(folder: Path, text: str) -> Path:
    (folder / "data.csv").write_text(text)
    return folder / "data.csv"


def test_csv_targets_may_be_words_and_may_be_named(tmp_path: Path) -> None:
    irises = opened(csv(tmp_path, "5.1,3.5,setosa\n4.9,3.0,virginica\n4.7,3.2,setosa\n"))
    assert (irises.targets.tolist(), irises.classes) == ([0, 1, 0], 2)
    assert irises.class_names == ("setosa", "virginica")
    named = opened(csv(tmp_path, 'kind,"size, in cm"\nb,1\na,2\n'), "?target=kind")
    assert named.targets.tolist() == [1, 0]
    assert named.inputs.tolist() == [[1], [2]]
    both = opened(csv(tmp_path, "1,2\n3,4\n"), "?target=input")
    assert both.targets is both.inputs


@pytest.mark.parametrize(
    ("text", "query", "said"),
    [
        ("1,2,a\n3,4,5\n", "", "either words or numbers as targets, got 1 words in 2 rows, such as 'a'"),
        ("a,b\n1,2\n", "?target=c", "expected a column 'c', found none"),
        ('a,y\n"1,2",3\n', "", "line 2, column 1 (a): expected a number, got '1,2'"),
        ("a,y\n,3\n", "", "expected a number, got ''"),
        ("a,y\n1,\n", "", "expected a number, got ''"),
        ('a,y\n"1,3\n', "", "expected 2 columns as in the first line, got 1"),
    ],
)
def test_more_csv_defects_are_told(tmp_path: Path, text: str, query: str, said: str) -> None:
    assert said in refused(csv(tmp_path, text), query)


def test_a_csv_that_may_hold_too_much_is_refused_unread(tmp_path: Path) -> None:
    refused_as_too_large(tmp_path, f"file://{csv(tmp_path, '1,2' * 5_000)}")
