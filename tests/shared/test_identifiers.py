"""Names of jobs, attempts and nodes."""

from __future__ import annotations

import pytest

from shared.errors import InvalidField
from shared.identifiers import AttemptKey, check_identifier, new_job_id, new_node_id, new_session_id


@pytest.mark.parametrize("value", ["a", "0", "job-1", "A.b_c-9", "x" * 128])
def test_ids_that_fit_on_disk_and_in_urls_are_accepted(value: str) -> None:
    assert check_identifier(value, field="job_id") == value


@pytest.mark.parametrize("value", ["", " ", "-a", ".a", "..", "a/b", "a b", "ä", "a\n", "a\x00", "x" * 129])
def test_other_ids_are_refused_by_name_of_the_field(value: str) -> None:
    with pytest.raises(InvalidField, match="job_id must be 1 to 128") as refused:
        check_identifier(value, field="job_id")
    assert refused.value.field == "job_id"


@pytest.mark.parametrize("make", [new_job_id, new_node_id, new_session_id])
def test_made_ids_are_acceptable_and_differ(make: type[str]) -> None:
    made = {make() for _ in range(100)}
    assert len(made) == 100
    assert all(check_identifier(value, field="id") for value in made)


def test_attempt_keys_read_as_in_logs_and_sort_by_job_then_number() -> None:
    assert str(AttemptKey("j", 2)) == "j#2"
    assert sorted([AttemptKey("b", 1), AttemptKey("a", 10), AttemptKey("a", 9)]) == [
        AttemptKey("a", 9),
        AttemptKey("a", 10),
        AttemptKey("b", 1),
    ]
