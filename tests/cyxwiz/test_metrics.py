"""A job's history as rows, curves and frames."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from cyxwiz.errors import NotFound, NotSupported
from cyxwiz.metrics import Metrics
from cyxwiz.records import MetricRow

ROWS = Metrics([MetricRow(1, 1, 10, {"loss": 2.0}), MetricRow(2, 1, 20, {"loss": 1.0, "val_loss": float("nan")})])


def test_a_history_is_a_sequence_of_rows() -> None:
    assert (len(ROWS), ROWS[-1].step, ROWS.names) == (2, 2, ("loss", "val_loss"))
    assert ROWS[:1] == Metrics([ROWS[0]])
    assert repr(ROWS) == "Metrics(2 rows, last step 2: loss, val_loss)"


def test_a_curve_has_the_steps_at_which_there_is_a_value() -> None:
    assert ROWS.curve("loss") == ([1, 2], [2.0, 1.0])
    assert ROWS.curve("val_loss")[0] == [2]
    with pytest.raises(NotFound, match="there are loss, val_loss"):
        ROWS.curve("accuracy")


def test_pandas_gets_nan_where_a_row_has_no_value() -> None:
    frame = ROWS.to_pandas()
    assert list(frame.columns) == ["step", "epoch", "at_ms", "loss", "val_loss"]
    assert frame["val_loss"].isna().tolist() == [True, True]
    assert frame["loss"].tolist() == [2.0, 1.0]


def test_polars_gets_null_where_a_row_has_no_value() -> None:
    frame = ROWS.to_polars()
    assert frame["val_loss"].is_null().to_list() == [True, False]
    assert frame["loss"].to_list() == [2.0, 1.0]


def test_an_empty_history_is_an_empty_frame() -> None:
    assert len(Metrics().to_pandas()) == len(Metrics().to_polars()) == 0


@pytest.mark.parametrize(("missing", "kind"), [(set(), "pandas"), ({"pandas"}, "polars")])
def test_a_frame_is_of_the_package_that_is_there(monkeypatch: pytest.MonkeyPatch, missing: set[str], kind: str) -> None:
    hide(monkeypatch, missing)
    assert type(ROWS.frame()).__module__.partition(".")[0] == kind


def test_without_pandas_and_polars_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, {"pandas", "polars"})
    with pytest.raises(NotSupported, match="install one, or use to_dicts"):
        ROWS.frame()
    with pytest.raises(NotSupported, match="pip install polars"):
        ROWS.to_polars()
    assert ROWS.to_dicts()[1] == {"step": 2, "epoch": 1, "at_ms": 20, "loss": 1.0, "val_loss": None}


def test_a_history_needs_neither_package() -> None:
    assert "cyxwiz.metrics" in sys.modules
    assert not {"pd", "pl"} & set(vars(sys.modules["cyxwiz.metrics"]))


def hide(monkeypatch: pytest.MonkeyPatch, missing: set[str]) -> None:
    """Let some packages look as if they were not installed."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else find_spec(name))
