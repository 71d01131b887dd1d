"""Plays a scenario: a text whose lines are events, each followed by what the cluster does, indented.

    submit j1
      save j1 queued
      answer j1 queued

The events of a text are played and the effects written anew; the test compares the two texts. Notes for the log and
what only the read model sees are left out.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from central_server.scheduler.effects import Effect
from central_server.scheduler.events import NodeSaid, PlanRequested
from shared.byte_sizes import bytes_from
from shared.identifiers import AttemptKey
from shared.lifecycle import AttemptState
from shared.node_messages import (
    CheckpointStored,
    HeldAttempt,
    HeldState,
    NodeChanged,
    Outcome,
    PlanAnswer,
    StoredCheckpoint,
)
from tests.builders import a_description, a_spec
from tests.cluster_driver import ClusterDriver, held
from tests.scenarios.narration import told

_YES = {"yes": True, "no": False}


def played(text: str) -> str:
    """Return `text` with the effects that its events really have."""
    scenario = Scenario()
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("  "):
            continue
        lines.append(line)
        if line and not line.startswith("#"):
            lines += [f"  {outcome}" for outcome in scenario.play(line)]
    return "\n".join(lines) + "\n"


@dataclass(slots=True)
class Scenario:
    """One story, as far as it has been told."""

    driver: ClusterDriver = field(default_factory=ClusterDriver)

    def play(self, line: str) -> list[str]:
        """Play one event and return what it brought about."""
        words = shlex.split(line)
        match words:
            case ["restart"]:
                self.driver.restart()
                return []
            case ["why", job_id]:
                return [self.driver.cluster.waiting_reason(job_id) or "it does not wait"]
            case ["wait", duration]:
                return self._wait(float(duration.removesuffix("s")))
            case ["node", node_id, verb, *rest]:
                return told(self._node(node_id, verb, rest))
            case [verb, job_id, *rest]:
                return told(self._person(verb, job_id, rest))
            case _:
                raise ValueError(f"expected an event, got {line!r}")

    def _wait(self, seconds: float) -> list[str]:
        began = self.driver.seconds
        lines: list[str] = []
        while (due := self.driver.cluster.next_deadline_seconds()) is not None and due <= began + seconds:
            step = max(0.0, due - self.driver.seconds)
            lines += [f"after {due - began:g}s: {line}" for line in told(self.driver.wait(step))]
        self.driver.seconds = began + seconds
        return lines

    def _person(self, verb: str, job_id: str, rest: Sequence[str]) -> list[Effect]:
        driver = self.driver
        if verb == "submit":
            return driver.submit(job_id, a_spec(**_options(rest)))
        if verb == "plan":
            return driver.feed(PlanRequested(job_id, a_spec(**_options(rest))))
        verbs: dict[str, Callable[[str], list[Effect]]] = {
            "cancel": driver.cancel,
            "pause": driver.pause,
            "resume": driver.resume,
            "delete": driver.delete,
        }
        return verbs[verb](job_id)

    def _node(self, node_id: str, verb: str, rest: Sequence[str]) -> list[Effect]:  # noqa: PLR0911 - one line for each verb
        driver = self.driver
        match verb:
            case "connects":
                holds = [word for word in rest if "#" in word]
                options = _options(word for word in rest if "#" not in word)
                return driver.connect(node_id, held=tuple(_held(word) for word in holds), **options)
            case "disconnects":
                return driver.disconnect(node_id)
            case "changes":
                return driver.say(NodeChanged(a_description(**_options(rest))), node_id)
            case "heartbeats":
                return driver.heartbeat(*(_key(word) for word in rest), node_id=node_id)
            case "reports":
                return driver.report(_key(rest[0]), AttemptState(rest[1]), node_id=node_id, **_options(rest[2:]))
            case "ends":
                options = _options(rest[2:])
                if "stored" in options:
                    options["checkpoint"] = _checkpoint(options.pop("stored"))
                return driver.end(_key(rest[0]), Outcome(rest[1]), node_id=node_id, **options)
            case "stores":
                return driver.say(CheckpointStored(_key(rest[0]), _checkpoint(**_options(rest[1:]))), node_id)
            case "plans":
                return driver.feed(NodeSaid(driver.sessions[node_id], PlanAnswer(rest[0], **_options(rest[1:]))))
            case _:
                raise ValueError(f"expected what a node does, got {verb!r}")


def _options(words: Iterable[str]) -> dict[str, Any]:
    return dict(_option(*word.split("=", 1)) for word in words)


def _option(name: str, value: str) -> tuple[str, Any]:
    if name == "memory":
        return "memory_bytes", bytes_from(value)
    if name == "ready":
        return "is_ready", _YES[value]
    return name, int(value) if value.isdigit() else value


def _key(word: str) -> AttemptKey:
    job_id, number = word.split("#")
    return AttemptKey(job_id, int(number))


def _checkpoint(step: int, kind: str = "one") -> StoredCheckpoint:
    """Return an uploaded checkpoint whose hash tells its step."""
    return StoredCheckpoint(f"{step:064x}", 1000, step, kind)


def _held(word: str) -> HeldAttempt:
    key, state = word.split("=")
    return held(_key(key), HeldState(state))
