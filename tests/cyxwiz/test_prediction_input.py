"""Files of rows: what is read of each kind, and what is refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cyxwiz.deployment_records import ServedModelInfo, TensorSpec
from cyxwiz.errors import InvalidField
from cyxwiz.prediction_input import fitting_rows, rows_from_file

IMAGES = ServedModelInfo((TensorSpec("input", (2, 2, 1), "float32"),), ())
ROWS = np.arange(8, dtype=np.float32).reshape(2, 4)


def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    np.savez(tmp_path / "rows.npz", x=ROWS)
    np.savetxt(tmp_path / "rows.csv", ROWS, delimiter=",")
    np.savetxt(tmp_path / "named.csv", ROWS, delimiter=",", header="a,b,c,d")
    (tmp_path / "rows.json").write_text(f'{{"inputs": {ROWS.tolist()}}}')
    (tmp_path / "bare.json").write_text(f"{ROWS.tolist()}")
    for path in sorted(tmp_path.iterdir()):
        fitted = fitting_rows(rows_from_file(path), IMAGES)
        np.testing.assert_array_equal(fitted[""], ROWS.reshape(2, 2, 2, 1), err_msg=path.name)


def test_one_row_is_one_of_several(tmp_path: Path) -> None:
    np.save(tmp_path / "row.npy", ROWS[0].reshape(2, 2, 1))
    assert fitting_rows(rows_from_file(tmp_path / "row.npy"), IMAGES)[""].shape == (1, 2, 2, 1)


REFUSED = {
    "zip.npz": b"PK\x03\x04 no zip",
    "empty.npy": b"",
    "text.npy": b"no numbers",
    "header.csv": b"a,b\n",
    "empty.csv": b"",
    "uneven.csv": b"1,2\n1,2,3\n",
    "binary.csv": b"1,\xff\n",
    "empty.json": b"[]",
    "nothing.json": b"{}",
    "words.json": b'["a"]',
    "ragged.json": b"[[1, 2], [3]]",
    "deep.json": b"[" * 100_000,
    "rows.txt": b"1,2\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_without_rows_of_numbers_is_refused_with_its_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(REFUSED[name])
    with pytest.raises(InvalidField, match=name):
        rows_from_file(tmp_path / name)


TABLE = ServedModelInfo((TensorSpec("input", (2,), "float32"),), (), ("length", "width"))


@pytest.mark.parametrize("text", ["width,length\n2,1\n4,3\n", 'kind,"Width" , length\n\nant,2,1\nbee,4,3\n'])
def test_columns_of_a_csv_are_found_by_their_names(text: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(text)
    np.testing.assert_array_equal(fitting_rows(rows_from_file(tmp_path / "rows.csv"), TABLE)[""], [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("length,widht\n1,2\n", "must have one column 'width', which the model takes, it has 0, did you mean widht"),
        ("length,width,width\n1,2,3\n", "must have one column 'width', which the model takes, it has 2"),
        ("length,width\n1,2\n\n3,wide\n", r"line 4, column 2 \('width'\) must be a number, got 'wide'"),
        ("1,2\n3,wide\n", "line 2, column 2 must be a number, got 'wide'"),
    ],
)
def test_what_a_csv_lacks_is_told_with_its_place(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(InvalidField, match=sentence):
        fitting_rows(rows_from_file(tmp_path / "rows.csv"), TABLE)


def test_rows_of_several_lengths_are_told_in_our_words(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text("[[1, 2], [3]]")
    with pytest.raises(InvalidField, match="its rows must all have the same shape"):
        rows_from_file(tmp_path / "rows.json")


def test_an_array_without_rows_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "none.npy", np.zeros((0, 4)))
    with pytest.raises(InvalidField, match="at least one"):
        rows_from_file(tmp_path / "none.npy")
