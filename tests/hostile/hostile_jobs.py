"""Job files and model definitions that were made to do harm, by what is wrong with them. It sends nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

DEEP = 100_000
LONG = 200_000


def _layers(*layers: Mapping[str, Any]) -> str:
    return json.dumps({"layers": [*layers]})


def _dense(units: str) -> str:
    return f'{{"layers": [{{"type": "dense", "units": {units}}}]}}'


def _graph(nodes: list[Any], links: list[Any]) -> str:
    return json.dumps({"nodes": nodes, "links": links})


DEFINITIONS: Mapping[str, str] = {
    "lists without end": "[" * DEEP,
    "mappings without end": '{"layers":' * DEEP,
    "lists that end": "[" * DEEP + "]" * DEEP,
    "a layer in a layer in a layer": '{"layers": [' + '{"type": "residual", "layers": [' * 2_000 + "]}" * 2_000 + "]}",
    "deep parameters": '{"layers": [{"type": "dense", "units": ' + "[" * 900 + "]" * 900 + "}]}",
    "a million layers": '{"layers": [' + '{"type": "relu"},' * 1_000_000 + '{"type": "relu"}]}',
    "units without end": _dense("9" * 4_000),
    "units beyond any integer type": _dense("9223372036854775808"),
    "units of a quintillion": _dense("1000000000000000000"),
    "no units": _dense("0"),
    "fewer than no units": _dense("-9223372036854775809"),
    "units that are no number": _dense("NaN"),
    "units that are infinite": _dense("Infinity"),
    "units that overflow to infinity": _dense("1e999"),
    "units in exponents": _dense("1e308"),
    "units as text": _dense(json.dumps("9" * LONG)),
    "a rate that is no number": '{"layers": [{"type": "dropout", "rate": NaN}, {"type": "dense", "units": 10}]}',
    "a rate that is infinite": '{"layers": [{"type": "dropout", "rate": -Infinity}, {"type": "dense", "units": 10}]}',
    "a huge vocabulary": _layers({"type": "embedding", "vocabulary": 2**62, "units": 2**62}),
    "a giant type": _layers({"type": "n" * LONG}),
    "a giant parameter": _layers({"type": "dense", "u" * LONG: 1}),
    "HTML as a type": _layers({"type": "<img src=x onerror=alert(1)>"}),
    "terminal escapes as a type": _layers({"type": "\x1b]0;owned\x07\x1b[2J"}),
    "a NUL in a type": _layers({"type": "dense\x00", "units": 10}),
    "half a character as a type": '{"layers": [{"type": "\\ud800"}]}',
    "half a character as a parameter": '{"layers": [{"type": "dense", "\\udfff": 1, "units": 10}]}',
    "a key twice": '{"layers": [{"type": "dense", "units": 10, "units": 99}]}',
    "a path as a type": _layers({"type": "../../etc/passwd"}),
    "code as a type": _layers({"type": "__import__('os').system('true')"}),
    "many parameters": _layers({"type": "dense", "units": 10} | {f"p{n}": n for n in range(20_000)}),
    "ids without end": _graph([{"id": 10**300, "type": 0}], []),
    "links to nowhere": _graph([{"id": 1, "type": 77}], [{"from_node": n, "to_node": -n} for n in range(5_000)]),
    "a circle of two thousand": _graph(
        [{"id": n, "type": 29} for n in range(2_000)],
        [{"from_node": n, "to_node": (n + 1) % 2_000} for n in range(2_000)],
    ),
    "half a character as a node's name": '{"nodes": [{"id": 1, "type": 77, "name": "\\ud83d"}], "links": []}',
    "nothing": "",
    "a NUL": "\x00",
    "no JSON": "'; DROP TABLE jobs; --",
    "no mapping": "1e999",
}

_JOB: dict[str, Any] = {
    "model": {"layers": [{"type": "dense", "units": 10}]},
    "dataset": "builtin://digits",
    "batch_size": 32,
    "epochs": 1,
}


def _job(**changes: Any) -> str:
    return json.dumps(_JOB | changes)


def _laughs(levels: int) -> str:
    lines = ["a0: &a0 [lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(lines)


def _merges(levels: int) -> str:
    lines = ["a0: &a0 {k: v}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, levels)]
    return "\n".join(lines)


JOB_FILES: Mapping[str, str] = {
    "a billion laughs": _laughs(30),
    "a billion merges": _merges(30),
    "a list of itself": "model: &a [*a]",
    "an object from a tag": "model: !!python/object/apply:os.getcwd []",
    "YAML without end": "[" * DEEP,
    "YAML that is deep": "{a: " * 5_000 + "1" + "}" * 5_000,
    "indents without end": "\n".join(f"{' ' * n}a:" for n in range(900)),
    "epochs without end": _job(epochs=10**300),
    "epochs beyond the wire": _job(epochs=2**31),
    "fewer than no epochs": _job(epochs=-1),
    "epochs that are true": _job(epochs=True),
    "a batch of nothing": _job(batch_size=0),
    "a batch beyond memory": _job(batch_size=2**63),
    "a rate that is no number": json.dumps(_JOB)[:-1] + ', "hyperparameters": {"learning_rate": NaN}}',
    "a rate that is no number in YAML": f"{json.dumps(_JOB)[:-1]}, hyperparameters: {{learning_rate: .nan}}}}",
    "a rate that overflows": json.dumps(_JOB)[:-1] + ', "hyperparameters": {"learning_rate": 1e999}}',
    "a giant name of a dataset": _job(dataset="builtin://" + "n" * LONG),
    "a NUL in a dataset": _job(dataset="builtin://di\x00gits"),
    "a file that is not to be read": _job(dataset="file:///etc/../etc/shadow\x00.csv"),
    "half a character in a label": json.dumps(_JOB)[:-1] + ', "labels": {"a": "\\ud800"}}',
    "a hundred thousand labels": _job(labels={f"l{n}": "x" for n in range(100_000)}),
    "a giant label": _job(labels={"n" * LONG: "x" * LONG}),
    "terminal escapes as a label's name": _job(labels={"\x1b[2J": "x"}),
    "a key that is a list": "? [1, 2]\n: 3\n",
    "an unknown key that is giant": _job(**{"k" * LONG: 1}),
    "no mapping": "[]",
    "half a character": '"\\ud800"',
    "a NUL": "\x00",
}
