"""The reference of layers is what the code says today, and names everything there is."""

from pathlib import Path

from shared.model_definition.architectures import ARCHITECTURES
from shared.model_definition.kinds import KINDS
from shared.model_definition.layer_table import layer_table
from shared.model_definition.settings_nodes import SETTINGS_NODES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "layers.md"


def test_the_page_in_the_docs_is_current() -> None:
    command = "python -m shared.model_definition.layer_table > docs/reference/layers.md"
    assert PAGE.read_text() == layer_table(), f"run: {command}"


def test_the_page_names_every_layer_architecture_and_settings_node() -> None:
    page = layer_table()
    assert [name for name in (*KINDS, *ARCHITECTURES) if f"### `{name}`\n" not in page] == []
    assert [name for name in SETTINGS_NODES if f"| {name} |" not in page] == []


def test_a_layer_is_shown_with_shapes_count_and_defaults() -> None:
    assert "`(64,)` → `(128,)`, 8,320 parameters." in layer_table()
    assert "| `units` | 128 | integer, ≥ 1, ≤ 1000000 | `out_features` |" in layer_table()
