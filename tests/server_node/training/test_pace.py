"""How many steps the next chunk gets."""

from server_node.training.pace import Pace


def test_the_first_chunk_is_one_step() -> None:
    assert Pace(0.05).steps(most=100) == 1


def test_growth_is_bounded_and_a_boundary_is_kept() -> None:
    pace = Pace(0.05)
    pace.record(1, 0.0001)
    assert pace.steps(most=100) == 8
    assert pace.steps(most=3) == 3


def test_a_slower_machine_means_fewer_steps() -> None:
    pace = Pace(0.05)
    pace.record(1, 0.001)
    pace.record(8, 0.008)
    assert pace.steps(most=1000) == 50
    pace.record(50, 0.1)
    assert pace.steps(most=1000) == 25


def test_a_chunk_cut_very_short_does_not_lower_the_pace() -> None:
    pace = Pace(0.05)
    pace.record(1, 0.001)
    pace.record(8, 0.008)
    pace.record(2, 0.02)
    assert pace.steps(most=1000) == 50


def test_a_step_longer_than_a_chunk_is_a_chunk_of_one() -> None:
    pace = Pace(0.05)
    pace.record(1, 2.0)
    assert pace.steps(most=10) == 1
