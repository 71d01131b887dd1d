"""A model compiled for serving takes rows as they were before its training scaled them, and knows their names."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import pytest

from server_node.serving.program import load_jax_model
from server_node.training.api import write_result
from server_node.training.stopping import never_stop
from shared.serving import Serving
from tests.server_node.training.builders import a_job, an_environment, finished

ROWS = np.random.default_rng(5).normal(5, 2, (20, 2)).astype(np.float32)


@pytest.mark.parametrize("offset", [(), (99.0, 99.0)])  # whatever the spec says, the weights know better
def test_weights_say_themselves_how_rows_are_scaled_and_what_they_are_called(
    offset: tuple[float, ...], tmp_path: Path
) -> None:
    lines = [f"{row[0]},{row[1]},{place % 2}" for place, row in enumerate(ROWS)]
    (tmp_path / "table.csv").write_text("\n".join(("length,width,label", *lines)))
    spec = a_job([{"type": "dense", "units": 2}], f"file://{tmp_path}/table.csv?normalize=standard")
    result = finished(spec, an_environment(tmp_path)).result()
    weights = write_result(result, spec.model_definition, tmp_path)[0].path
    serving = Serving(
        deployment_id="d", name="d", largest_batch=4, input_shape=(2,), classes=2, offset=offset, width=offset
    )
    model = load_jax_model(spec, serving, weights, jax.devices()[0], never_stop)
    assert model is not None
    assert model.face.columns == ("length", "width")
    scaled = (ROWS - ROWS.mean(axis=0, dtype=np.float64)) / ROWS.std(axis=0, dtype=np.float64)
    kernel, bias = (array for _, array in sorted(result.weights.items(), reverse=True))
    expected = scaled[:4].astype(np.float32) @ kernel + bias
    np.testing.assert_allclose(model.compute((ROWS[:4],))[0], expected, rtol=1e-4, atol=1e-5)
