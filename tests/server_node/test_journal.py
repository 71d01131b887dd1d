"""The journal: what was written is read back, a torn tail is dropped, a damaged middle stops the node."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server_node.attempts.instructions import JournalRecord, RecordBegun, RecordEnded, RecordForgotten
from server_node.journal import Journal
from shared.errors import MachineFailure
from shared.node_messages import Outcome, ResultFile
from tests.server_node.builders import a_key, an_end

FILE = ResultFile("model.safetensors", "0" * 64, 12)
AN_END = an_end(files=(FILE,), final_metrics={"loss": 0.25}, message="é\n", compute_seconds=1.5)

KEYS = st.builds(a_key, st.sampled_from(["a", "b-1.c"]), st.integers(1, 3))
RECORDS: st.SearchStrategy[JournalRecord] = st.one_of(
    st.builds(RecordBegun, KEYS),
    st.builds(RecordForgotten, KEYS),
    st.builds(
        lambda key, outcome, message: RecordEnded(an_end(key.job_id, key.number, outcome, message=message)),
        KEYS,
        st.sampled_from(Outcome),
        st.text(max_size=20),
    ),
)


def reopened(path: Path) -> Journal:
    journal = Journal(path)
    journal.close()
    return journal


def written(path: Path, *records: JournalRecord) -> Path:
    journal = Journal(path)
    journal.append(records)
    journal.close()
    return path


def test_an_attempt_begun_and_not_ended_was_interrupted(tmp_path: Path) -> None:
    path = written(tmp_path / "journal", RecordBegun(a_key()))
    assert list(reopened(path).content.interrupted) == [a_key()]


def test_an_end_comes_back_whole_until_it_is_forgotten(tmp_path: Path) -> None:
    path = written(tmp_path / "journal", RecordBegun(a_key()), RecordEnded(AN_END))
    content = reopened(path).content
    assert (list(content.interrupted), list(content.unacknowledged.values())) == ([], [AN_END])
    written(path, RecordForgotten(a_key()))
    assert not reopened(path).content.unacknowledged


@given(records=st.lists(RECORDS, max_size=12), cut=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_journal_cut_anywhere_is_the_journal_of_fewer_records(
    tmp_path: Path, records: list[JournalRecord], cut: int
) -> None:
    path = tmp_path / "cut"
    path.unlink(missing_ok=True)
    whole = written(path, *records).read_bytes()
    kept = whole[: min(cut, len(whole))]
    path.write_bytes(kept)
    other = tmp_path / "fewer"
    other.unlink(missing_ok=True)
    written(other, *records[: kept.count(b"\n")])
    assert reopened(path).content == reopened(other).content


def test_a_damaged_last_line_is_a_torn_write(tmp_path: Path) -> None:
    path = written(tmp_path / "journal", RecordBegun(a_key("a")), RecordBegun(a_key("b")))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"0" * 20 + b"\n")
    assert list(reopened(path).content.interrupted) == [a_key("a")]


def test_a_damaged_line_before_the_last_stops_the_node_with_what_to_do(tmp_path: Path) -> None:
    path = written(tmp_path / "journal", RecordBegun(a_key("a")), RecordBegun(a_key("b")))
    path.write_bytes(b"x" + path.read_bytes()[1:])
    with pytest.raises(MachineFailure, match="line 1 is damaged"):
        Journal(path)


def test_a_start_keeps_only_what_still_matters(tmp_path: Path) -> None:
    path = written(tmp_path / "journal", *(RecordBegun(a_key(f"j{n}")) for n in range(50)), RecordBegun(a_key("last")))
    written(path, *(RecordForgotten(a_key(f"j{n}")) for n in range(50)))
    reopened(path)
    assert path.read_bytes().count(b"\n") == 1


def test_a_long_lived_journal_is_rewritten_as_it_grows(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", compact_bytes=2_000)
    for number in range(500):
        journal.append([RecordBegun(a_key(f"j{number}"))])
        journal.append([RecordForgotten(a_key(f"j{number}"))])
    journal.append([RecordBegun(a_key())])
    journal.close()
    assert (tmp_path / "journal").stat().st_size < 3_000
    assert list(reopened(tmp_path / "journal").content.interrupted) == [a_key()]
