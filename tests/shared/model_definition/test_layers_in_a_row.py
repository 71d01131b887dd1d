"""Layers in a row, their shorthands, and the short form."""

import pytest

from tests.shared.definitions import node, parsed, refusal_of, row


def test_layers_become_a_chain_behind_an_input() -> None:
    graph = parsed(row({"type": "dense", "units": 128, "activation": "relu"}, {"type": "dense", "units": 10}))
    assert [(n.node_id, n.name, n.kind, n.inputs) for n in graph.nodes] == [
        ("input", "input", "input", ()),
        ("0", "dense_1", "dense", ("input",)),
        ("1", "dense_2", "dense", ("0",)),
    ]
    assert graph.outputs == ("1",)
    assert node(graph, "0").parameters["activation"] == "relu"


def test_numbers_are_dense_layers_with_relu_between_them() -> None:
    graph = parsed({"layers": [64, 32, 10]})
    dense = [(n.parameters["units"], n.parameters["activation"]) for n in graph.nodes if n.kind == "dense"]
    assert dense == [(64, "relu"), (32, "relu"), (10, "linear")]
    assert graph.declared_input_shape is None


def test_an_mlp_starts_with_the_width_of_its_input() -> None:
    graph = parsed({"architecture": "MLP", "layers": [784, 256, 128, 10]})
    assert [n.parameters["units"] for n in graph.nodes if n.kind == "dense"] == [256, 128, 10]
    assert graph.declared_input_shape == (784,)


def test_the_short_form_is_dense_layers() -> None:
    graph = parsed(
        {
            "type": "mlp",
            "input_size": 784,
            "output_size": 10,
            "hidden_layers": [256, 128],
            "activation": "tanh",
            "output_activation": "softmax",
        }
    )
    dense = [(n.parameters["units"], n.parameters["activation"]) for n in graph.nodes if n.kind == "dense"]
    assert dense == [(256, "tanh"), (128, "tanh"), (10, "softmax")]
    assert graph.declared_input_shape == (784,)


@pytest.mark.parametrize(
    "definition",
    [
        row({"type": "input", "shape": [8, 8, 1]}, "flatten"),
        row({"type": "conv2d", "input_shape": "[8, 8, 1]"}),
        row("conv2d", input_shape=[8, 8, 1]),
    ],
)
def test_an_input_shape_may_be_declared_in_three_places(definition: dict[str, object]) -> None:
    assert parsed(definition).declared_input_shape == (8, 8, 1)


def test_a_written_name_is_kept_and_a_second_one_made_different() -> None:
    graph = parsed(row({"type": "relu", "name": "a"}, {"type": "relu", "name": "a"}))
    assert [n.name for n in graph.nodes] == ["input", "a", "a_1"]


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ({"layers": []}, ["layers is empty"]),
        ({"layers": 3}, ["layers must be a list"]),
        ({"layers": [64, "ten"]}, ["layers[1]", "width", "'ten'"]),
        ({"layers": [64, 0]}, ["layers[1]", "from 1", "got 0"]),
        ({"layers": [64, {"type": "relu"}]}, ["layers[1]", "width"]),
        (row({"units": 10}), ["layer 0", "must have a type"]),
        (row({"type": "desne"}), ["layer 0", "unknown layer 'desne'", "did you mean Dense?"]),
        (row("dense", "subgraph"), ["layer 1", "Subgraph is known but not supported yet"]),
        (row("dense", "add"), ["layer 1", "takes 2 inputs or more", "draw a graph"]),
        (row("dense", "constant"), ["layer 1", "takes no input", "draw a graph"]),
        (row("dense", "CrossEntropyLoss"), ["layer 1", "is no layer"]),
        (row({"type": "dense", "units": "many"}), ["layer 0 (dense_1)", "units must be a whole number", "'many'"]),
        (row({"type": "dense", "units": True}), ["layer 0 (dense_1)", "units must be a whole number"]),
        (row({"type": "dense", "unit": 3}), ["layer 0 (dense_1)", "unknown parameter 'unit'", "did you mean units?"]),
        (row({"type": "dropout", "rate": 1.0, "name": "drop"}), ["layer 0 (drop)", "rate must be >= 0 and < 1"]),
        (row("relu", "input"), ["layer 1", "only the first layer"]),
        (row("input"), ["no layers"]),
        (row("dense", optimizer="adam"), ["unknown key 'optimizer'", "belong in the job"]),
        (row("dense", layer=[]), ["unknown key 'layer'", "did you mean layers?"]),
        ({"architecture": "resnet", "layers": [1, 2]}, ["architecture 'resnet'"]),
        ({"architecture": "MLP", "layers": [784]}, ["at least one more width"]),
        ({"type": "cnn", "input_size": 4}, ["'cnn'", "mlp"]),
        ({"type": "mlp", "input_size": 4}, ["output_size is missing"]),
        ({"type": "mlp", "input_size": 4, "output_size": 2, "hidden": [3]}, ["unknown key 'hidden'", "hidden_layers"]),
        ({"type": "mlp", "input_size": 4, "output_size": 2, "hidden_layers": [-3]}, ["hidden_layers[0]", "-3"]),
        ({"type": "mlp", "input_size": 4, "output_size": 2, "activation": "rely"}, ["activation must be one of"]),
        ({"template": {"nodes": []}, "name": "p"}, ["at least one node"]),
        ({"template": [], "name": "p"}, ["template must be an object"]),
        ({}, ["none of the keys"]),
    ],
)
def test_what_cannot_be_read_is_refused_with_place_and_reason(definition: dict[str, object], words: list[str]) -> None:
    sentence = refusal_of(definition)
    assert [word for word in words if word not in sentence] == []
