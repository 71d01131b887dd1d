"""What holds for every kind of layer: names, defaults, shape rules, parameter counts."""

import math

import pytest

from shared.errors import InvalidField
from shared.model_definition.find_kind import find_kind
from shared.model_definition.graph import ParameterValue, Shape
from shared.model_definition.kinds import KINDS
from shared.model_definition.kinds.layer_kind import LayerKind, ParameterSpec, ParameterType
from shared.model_definition.read_parameters import read_parameters
from shared.model_definition.vocabulary import DESIGNER_NAMES, SETTINGS_ROLES, designer_name, type_key
from tests.shared.kind_examples import input_shapes, needed_parameters

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
every_parameter = pytest.mark.parametrize(
    ("kind", "spec"),
    [pytest.param(kind, spec, id=f"{kind.name}.{spec.name}") for kind in KINDS.values() for spec in kind.parameters],
)


@every_kind
def test_a_kind_is_found_by_every_spelling_of_its_names(kind: LayerKind) -> None:
    for name in (kind.name, *kind.aliases):
        for spelling in (name, name.upper(), name.replace("_", ""), name.replace("_", "-")):
            assert find_kind(spelling, "layer 0") is kind


@every_kind
def test_the_designer_code_of_a_kind_names_it_in_the_vocabulary(kind: LayerKind) -> None:
    if kind.designer_code is not None:
        assert find_kind(kind.designer_code, "layer 0") is kind
        assert find_kind(DESIGNER_NAMES[kind.designer_code], "layer 0") is kind


@every_kind
def test_defaults_are_accepted_and_give_a_shape_and_a_count(kind: LayerKind) -> None:
    parameters = read_parameters(kind, needed_parameters(kind.name), "layer 0")
    shape = kind.output_shape(parameters, input_shapes(kind.name))
    assert math.prod(shape) > 0
    assert kind.parameter_count(parameters, input_shapes(kind.name)) >= 0


@every_kind
def test_an_unknown_parameter_is_refused_with_its_name(kind: LayerKind) -> None:
    with pytest.raises(InvalidField, match="unknown parameter 'colour'"):
        read_parameters(kind, {"colour": 1}, "layer 0")


@every_parameter
def test_a_value_of_the_wrong_type_is_refused(kind: LayerKind, spec: ParameterSpec) -> None:
    with pytest.raises(InvalidField, match=rf"{spec.name} must be"):
        read_parameters(kind, {spec.name: {"not": "a value"}}, "layer 0")


@every_parameter
def test_a_value_beyond_the_range_is_refused(kind: LayerKind, spec: ParameterSpec) -> None:
    if spec.minimum is not None:
        with pytest.raises(InvalidField, match=rf"{spec.name} must be >"):
            read_parameters(kind, {spec.name: spec.minimum - 1}, "layer 0")
    if spec.maximum is not None:
        with pytest.raises(InvalidField, match=rf"{spec.name} must be "):
            read_parameters(kind, {spec.name: spec.maximum + 1}, "layer 0")


@every_parameter
def test_a_default_may_be_written_out_as_a_value_or_as_a_string(kind: LayerKind, spec: ParameterSpec) -> None:
    if spec.default is None:
        return
    written = list(spec.default) if isinstance(spec.default, tuple) else spec.default
    for value in (written, str(written)):
        for name in (spec.name, *spec.aliases):
            assert read_parameters(kind, {name: value}, "layer 0")[spec.name] == spec.default


def test_the_documented_defaults_hold() -> None:
    assert _defaults("dense") == {"units": 128, "use_bias": True, "activation": "linear"}
    assert _defaults("max_pool2d") == {"pool_size": (2, 2), "stride": (2, 2), "padding": "valid"}
    assert _defaults("dropout") == {"rate": 0.5}
    assert _defaults("batch_norm")["momentum"] == 0.1
    convolution = _defaults("conv2d")
    assert (convolution["filters"], convolution["kernel_size"], convolution["stride"]) == (32, (3, 3), (1, 1))
    assert convolution["padding"] == "same"


def _defaults(name: str) -> dict[str, ParameterValue]:
    return read_parameters(KINDS[name], {}, "layer 0")


@pytest.mark.parametrize("written", [3, "3", [3, 3], "[3, 3]", "3, 3", 3.0])
def test_a_window_may_be_written_in_every_documented_way(written: object) -> None:
    assert read_parameters(KINDS["conv2d"], {"kernel_size": written}, "layer 0")["kernel_size"] == (3, 3)


@pytest.mark.parametrize(
    ("parameters", "shape"),
    [
        ({}, (8, 9, 32)),
        ({"padding": "valid"}, (6, 7, 32)),
        ({"stride": 2}, (4, 5, 32)),
        ({"stride": [2, 3], "padding": "VALID", "kernel_size": [2, 4], "filters": "5"}, (4, 2, 5)),
    ],
)
def test_convolution_shapes_follow_the_textbook(parameters: dict[str, object], shape: Shape) -> None:
    read = read_parameters(KINDS["conv2d"], parameters, "layer 0")
    assert KINDS["conv2d"].output_shape(read, ((8, 9, 3),)) == shape


@pytest.mark.parametrize(
    ("name", "parameters", "input_shape", "count"),
    [
        ("dense", {"units": 10}, (784,), 7_850),
        ("dense", {"units": 10, "use_bias": "false"}, (784,), 7_840),
        ("conv2d", {}, (8, 8, 3), 3 * 3 * 3 * 32 + 32),
        ("batch_norm", {}, (8, 8, 6), 12),
        ("prelu", {}, (8, 8, 6), 6),
        ("dropout", {}, (8, 8, 6), 0),
    ],
)
def test_parameter_counts_follow_the_textbook(
    name: str, parameters: dict[str, object], input_shape: Shape, count: int
) -> None:
    read = read_parameters(KINDS[name], parameters, "layer 0")
    assert KINDS[name].parameter_count(read, (input_shape,)) == count


def test_every_designer_code_is_run_understood_or_refused_by_name() -> None:
    assert len(DESIGNER_NAMES) == 85
    for code, name in enumerate(DESIGNER_NAMES):
        try:
            assert find_kind(code, "node 7 (x)").designer_code == code
        except InvalidField as error:
            expected = "is no layer" if name in SETTINGS_ROLES else "is known but not supported yet"
            assert str(error).startswith(f"node 7 (x): {name} {expected}")  # noqa: PT017 - both outcomes are right


def test_known_codes_stand_where_the_contract_says() -> None:
    codes = {0: "Dense", 14: "Dropout", 39: "Softmax", 50: "Output", 60: "Adam", 77: "DatasetInput", 84: "Subgraph"}
    assert {code: DESIGNER_NAMES[code] for code in codes} == codes


@pytest.mark.parametrize("alias", ["Input", "GlobalAvgPool2D", "BatchNorm2D", "Concat", "CrossEntropy"])
def test_designer_aliases_are_known(alias: str) -> None:
    assert designer_name(alias) is not None


def test_no_two_kinds_share_a_name() -> None:
    names = [type_key(name) for kind in KINDS.values() for name in (kind.name, *kind.aliases)]
    assert len(names) == len(set(names))


def test_choices_are_written_without_regard_to_case() -> None:
    spec = next(spec for spec in KINDS["dense"].parameters if spec.type is ParameterType.CHOICE)
    read = read_parameters(KINDS["dense"], {spec.name: "Leaky-ReLU"}, "layer 0")
    assert read["activation"] == "leaky_relu"


def test_one_parameter_under_two_names_is_refused() -> None:
    with pytest.raises(InvalidField, match="says kernel_size twice"):
        read_parameters(KINDS["conv2d"], {"kernel": 3, "kernel_size": 3}, "layer 0")
