"""The reference of hyperparameters is what the code says today, and names everything there is."""

from pathlib import Path

from server_node.training.hyperparameter_table import hyperparameter_table
from server_node.training.metrics import METRICS
from shared.hyperparameter_names import LATER_WORDS, Loss, Optimizer, Schedule
from shared.hyperparameters import Hyperparameters

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "hyperparameters.md"


def test_the_page_in_the_docs_is_current() -> None:
    command = "python -m server_node.training.hyperparameter_table > docs/reference/hyperparameters.md"
    assert PAGE.read_text() == hyperparameter_table(), f"run: {command}"


def test_the_page_has_a_row_for_every_hyperparameter_word_and_metric() -> None:
    metrics = [name for family in METRICS.values() for name in family.values]
    expected = [*Hyperparameters.model_fields, *Optimizer, *Schedule, *Loss, *metrics]
    lines = hyperparameter_table().splitlines()
    assert [name for name in expected if not any(line.startswith(f"| `{name}` |") for line in lines)] == []


def test_a_row_tells_default_range_and_meaning() -> None:
    page = hyperparameter_table()
    assert "| `ema_decay` | 0.0 | real, ≥ 0, < 1 | of the average of the weights; 0 for none |" in page
    assert "| `adamw` |  | AdamW (61) | `weight_decay` 0.01 |" in page
    assert "`warmup_steps` 30% of the run" in page


def test_words_that_are_known_and_refused_are_said() -> None:
    page = hyperparameter_table()
    assert [word for name in ("optimizer", "schedule", "loss") for word in LATER_WORDS[name] if word not in page] == []
