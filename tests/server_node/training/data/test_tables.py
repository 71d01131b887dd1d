"""Parquet and CSV: which column is the target, and the one sentence for every defect."""

import errno
import os
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server_node.training.data.csv_rows import csv_rows
from server_node.training.data.data_space import DataSpace
from server_node.training.data.open_dataset import find_dataset
from server_node.training.data.room import Room
from server_node.training.environment import DatasetCache, ProgramCache, TrainingEnvironment, no_artifacts
from shared.errors import BadData, MachineFailure
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
        ({"a": [[1.0], [2.0, 3.0]], "y": [0, 1]}, "", "expected lists of one length in column 'a'"),
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


def test_parquet_words_become_labels_by_alphabet(tmp_path: Path) -> None:
    words = {"a": [1.0, 2.0, 3.0, 4.0], "kind": ["b ", "a", "b", "a"]}
    data = opened(parquet(tmp_path / "d.parquet", words, row_group_size=2))
    assert (data.targets.tolist(), data.class_names, data.classes) == ([1, 0, 1, 0], ("a", "b"), 2)
    assert data.inputs.tolist() == [[1], [2], [3], [4]]


@pytest.mark.parametrize("word", [None, " ", "x" * 1_001])
def test_parquet_words_that_are_none_are_told(tmp_path: Path, word: str | None) -> None:
    said = refused(parquet(tmp_path / "d.parquet", {"a": [1.0, 2.0], "y": ["b", word]}))
    assert "expected a word in every row" in said or "at most 1,000 characters" in said


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("packed", ["none", "snappy", "gzip", "zstd"])
def test_parquet_pages_of_every_kind_are_read(tmp_path: Path, version: str, packed: str) -> None:
    columns = {"a": np.arange(900.0), "b": np.arange(900) % 7, "y": np.arange(900) % 3}
    form = {"data_page_version": version, "compression": packed, "row_group_size": 300, "data_page_size": 400}
    data = opened(parquet(tmp_path / "d.parquet", columns, **form))
    np.testing.assert_array_equal(data.inputs, np.stack([columns["a"], columns["b"]], axis=1))
    assert data.targets.tolist() == columns["y"].tolist()


def test_a_parquet_page_that_says_it_unpacks_to_much_is_refused(tmp_path: Path) -> None:
    """In front of a page stand its kind and its size unpacked, in seven bits a byte; four of them say up to 2^27."""
    arrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow: install cyxwiz[data]")
    lists = arrow.FixedSizeListArray.from_arrays(arrow.array(np.zeros(8_000 * 100, np.float32)), 100)
    columns = {"a": lists, "y": np.arange(8_000) % 3}
    path = parquet(tmp_path / "d.parquet", columns, use_dictionary=False, compression="gzip", data_page_size=2**24)
    content, place = bytearray(path.read_bytes()), 4
    assert opened(path).inputs.shape == (8_000, 100)
    assert content[place : place + 3] == b"\x15\x00\x15"
    assert content[place + 5] >= 0x80 > content[place + 6]
    content[place + 3 : place + 7] = b"\xfe\xff\xff\x7f"
    path.write_bytes(content)
    assert "expected pages of at most 67,108,864 bytes, one says 134,217,727" in refused(path)


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
        ("3,4,5\n1,2,a\n", "", "either words or numbers as targets, got 1 words in 2 rows, such as 'a'"),
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


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_cells_may_be_apart_by_commas_semicolons_or_tabs(tmp_path: Path, mark: str) -> None:
    text = "\n".join(mark.join(cells) for cells in (["a", "b, or so" if mark != "," else "b", "y"], ["1", "2.5", "1"]))
    data = opened(csv(tmp_path, text))
    assert (data.inputs.tolist(), data.targets.tolist()) == ([[1, 2.5]], [1])


@pytest.mark.parametrize(
    ("text", "inputs", "targets"),
    [
        ("0,1,label\n5,6,1\n7,8,0\n", [[5, 6], [7, 8]], [1, 0]),
        ("5,6,yes\n7,8,no\n", [[5, 6], [7, 8]], [1, 0]),
        ("a,b,kind\n5,6,yes\n7,8,no\n", [[5, 6], [7, 8]], [1, 0]),
        ("5,6,1\n7,8,0\n", [[5, 6], [7, 8]], [1, 0]),
    ],
    ids=["numbers as names", "words without a header", "words with a header", "numbers without a header"],
)
def test_csv_headers_are_told_from_rows(
    tmp_path: Path, text: str, inputs: list[list[float]], targets: list[int]
) -> None:
    data = opened(csv(tmp_path, text))
    assert (data.inputs.tolist(), data.targets.tolist()) == (inputs, targets)


def test_csv_columns_without_a_header_are_numbered_from_1(tmp_path: Path) -> None:
    path = csv(tmp_path, "yes,5,6\nno,7,8\n")
    data = opened(path, "?target=1")
    assert (data.inputs.tolist(), data.targets.tolist()) == ([[5, 6], [7, 8]], [1, 0])
    assert "a column from 1 to 2 as target, got 4" in refused(csv(tmp_path, "5,6\n7,8\n"), "?target=4")


def test_csv_rows_may_have_line_ends_in_quotes_and_marks_of_byte_order(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes('\ufeffa,"b\nor so",y\r\n1,2,0\r\n\r\n3,4,1\r\n'.encode())
    data = opened(tmp_path / "data.csv")
    assert (data.inputs.tolist(), data.targets.tolist()) == ([[1, 2], [3, 4]], [0, 1])


def test_a_csv_row_is_read_no_further_than_its_longest() -> None:
    rows = csv_rows(StringIO("1,2\n" + "3," * 2**22), "data")
    assert next(rows) == (1, ["1", "2"])
    with pytest.raises(BadData, match=r"data, line 2: expected rows of at most 4,194,304 characters"):
        next(rows)


def test_a_header_that_says_a_column_twice_is_told_when_it_is_the_target(tmp_path: Path) -> None:
    assert "expected one column 'y', got 2" in refused(csv(tmp_path, "a,y,y\n1,2,3\n"))


def test_a_csv_larger_than_memory_goes_to_a_mapped_file_that_vanishes(tmp_path: Path) -> None:
    rows = [f"{number},{number / 2},{number % 3}" for number in range(3_000)]
    path, spool = csv(tmp_path, "a,b,y\n" + "\n".join(rows)), tmp_path / "spool"
    spool.mkdir()
    node = TrainingEnvironment(
        ProgramCache(), DatasetCache(9_000), (tmp_path,), no_artifacts, DataSpace(mapped_bytes=10**6, folder=spool)
    )
    data = find_dataset(f"file://{path}", node).load()
    assert isinstance(data.inputs, np.memmap)
    assert data.inputs[-1].tolist() == [2_999, 1_499.5]
    assert data.targets[-3:].tolist() == [2_997 % 3, 2_998 % 3, 2_999 % 3]
    assert list(spool.iterdir()) == []


def test_a_disk_that_is_full_is_the_machines_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: int, _start: int, _length: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(MachineFailure, match="data: this node has no 400 bytes of disk"):
        Room(100, 1_000, tmp_path).array("data", (100,), np.float32)
    assert list(tmp_path.iterdir()) == []
