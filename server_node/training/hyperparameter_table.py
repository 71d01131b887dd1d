"""Writes the reference of hyperparameters, `docs/reference/hyperparameters.md`, from the code.

`python -m server_node.training.hyperparameter_table > docs/reference/hyperparameters.md`. A test holds the file against
this. Meanings are the first sentences of the code's own docstrings; nothing is said here that is not said there.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from server_node.training.evaluation_sums import perplexity
from server_node.training.losses import LOSSES
from server_node.training.metrics import METRICS, families_for
from server_node.training.metrics.task import Task, right_share
from server_node.training.optimizers import OPTIMIZERS
from server_node.training.schedules import SCHEDULES
from shared import hyperparameters
from shared.hyperparameter_names import LATER_WORDS, WORD_ALIASES, Loss, Optimizer, Schedule
from shared.hyperparameter_strings import hyperparameters_from_strings
from shared.hyperparameters import Hyperparameters
from shared.model_definition.graph import Shape
from shared.model_definition.settings_nodes import SETTINGS_NODES
from shared.model_definition.vocabulary import DESIGNER_NAMES

_HEAD = """\
# Hyperparameters

Made from the code by `python -m server_node.training.hyperparameter_table`; do not edit.

They stand under `hyperparameters` in a job file, as numbers, words or strings of either, and travel as strings. An
unknown name or word is refused, never skipped. Words are matched without regard to case, `_` and `-`; *node* is the
type that says the same in a designer graph, with its integer code ([what such nodes take](layers.md)).

A number that only scales something (rates, decays, momenta, noise) is data to the compiled program: a job that differs
in nothing else compiles nothing.

| name | default | values | what it is |
|---|---|---|---|
"""
_CHOICES: Mapping[str, tuple[type[StrEnum], Mapping[str, Callable[..., Any]]]] = {
    "optimizer": (Optimizer, {name: optimizer.make for name, optimizer in OPTIMIZERS.items()}),
    "schedule": (Schedule, SCHEDULES),
    "loss": (Loss, LOSSES),
}
_TITLES = {"optimizer": "Optimizers", "schedule": "Schedules of the learning rate", "loss": "Losses"}
_METRICS_HEAD = """
## Metrics

Over the examples of a split, with `val_` or `test_` in front; loss, accuracy and perplexity also over those that an
epoch trained on. What fills up a partial batch never counts. *Many* classes are more than five.

| metric | what it is | for |
|---|---|---|
"""
_QUESTIONS: Mapping[str, tuple[Task, Shape]] = {
    "few classes": (Task.CLASSES, (3,)),
    "many classes": (Task.CLASSES, (10,)),
    "tokens of few classes": (Task.CLASSES, (7, 3)),
    "tokens of many classes": (Task.CLASSES, (7, 10)),
    "yes or no": (Task.BINARY, (1,)),
    "real values": (Task.VALUES, (2,)),
}
_PROBED_STEPS = 300
_LARGE = 2**31


def hyperparameter_table() -> str:
    """The whole page."""
    parts = [_HEAD, *_rows(), "\n## What they mean exactly\n\n", _exact_meaning()]
    for name in _CHOICES:
        parts += [f"\n## {_TITLES[name]}\n\n", *_choice_rows(name)]
    return "".join([*parts, _METRICS_HEAD, *_metric_rows()])


def _rows() -> Iterator[str]:
    meanings = _attributes(Hyperparameters)
    schema = Hyperparameters.model_json_schema()
    for name, described in schema["properties"].items():
        default = _default(described.get("default"))
        yield f"| `{name}` | {default} | {_values(described, schema['$defs'])} | {meanings[name]} |\n"


def _attributes(documented: type) -> dict[str, str]:
    """The descriptions in a docstring's list of attributes, by name."""
    listed = inspect.cleandoc(documented.__doc__ or "").split("Attributes:\n")[1]
    entries = re.findall(r"^    (\w+): (.*(?:\n     .*)*)", listed, re.MULTILINE)
    return {name: " ".join(text.split()).rstrip(".") for name, text in entries}


def _default(value: object) -> str:
    if value is None:
        return "not said"
    if value == "":
        return "empty"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(described: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    one = next((part for part in described.get("anyOf", ()) if part.get("type") != "null"), described)
    if "$ref" in one:
        return ", ".join(definitions[one["$ref"].rsplit("/", 1)[1]]["enum"])
    if one["type"] == "boolean":
        return "true, false"
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {_bound(one[key])}" for key, sign in signs.items() if key in one]
    word = {"integer": "integer", "number": "real", "string": "words apart by commas"}[one["type"]]
    return ", ".join([word, *bounds])


def _bound(value: float) -> str:
    number = int(value)
    if number != value or number < _LARGE:
        return f"{value:g}" if value < 1 else f"{value:,.0f}"
    below = "" if number.bit_count() == 1 else " - 1"
    power = number.bit_length() - (1 if number.bit_count() == 1 else 0)
    return f"2^{power}{below}" if 2**power in {number, number + 1} else f"{value:.0e}".replace("e+", "e")


def _exact_meaning() -> str:
    """The formulas: what stands in the docstring of the record's module between its title and its end."""
    paragraphs = inspect.cleandoc(hyperparameters.__doc__ or "").split("\n\n")
    return "\n\n".join(paragraphs[1:-1]) + "\n"


def _choice_rows(hyperparameter: str) -> Iterator[str]:
    words, makers = _CHOICES[hyperparameter]
    yield f"| `{hyperparameter}` | also | node | when not said | what it is |\n|---|---|---|---|---|\n"
    for word in words:
        cells = (_also(hyperparameter, word), _nodes(hyperparameter, word), _own_defaults(hyperparameter, word))
        yield f"| `{word}` | {' | '.join(cells)} | {_sentence(makers[word])} |\n"
    later = ", ".join(sorted(LATER_WORDS[hyperparameter]))
    yield f"\nKnown and refused for now: {later}.\n"


def _also(hyperparameter: str, word: str) -> str:
    return ", ".join(f"`{alias}`" for alias, meant in WORD_ALIASES[hyperparameter].items() if meant == word)


def _nodes(hyperparameter: str, word: str) -> str:
    named = [name for name, node in SETTINGS_NODES.items() if node.says.get(hyperparameter) == word]
    return ", ".join(f"{name} ({DESIGNER_NAMES.index(name)})" for name in named)


def _own_defaults(hyperparameter: str, word: str) -> str:
    """The defaults that a word brings with it, found by saying nothing but the word."""
    plain, own = (_defaults_with(said, hyperparameter) for said in ({}, {hyperparameter: word}))
    return ", ".join(f"`{name}` {value}" for name, value in own.items() if value != plain[name])


def _defaults_with(said: Mapping[str, str], hyperparameter: str) -> Mapping[str, object]:
    chosen = hyperparameters_from_strings(said)
    steps = {
        "warmup_steps": chosen.resolved_warmup_steps(_PROBED_STEPS),
        "decay_steps": chosen.resolved_decay_steps(_PROBED_STEPS),
    }
    shares = {name: f"{count / _PROBED_STEPS:.0%} of the run" for name, count in steps.items()}
    return {**chosen.model_dump(exclude={hyperparameter}), **shares}


def _sentence(function: Callable[..., Any]) -> str:
    first = inspect.cleandoc(function.__doc__ or "").split("\n\n")[0]
    text = " ".join(first.split()).replace("|", "\\|").rstrip(".")
    return text.removeprefix("Give ")


def _metric_rows() -> Iterator[str]:
    yield "| `loss` | the mean of the job's loss | everything |\n"
    yield f"| `accuracy` | {_sentence(right_share)} | all classes and tokens; yes or no |\n"
    yield f"| `perplexity` | {_sentence(perplexity)} | all tokens |\n"
    for family_name, family in METRICS.items():
        questions = [name for name, question in _QUESTIONS.items() if family_name in families_for(*question)]
        for name, value in family.values.items():
            yield f"| `{name}` | {_sentence(value)} | {', '.join(questions)} |\n"


if __name__ == "__main__":
    sys.stdout.write(hyperparameter_table())
