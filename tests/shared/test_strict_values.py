"""Numbers and flags as people write them, read without guessing."""

import pytest

from shared.strict_values import flag_from, integer_from, integers_from, real_from, reals_from


@pytest.mark.parametrize(
    ("value", "number"), [(5, 5), (5.0, 5), ("5", 5), (" -7 ", -7), ("+3", 3), ("3.00", 3), (2**63 - 1, 2**63 - 1)]
)
def test_whole_numbers(value: object, number: int) -> None:
    assert integer_from(value) == number


@pytest.mark.parametrize(
    "value", [True, None, "", "5.5", 5.5, "five", "1_000", "٣", "1e3", 2**64, float("nan"), [5], {}]
)
def test_what_is_no_whole_number(value: object) -> None:
    with pytest.raises(ValueError, match="a whole number"):
        integer_from(value)


@pytest.mark.parametrize(
    ("value", "number"), [(1, 1.0), ("1e-5", 1e-5), (".5", 0.5), ("5.", 5.0), ("-2.5E+3", -2500.0)]
)
def test_real_numbers(value: object, number: float) -> None:
    assert real_from(value) == number


@pytest.mark.parametrize("value", [True, None, "", "nan", "inf", "1e999", float("inf"), "0x10", "1,5", "1" * 1_000])
def test_what_is_no_real_number(value: object) -> None:
    with pytest.raises(ValueError, match="a finite number"):
        real_from(value)


@pytest.mark.parametrize(("value", "flag"), [(True, True), ("True", True), ("off", False), (0, False), ("1", True)])
def test_flags(value: object, *, flag: bool) -> None:
    assert flag_from(value) is flag


@pytest.mark.parametrize("value", [2, "", "maybe", None, 1.0, []])
def test_what_is_no_flag(value: object) -> None:
    with pytest.raises(ValueError, match="true or false"):
        flag_from(value)


@pytest.mark.parametrize("value", [[28, 28], (28, 28), "[28, 28]", "28,28", "(28, 28)", ["28", 28.0], "[28, 28,]"])
def test_lists_of_whole_numbers(value: object) -> None:
    assert integers_from(value) == (28, 28)


@pytest.mark.parametrize("value", [[], "[]", "", [1.5], [[1]], "1;2", ["x"], [1] * 17, None, {}])
def test_what_is_no_list_of_whole_numbers(value: object) -> None:
    with pytest.raises(ValueError, match="a whole number or a list of whole numbers"):
        integers_from(value)


@pytest.mark.parametrize(
    ("value", "numbers"), [("[0.5, .25, 1e-3]", (0.5, 0.25, 1e-3)), (2, (2.0,)), ([1, "2"], (1, 2))]
)
def test_several_real_numbers(value: object, numbers: tuple[float, ...]) -> None:
    assert reals_from(value) == numbers


@pytest.mark.parametrize("value", ["[0.5, x]", [], "", [[1]], True, [1] * 17])
def test_what_are_no_real_numbers(value: object) -> None:
    with pytest.raises(ValueError, match="a finite number or a list of them"):
        reals_from(value)
