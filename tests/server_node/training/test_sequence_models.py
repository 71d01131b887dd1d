"""Models over sequences, trained whole: losses fall, tokens reach their table, chunks and resume change no bit."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from server_node.training.api import TrainingEnvironment
from server_node.training.data.dataset_form import DatasetForm
from server_node.training.layers.layer import Formulation
from server_node.training.setup import training_setup
from shared.errors import InvalidField
from shared.job_spec import job_spec_from_mapping
from tests.server_node.training.builders import a_job, finished, timeless, weight_bits
from tests.shared.definitions import designer_graph, designer_link, designer_node

LABELS = "synthetic://tokens?samples=64&length=12&vocab=20&classes=3"
NEXT = "synthetic://tokens?samples=64&length=12&vocab=20&classes=0"
EMBEDDING = {"type": "embedding", "vocab_size": 20, "embedding_dim": 16}
BLOCK = {"d_model": 16, "num_heads": 2, "ff_dim": 32, "dropout": 0.1}
WORDS = {"type": "dense", "units": 20}
GPT: Sequence[Mapping[str, Any]] = (
    EMBEDDING,
    {"type": "positional_encoding"},
    {"type": "transformer_decoder", **BLOCK},
    {"type": "layer_norm"},
    WORDS,
)
BI_LSTM: Sequence[Mapping[str, Any]] = (
    EMBEDDING,
    {"type": "bidirectional", "units": 8},
    {"type": "gru", "units": 8, "num_layers": 2, "dropout": 0.1},
    {"type": "dense", "units": 3},
)
LINEAR: Sequence[Mapping[str, Any]] = (
    EMBEDDING,
    {"type": "linear_attention", "num_heads": 2, "causal": True},
    WORDS,
)
ADAM: Mapping[str, Any] = {"optimizer": "adam", "learning_rate": 0.01}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layers", "dataset"), [(GPT, NEXT), (BI_LSTM, LABELS), (LINEAR, NEXT)], ids=["gpt", "bi_lstm", "linear"]
)
def test_the_loss_falls(environment: TrainingEnvironment, layers: Any, dataset: str) -> None:
    history = finished(a_job(layers, dataset, epochs=5, **ADAM), environment).history
    assert history[-1].values["loss"] < 0.97 * history[0].values["loss"]


def test_an_encoder_hands_its_state_to_a_decoder(environment: TrainingEnvironment) -> None:
    tables = [designer_node(node, 21, vocab_size="20", embedding_dim="16") for node in (3, 4)]
    encoder = designer_node(5, 17, units="8", return_state="true")
    decoder = designer_node(6, 17, units="8", return_sequences="true")
    ends = [designer_node(1, 77), designer_node(2, 77), designer_node(7, 0, units="20"), designer_node(8, 50)]
    model = designer_graph([*ends, *tables, encoder, decoder], (1, 3), (2, 4), (3, 5), (6, 7), (7, 8))
    model["links"] += [designer_link(4, 6, to_pin_index=0), designer_link(5, 6, to_pin_index=1)]
    job = job_spec_from_mapping(
        {
            "model": model,
            "dataset": "synthetic://pairs?samples=64&length=6&vocab=20",
            "batch_size": 16,
            "epochs": 6,
            "hyperparameters": dict(ADAM),
        }
    )
    history = finished(job, environment).history
    assert history[-1].values["loss"] < 0.97 * history[0].values["loss"]


@pytest.mark.slow
def test_chunks_change_no_bit_where_dropout_draws(environment: TrainingEnvironment) -> None:
    job = a_job(GPT, NEXT, **ADAM)
    one_by_one, together = (finished(job, environment, chunk_seconds=seconds) for seconds in (1e-9, 100.0))
    assert weight_bits(one_by_one) == weight_bits(together)
    assert timeless(one_by_one.history) == timeless(together.history)


def test_a_rate_of_dropout_is_data_and_having_none_is_structure() -> None:
    form = DatasetForm("x", (12,), (12,), 64, 64, 20, has_tokens=True, tokens=20)
    keys = []
    for rate in (0.1, 0.3, 0.0):
        layers = (EMBEDDING, {"type": "transformer_decoder", **BLOCK, "dropout": rate}, WORDS)
        keys.append(training_setup(a_job(layers, NEXT), form, Formulation.SLICES).structure.key("cpu"))
    assert keys[0] == keys[1] != keys[2]


def test_a_table_too_small_for_the_data_is_refused_once_it_is_open() -> None:
    form = DatasetForm("x", (12,), (), 64, 64, 3, has_tokens=True, tokens=21)
    with pytest.raises(InvalidField, match="vocab_size 20, but the data has tokens up to 20"):
        training_setup(a_job(BI_LSTM, LABELS), form, Formulation.SLICES)


@pytest.mark.slow
def test_training_in_bfloat16_learns_too(environment: TrainingEnvironment) -> None:
    history = finished(a_job(GPT, NEXT, epochs=5, precision="bfloat16", **ADAM), environment).history
    assert history[-1].values["loss"] < 0.97 * history[0].values["loss"]
