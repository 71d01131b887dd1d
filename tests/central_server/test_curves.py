"""What a thinned curve keeps."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from central_server.curves import CurveRequest, curve_of, thinned


def test_a_spike_of_one_step_stays() -> None:
    values = [0.0] * 10_000
    values[7_321], values[123] = 9.0, -9.0
    line = thinned(range(10_000), values, 100)
    assert (7_321, 9.0) in zip(line.steps, line.values, strict=True)
    assert (123, -9.0) in zip(line.steps, line.values, strict=True)
    assert len(line.steps) <= 100


def test_a_value_that_is_no_number_leaves_a_gap() -> None:
    values = [1.0] * 1000
    values[500] = math.nan
    line = thinned(range(1000), values, 50)
    assert (500, None) in zip(line.steps, line.values, strict=True)


def test_a_series_that_not_every_row_names_has_its_own_steps() -> None:
    curve = curve_of([1, 2, 3], {"loss": [1.0, 2.0, 3.0], "val_loss": [None, 5.0, None]}, CurveRequest())
    assert (curve.series["val_loss"].steps, curve.series["val_loss"].values) == ([2], [5.0])


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=300),
    st.integers(min_value=4, max_value=60),
)
def test_ends_and_extremes_stay_in_the_order_of_steps(values: list[float], points: int) -> None:
    line = thinned(range(len(values)), values, points)
    finite = [value for value in values if math.isfinite(value)]
    assert (line.steps[0], line.steps[-1]) == (0, len(values) - 1)
    assert list(line.steps) == sorted(set(line.steps))
    assert not finite or {min(finite), max(finite)} <= set(line.values)
    assert len(line.steps) <= max(points, 4) + (points // 2 if len(finite) < len(values) else 0)
