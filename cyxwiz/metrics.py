"""A job's history as the SDK hands it out: a sequence of rows, and the same as a table of pandas or polars.

Neither package is needed; a table is made by the one that is installed.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, overload

from cyxwiz.records import MetricRow, metric_row_to_json
from shared.errors import NotFound, NotSupported

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # its stubs are a package of their own, which users choose
    import polars as pl

_FIXED_COLUMNS = ("step", "epoch", "at_ms")


class Metrics(Sequence[MetricRow]):
    """The rows of a job's history, in the order of their steps.

    Example:
        >>> rows = client.job(job_id).metrics()
        >>> steps, losses = rows.curve("loss")
        >>> frame = rows.to_pandas()
    """

    def __init__(self, rows: Iterable[MetricRow] = ()) -> None:
        """Keep the rows."""
        self._rows = tuple(rows)

    @overload
    def __getitem__(self, index: int) -> MetricRow: ...
    @overload
    def __getitem__(self, index: slice) -> Metrics: ...
    def __getitem__(self, index: int | slice) -> MetricRow | Metrics:
        return Metrics(self._rows[index]) if isinstance(index, slice) else self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        return self._rows == (other._rows if isinstance(other, Metrics) else other)

    def __hash__(self) -> int:
        return hash(tuple((row.step, row.at_ms) for row in self._rows))

    def __repr__(self) -> str:
        last = f", last step {self._rows[-1].step}" if self._rows else ""
        return f"Metrics({len(self)} rows{last}: {', '.join(self.names)})"

    @property
    def names(self) -> tuple[str, ...]:
        """The values that any row has, in alphabetical order."""
        return tuple(sorted({name for row in self._rows for name in row.values}))

    def curve(self, name: str) -> tuple[list[int], list[float]]:
        """Return the steps at which a value was reported, and the values.

        Raises:
            NotFound: no row has it.
        """
        rows = [row for row in self._rows if name in row.values]
        if not rows:
            raise NotFound(f"no row has {name!r}; there are {', '.join(self.names) or 'none yet'}", field="name")
        return [row.step for row in rows], [row.values[name] for row in rows]

    def to_dicts(self) -> list[dict[str, object]]:
        """Return flat rows, `{step, epoch, at_ms, …values}`, numbers that JSON lacks as None."""
        return [metric_row_to_json(row) for row in self._rows]

    def to_pandas(self) -> pd.DataFrame:
        """Return a pandas frame with the columns `step`, `epoch`, `at_ms` and each value; NaN where a row has none.

        Raises:
            NotSupported: pandas is not installed.
        """
        _refuse_missing("pandas")
        import pandas as pd  # noqa: PLC0415  # the user's own, if they have it

        return pd.DataFrame(self._columns())

    def to_polars(self) -> pl.DataFrame:
        """Return a polars frame with the columns `step`, `epoch`, `at_ms` and each value; null where a row has none.

        Raises:
            NotSupported: polars is not installed.
        """
        _refuse_missing("polars")
        import polars as pl  # noqa: PLC0415  # the user's own, if they have it

        return pl.DataFrame(self._columns(), schema_overrides=dict.fromkeys(self._value_names(), pl.Float64))

    def frame(self) -> Any:
        """Return a frame of pandas when that is installed, else of polars.

        Raises:
            NotSupported: neither is installed.
        """
        if _is_installed("pandas"):
            return self.to_pandas()
        if _is_installed("polars"):
            return self.to_polars()
        raise NotSupported("a frame needs pandas or polars; install one, or use to_dicts()")

    def _columns(self) -> dict[str, list[Any]]:
        columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in self._rows] for name in _FIXED_COLUMNS}
        return columns | {name: [row.values.get(name) for row in self._rows] for name in self._value_names()}

    def _value_names(self) -> list[str]:
        return [name for name in self.names if name not in _FIXED_COLUMNS]


def _refuse_missing(package: str) -> None:
    if not _is_installed(package):
        raise NotSupported(f"this needs {package}; install it with: pip install {package}, or use to_dicts()")


def _is_installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
