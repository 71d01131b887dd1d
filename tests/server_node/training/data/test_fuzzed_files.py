"""Whatever bytes a file holds, a loader gives a dataset or one sentence, and takes little memory for it."""

import gzip
import io
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server_node.training.data.npy_header import read_npy_header
from server_node.training.data.open_dataset import find_dataset
from shared.dataset_options import FileFormat, Vocabulary
from shared.errors import UserMistake
from tests.fuzz.one_file import SEEDS, check_file
from tests.server_node.training.data.builders import a_small_node, npy_bytes
from tests.server_node.training.data.samples import PICTURES, idx_bytes

MOST_MEMORY = 8 * 2**20
EXAMPLES = int(os.environ.get("CYXWIZ_FUZZ_EXAMPLES", "50"))
"""Of every test; `make fuzz` asks for more where it cannot have atheris."""
FUZZED = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Result = TypeVar("Result")


def tried(make: Callable[[], Result]) -> Result | UserMistake:
    """What comes out, or the mistake that is told; any other error is a bug."""
    try:
        return make()
    except UserMistake as mistake:
        return mistake


PLACES = st.one_of(st.integers(0, 300), st.integers(0, 40_000))
EDITS = st.lists(st.tuples(PLACES, st.sampled_from([0, 0x7F, 0xFF]) | st.integers(0, 255)), min_size=1, max_size=6)
CUTS = st.one_of(st.none(), st.integers(0, 4_000))


def damaged(content: bytes, edits: list[tuple[int, int]], cut: int | None) -> bytes:
    changed = bytearray(content)
    for place, value in edits:
        changed[place % len(changed)] = value
    return bytes(changed[:cut])


@pytest.mark.filterwarnings("ignore::Warning")  # libraries warn of odd files as they read them
@pytest.mark.parametrize("form", SEEDS)
@FUZZED
@given(edits=EDITS, cut=CUTS, vocabulary=st.sampled_from(Vocabulary))
def test_damaged_files_give_a_dataset_or_one_sentence(
    tmp_path: Path, form: FileFormat, edits: list[tuple[int, int]], cut: int | None, vocabulary: Vocabulary
) -> None:
    check_file(form, damaged(SEEDS[form](), edits, cut), tmp_path, vocabulary)


@FUZZED
@given(EDITS, CUTS, st.booleans())
def test_damaged_packed_files_give_a_dataset_or_one_sentence(
    tmp_path: Path, edits: list[tuple[int, int]], cut: int | None, is_packed_first: bool
) -> None:
    plain = idx_bytes(PICTURES)
    content = (
        damaged(gzip.compress(plain), edits, cut) if is_packed_first else gzip.compress(damaged(plain, edits, cut))
    )
    check_file(FileFormat.IDX, content, tmp_path, is_packed=True)


@pytest.mark.filterwarnings("ignore::Warning")
@pytest.mark.parametrize("form", SEEDS)
@FUZZED
@given(begins_as_one=st.booleans(), content=st.binary(max_size=400))
def test_any_bytes_are_a_dataset_or_one_sentence(
    tmp_path: Path, form: FileFormat, begins_as_one: bool, content: bytes
) -> None:
    check_file(form, SEEDS[form]()[:16] + content if begins_as_one else content, tmp_path)


@settings(FUZZED, max_examples=3 * EXAMPLES)
@given(
    st.binary(max_size=300), st.sampled_from([b"", b"\x93NUMPY\x01\x00", b"\x93NUMPY\x02\x00", b"\x93NUMPY\x03\x00"])
)
def test_any_bytes_are_a_header_or_one_sentence(content: bytes, beginning: bytes) -> None:
    found = tried(lambda: read_npy_header(io.BytesIO(beginning + content), "data"))
    assert found.message.startswith("data") if isinstance(found, UserMistake) else found.values >= 0


SIZES = st.lists(st.integers(-2, 2**70), max_size=5)
TYPES = st.sampled_from(["<f4", "|O", "<U9", ">i8", "|V8", "<c16", "<M8[s]", "(3,)f4", "f4,i4", "x", ""])


@FUZZED
@given(SIZES, TYPES)
def test_headers_that_lie_take_no_memory(tmp_path: Path, sizes: list[int], dtype: str) -> None:
    (tmp_path / "d.npy").write_bytes(npy_bytes(f"{tuple(sizes)}", b"\0" * 16, dtype))
    node = a_small_node(tmp_path)
    tracemalloc.start()
    found = tried(lambda: find_dataset(f"file://{tmp_path}/d.npy", node).load())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_MEMORY
    assert not isinstance(found, UserMistake) or found.message.startswith("d.npy")


@settings(FUZZED, max_examples=2 * EXAMPLES)
@given(st.text(alphabet='0123456789.,;\t-e"\n\r\0ab٣n ', max_size=60))
def test_any_csv_text_is_a_dataset_or_one_sentence(tmp_path: Path, text: str) -> None:
    check_file(FileFormat.CSV, text.encode(), tmp_path)


NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(NUMBERS, min_size=width, max_size=width), min_size=1, max_size=30)
)


@FUZZED
@given(ROWS, st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_a_csv_gives_back_the_numbers_that_were_written(
    tmp_path: Path, rows: list[list[float]], mark: str, end: str, has_header: bool, is_quoted: bool
) -> None:
    quote = '"' if is_quoted else ""
    lines = [mark.join(f"{quote}{number!r}{quote}" for number in [*row, 1]) for row in rows]
    header = [mark.join([f"c{place}" for place in range(len(rows[0]))] + ["y"])] if has_header else []
    (tmp_path / "d.csv").write_bytes((end.join([*header, *lines]) + end).encode())
    data = find_dataset(f"file://{tmp_path}/d.csv", a_small_node(tmp_path, 100_000)).load()
    np.testing.assert_array_equal(data.inputs, np.array(rows, np.float32))
    assert data.targets.tolist() == [1] * len(rows)
