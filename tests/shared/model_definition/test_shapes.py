"""Shapes through whole models: what fits, what is filled in, what is refused, and what the loss takes over."""

import pytest

from shared.errors import InvalidField
from shared.hyperparameter_names import Loss
from shared.model_definition.fuse import fuse_final_activation
from shared.model_definition.graph import ModelGraph
from shared.model_definition.implied_flatten import with_implied_flatten
from shared.model_definition.shapes import infer_shapes, parameter_count, summarize
from tests.shared.definitions import node, parsed, row


def test_a_small_cnn_has_the_textbook_table() -> None:
    graph = parsed(
        row({"type": "conv2d", "filters": 8}, "max_pool2d", "batch_norm", "flatten", {"type": "dense", "units": 10})
    )
    table = summarize(graph, (8, 8, 1))
    assert [(line.name, line.output_shape, line.parameters) for line in table] == [
        ("input", (8, 8, 1), 0),
        ("conv2d_1", (8, 8, 8), 80),
        ("max_pool2d_1", (4, 4, 8), 0),
        ("batch_norm_1", (4, 4, 8), 16),
        ("flatten_1", (128,), 0),
        ("dense_1", (10,), 1_290),
    ]
    assert parameter_count(graph, (8, 8, 1)) == 1_386


def test_a_shape_that_does_not_fit_names_layer_and_shape() -> None:
    graph = parsed(row({"type": "dense", "units": 7}, {"type": "conv2d", "name": "late"}))
    with pytest.raises(InvalidField, match=r"layer 1 \(late\) expects images .* got \(7,\)"):
        infer_shapes(graph, (4,))


def test_a_window_larger_than_its_image_is_refused() -> None:
    graph = parsed(row({"type": "max_pool2d", "pool_size": [3, 9]}))
    with pytest.raises(InvalidField, match=r"pool_size \(3, 9\), which is larger than its input \(8, 8"):
        infer_shapes(graph, (8, 8, 1))


def test_an_example_too_large_to_hold_is_refused() -> None:
    graph = parsed(row({"type": "conv2d", "filters": 1_000_000}))
    with pytest.raises(InvalidField, match="make it smaller"):
        infer_shapes(graph, (1_000, 1_000, 1))


def test_flatten_is_put_in_front_of_a_dense_that_is_fed_an_image() -> None:
    graph = with_implied_flatten(parsed(row("conv2d", {"type": "dense", "units": 3}, "relu")), (4, 4, 1))
    assert [n.kind for n in graph.nodes] == ["input", "conv2d", "flatten", "dense", "relu"]
    assert node(graph, "1").inputs == ("1:flatten",)
    assert infer_shapes(graph, (4, 4, 1))["1"] == (3,)


def test_nothing_is_put_in_twice_or_where_it_is_written() -> None:
    written = parsed(row("flatten", "dense"))
    assert with_implied_flatten(written, (4, 4, 1)) is written
    once = with_implied_flatten(parsed(row("dense")), (4, 4, 1))
    assert with_implied_flatten(once, (4, 4, 1)) is once


def test_a_model_that_declares_a_vector_takes_images_of_as_many_numbers() -> None:
    definition = row("batch_norm", {"type": "dense", "units": 3}, input_shape=[16])
    graph = with_implied_flatten(parsed(definition), (4, 4, 1))
    assert infer_shapes(graph, (4, 4, 1))["0"] == (16,)
    assert with_implied_flatten(graph, (4, 4, 1)) is graph


def test_a_declared_image_without_channels_takes_one_channel() -> None:
    assert infer_shapes(parsed(row("conv2d", input_shape=[4, 4])), (4, 4, 1))["0"] == (4, 4, 32)


def test_data_of_another_shape_than_declared_is_refused() -> None:
    with pytest.raises(InvalidField, match=r"declares an input of shape \(784,\), .* have \(8, 8, 1\)"):
        with_implied_flatten(parsed({"architecture": "MLP", "layers": [784, 10]}), (8, 8, 1))


def test_softmax_in_front_of_cross_entropy_goes_into_the_loss() -> None:
    graph = fuse_final_activation(parsed(row("dense", "softmax")), Loss.CROSS_ENTROPY)
    assert [n.kind for n in graph.nodes] == ["input", "dense"]
    assert graph.outputs == ("0",)
    assert fuse_final_activation(graph, Loss.CROSS_ENTROPY) is graph


def test_a_softmax_activation_in_front_of_cross_entropy_goes_into_the_loss() -> None:
    graph = fuse_final_activation(parsed(row({"type": "dense", "activation": "softmax"})), Loss.CROSS_ENTROPY)
    assert node(graph, "0").parameters["activation"] == "linear"


def test_softmax_stays_in_front_of_another_loss() -> None:
    graph = parsed(row("dense", "softmax"))
    assert fuse_final_activation(graph, Loss.MSE) is graph


@pytest.mark.parametrize("name", ["in_features", "inFeatures", "input_dim", "in_channels", "num_features"])
def test_what_is_said_of_the_width_that_arrives_is_checked_and_changes_nothing(name: str) -> None:
    def model(width: object) -> ModelGraph:
        layers = ({"type": "dense", "units": 7, name: "32"}, {"type": "batch_norm", name: width})
        return with_implied_flatten(parsed(row(*layers)), (4, 4, 2))

    assert parameter_count(model(7), (4, 4, 2)) == 32 * 7 + 7 + 14
    with pytest.raises(InvalidField, match=r"layer 1 \(batch_norm_1\) is said to take 8 .* but \(7,\) arrives"):
        infer_shapes(model("8"), (4, 4, 2))


def test_an_embedding_means_its_vocabulary_by_its_input_dim() -> None:
    assert parameter_count(parsed(row({"type": "embedding", "input_dim": 9, "output_dim": 2})), (5,)) == 18
