"""The zoo: what each architecture gives, how many parameters it has by hand, and how it is refused."""

from typing import Any

import pytest

from shared.model_definition.architectures import ARCHITECTURES
from shared.model_definition.graph import Shape
from tests.shared.definitions import parsed, planned, refusal_of

IMAGENET = {"width": 64, "stem": "imagenet", "classes": 1_000}


@pytest.mark.parametrize(
    ("definition", "input_shape", "output_shape", "parameters"),
    [
        ({"architecture": "mlp"}, (8, 8, 1), (10,), 64 * 128 + 128 + 128 * 10 + 10),
        ({"architecture": "MLP", "hidden": "32, 16", "classes": "3", "dropout": 0.1}, (4,), (3,), 160 + 528 + 51),
        ({"architecture": "cnn"}, (8, 8, 1), (10,), 160 + 4_640 + (2 * 2 * 32 * 64 + 64) + 650),
        # The three counts are those of the networks of the paper as everyone publishes them.
        ({"architecture": "resnet", "depth": 18, **IMAGENET}, (224, 224, 3), (1_000,), 11_689_512),
        ({"architecture": "ResNet-34", **IMAGENET}, (224, 224, 3), (1_000,), 21_797_672),
        ({"architecture": "resnet50", **IMAGENET}, (224, 224, 3), (1_000,), 25_557_032),
        # patches 4*4*1*64+64, positions 256*64, 4 blocks, a norm, a head
        ({"architecture": "vit"}, (8, 8, 1), (10,), 1_088 + 16_384 + 4 * 49_984 + 128 + 650),
        # 12 layers of 768 on 50,257 tokens and 1,024 places, head untied: 124,439,808 + 50,257 * 768
        (
            {"architecture": "gpt", "vocab_size": 50_257, "context": 1_024, "width": 768, "depth": 12, "heads": 12},
            (128,),
            (128, 50_257),
            124_439_808 + 50_257 * 768,
        ),
        ({"architecture": "lstm"}, (16, 8), (10,), 4 * 64 * (8 + 64 + 1) + 650),
        ({"architecture": "lstm", "vocab_size": 50, "each_position": True}, (16,), (16, 10), 3_200 + 33_024 + 650),
        (
            {"architecture": "autoencoder", "input_shape": [8, 8, 1]},
            (8, 8, 1),
            (8, 8, 1),
            2 * 64 * 128 + 128 + 2 * 128 * 16 + 16 + 128 + 64,
        ),
    ],
)
def test_shapes_and_counts_are_those_of_the_textbook(
    definition: dict[str, Any], input_shape: Shape, output_shape: Shape, parameters: int
) -> None:
    assert planned(definition, input_shape) == (output_shape, parameters)


def test_a_basic_resnet_has_as_many_layers_with_weights_as_its_name_says() -> None:
    for depth in (18, 34, 50):
        graph = parsed({"architecture": "resnet", "depth": depth})
        weighted = [n for n in graph.nodes if n.kind in {"conv2d", "dense"} and "shortcut" not in n.name]
        assert len(weighted) == depth


def test_a_declared_input_shape_is_kept() -> None:
    assert parsed({"architecture": "cnn", "input_shape": [28, 28, 1]}).declared_input_shape == (28, 28, 1)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_every_name_is_found_by_every_spelling(name: str) -> None:
    for spelling in (name, name.upper(), *ARCHITECTURES[name].aliases):
        assert parsed({"architecture": spelling, "input_shape": [8, 8, 1]}).nodes


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ({"architecture": "restnet"}, ["unknown architecture 'restnet'", "did you mean resnet?"]),
        ({"architecture": 7}, ["must be a name"]),
        ({"architecture": "resnet", "depth": 20}, ["depth 20", "18, 34, 50"]),
        ({"architecture": "resnet18", "depth": 34}, ["says depth twice"]),
        ({"architecture": "gpt", "width": 65}, ["width 65", "4 heads"]),
        ({"architecture": "autoencoder"}, ["needs input_shape"]),
        ({"architecture": "mlp", "hiden": [3]}, ["unknown parameter 'hiden'", "it takes hidden_layers"]),
        ({"architecture": "cnn", "params": 3}, ["params must be an object"]),
    ],
)
def test_what_is_no_model_of_the_zoo_is_refused(definition: dict[str, Any], words: list[str]) -> None:
    sentence = refusal_of(definition)
    assert [word for word in words if word not in sentence] == []
