"""Hyperparameters from strings: defaults, ranges, names, and what of them changes the program."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.augmentation import Augmentation
from shared.errors import InvalidField, UserMistake
from shared.hyperparameter_names import Loss, Optimizer, Schedule
from shared.hyperparameter_strings import (
    hyperparameters_from_strings,
    hyperparameters_from_values,
    strings_from_hyperparameters,
)
from shared.hyperparameters import Hyperparameters


def test_nothing_said_gives_the_documented_defaults() -> None:
    read = hyperparameters_from_strings({})
    assert read == Hyperparameters()
    assert (read.optimizer, read.learning_rate, read.schedule) == (Optimizer.ADAM, 0.001, Schedule.CONSTANT)
    assert read.loss is None


def test_strings_are_read_as_what_they_stand_for() -> None:
    read = hyperparameters_from_strings(
        {"optimizer": "AdamW", "learning_rate": "1e-4", "seed": "7", "loss": "CrossEntropy"}
    )
    assert (read.optimizer, read.learning_rate, read.seed) == (Optimizer.ADAMW, 1e-4, 7)
    assert read.loss is Loss.CROSS_ENTROPY


def test_a_job_file_may_write_numbers_or_strings() -> None:
    assert hyperparameters_from_values({"seed": 7, "learning_rate": "1e-3"}) == Hyperparameters(
        seed=7, learning_rate=1e-3
    )


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        ({"optimizer": "momentum"}, "momentum", 0.9),
        ({"optimizer": "nesterov", "momentum": "0.5"}, "momentum", 0.5),
        ({"optimizer": "sgd"}, "momentum", 0.0),
        ({"optimizer": "sgd", "momentum": "0.9"}, "optimizer", Optimizer.MOMENTUM),
        ({"optimizer": "adamw"}, "weight_decay", 0.01),
        ({"optimizer": "adamw", "weight_decay": "0"}, "weight_decay", 0.0),
        ({"optimizer": "adam"}, "weight_decay", 0.0),
        ({"optimizer": "rmsprop"}, "beta2", 0.9),
        ({"optimizer": "lion", "beta2": "0.5"}, "beta2", 0.5),
        ({"loss": "BCEWithLogitsLoss"}, "loss", Loss.BCE_WITH_LOGITS),
        ({"loss": "mae"}, "loss", Loss.L1),
    ],
)
def test_what_is_unsaid_depends_on_the_optimizer(said: dict[str, str], field: str, value: object) -> None:
    assert getattr(hyperparameters_from_strings(said), field) == value


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("learning_rate", "-0.1", "learning_rate must be > 0, got -0.1"),
        ("learning_rate", "fast", "learning_rate must be a finite number, got 'fast'"),
        ("learning_rate", "nan", "a finite number"),
        ("learning_rate", "inf", "a finite number"),
        ("learning_rate", "", "a finite number"),
        ("learning_rate", "1_0", "a finite number"),
        ("momentum", "1", "must be < 1, got 1.0"),
        ("beta2", "1.5", "must be < 1"),
        ("seed", "-1", "must be >= 0, got -1"),
        ("seed", "1.5", "seed must be a whole number, got '1.5'"),
        ("decay_steps", "0", "must be >= 1, got 0"),
        ("gradient_clip_norm", "0", "must be > 0"),
        ("validation_split", "1", "must be < 1"),
        ("optimizer", "adm", "must be one of sgd, .* got 'adm', did you mean adam"),
        ("optimizer", "adafactor", "'adafactor' is known but not supported yet"),
        ("precision", "float16", "'float16' is known but not supported yet"),
        ("loss", "ctc", "known but not supported yet"),
        ("gradient_accumulation", "0", "gradient_accumulation must be >= 1, got 0"),
        ("early_stopping_patience", "2.5", "must be a whole number"),
        ("ema_decay", "1", "must be < 1"),
        ("result_weights", "worst", "must be one of best, last"),
        (
            "augment",
            "flop",
            "must be some of flip, crop, noise, apart by commas, or none; got 'flop', did you mean flip",
        ),
        ("augment_noise", "-1", "must be >= 0"),
        ("learnin_rate", "1", "unknown hyperparameter 'learnin_rate', did you mean learning_rate?"),
        ("zzz", "1", "unknown hyperparameter 'zzz'; known are optimizer"),
    ],
)
def test_a_wrong_hyperparameter_is_refused_by_name(name: str, text: str, words: str) -> None:
    with pytest.raises(InvalidField, match=words) as caught:
        hyperparameters_from_strings({name: text})
    assert caught.value.field == f"hyperparameters.{name}"


@pytest.mark.parametrize("text", ["", "none", "false", "0"])
def test_augment_that_asks_for_nothing_is_let_through(text: str) -> None:
    assert hyperparameters_from_strings({"augment": text}) == Hyperparameters()


def test_augment_is_a_list_of_words_in_an_order_of_its_own() -> None:
    asked = hyperparameters_from_strings({"augment": "Noise, flip", "augment_noise": "0.1"})
    assert (asked.augment, asked.augment_noise) == ("flip,noise", 0.1)
    assert asked.structure().augmentations == (Augmentation.FLIP, Augmentation.NOISE)


_HYPERPARAMETERS = st.builds(
    Hyperparameters,
    optimizer=st.sampled_from(Optimizer),
    schedule=st.sampled_from(Schedule),
    loss=st.none() | st.sampled_from(Loss),
    learning_rate=st.floats(0, 1e6, exclude_min=True),
    weight_decay=st.floats(0, 1),
    momentum=st.floats(0, 1, exclude_max=True),
    gradient_clip_norm=st.none() | st.floats(0, 1e30, exclude_min=True),
    warmup_steps=st.none() | st.integers(0, 2**53),
    seed=st.integers(0, 2**63 - 1),
)


@settings(deadline=None)
@given(_HYPERPARAMETERS)
def test_strings_read_back_as_the_same_hyperparameters(hyperparameters: Hyperparameters) -> None:
    assert hyperparameters_from_strings(strings_from_hyperparameters(hyperparameters)) == hyperparameters


def _mistake(values: dict[str, str]) -> UserMistake | None:
    try:
        hyperparameters_from_strings(values)
    except UserMistake as error:
        return error
    return None


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(list(Hyperparameters.model_fields)) | st.text(), st.text() | st.floats().map(str))
)
def test_any_strings_give_hyperparameters_or_one_sentence(values: dict[str, str]) -> None:
    mistake = _mistake(values)
    assert mistake is None or (mistake.field.startswith("hyperparameters.") and str(mistake).isprintable())


def test_numbers_do_not_change_the_programs_structure() -> None:
    one = hyperparameters_from_strings({"learning_rate": "0.1", "seed": "1", "beta1": "0.5", "warmup_steps": "3"})
    assert one.structure() == Hyperparameters().structure()
    assert hash(one.structure()) == hash(Hyperparameters().structure())


@pytest.mark.parametrize(
    "said", [{"optimizer": "sgd"}, {"schedule": "cosine"}, {"loss": "mse"}, {"gradient_clip_norm": "1"}]
)
def test_choices_change_the_programs_structure(said: dict[str, str]) -> None:
    assert hyperparameters_from_strings(said).structure() != Hyperparameters().structure()


@pytest.mark.parametrize(
    ("said", "warmup_steps", "decay_steps"),
    [
        ({"schedule": "cosine"}, 0, 100),
        ({"schedule": "cosine", "warmup_steps": "20"}, 20, 80),
        ({"schedule": "cosine", "decay_steps": "7"}, 0, 7),
        ({"schedule": "warmup_cosine"}, 10, 90),
        ({"schedule": "one_cycle"}, 30, 70),
        ({"schedule": "step"}, 0, 33),
        ({"schedule": "linear", "warmup_steps": "500"}, 500, 1),
    ],
)
def test_a_schedules_steps_follow_from_the_run(said: dict[str, str], warmup_steps: int, decay_steps: int) -> None:
    read = hyperparameters_from_strings(said)
    assert (read.resolved_warmup_steps(100), read.resolved_decay_steps(100)) == (warmup_steps, decay_steps)
