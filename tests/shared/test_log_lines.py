"""One line an event: the same keys on both sides, whatever was logged and whoever logged it."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import log_lines
from shared.identifiers import AttemptKey
from shared.log_lines import JsonLines, PlainLines, add_to_every_line, log_context, log_event
from shared.visible_text import visible

OURS = logging.getLogger("central_server.somewhere")
FOREIGN = logging.getLogger("uvicorn.error")


class Written:
    """What was written, in both forms."""

    def __init__(self) -> None:
        self.json_text = io.StringIO()
        self.plain_text = io.StringIO()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.json_text.getvalue().splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        (line,) = self.lines
        return line

    @property
    def plain(self) -> str:
        """Without the time."""
        return self.plain_text.getvalue().split(" ", 2)[2].rstrip("\n")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    monkeypatch.setattr(log_lines, "_of_process", {})
    written = Written()
    handlers = [logging.StreamHandler(written.json_text), logging.StreamHandler(written.plain_text)]
    handlers[0].setFormatter(JsonLines())
    handlers[1].setFormatter(PlainLines())
    for handler in handlers:
        logging.getLogger().addHandler(handler)
    levels = {logger: logger.level for logger in (OURS, FOREIGN)}
    for logger in levels:
        logger.setLevel(logging.INFO)
    yield written
    for handler in handlers:
        logging.getLogger().removeHandler(handler)
    for logger, level in levels.items():
        logger.setLevel(level)


def test_an_event_has_its_name_and_its_fields(written: Written) -> None:
    log_event(OURS, "attempt_lost", is_warning=True, job="7f", attempt=2, node="node-1", silent_seconds=31.5)
    line = written.line
    assert line.pop("at_ms") > 1_700_000_000_000
    assert line == {
        "level": "warning",
        "logger": "central_server.somewhere",
        "event": "attempt_lost",
        "job_id": "7f",
        "attempt": 2,
        "node_id": "node-1",
        "silent_seconds": 31.5,
    }
    assert written.plain == "WARNING attempt_lost job=7f attempt=2 node=node-1 silent_seconds=31.5"


@pytest.mark.parametrize("attempt", [AttemptKey("7f", 3), "7f#3"])
def test_the_key_of_an_attempt_becomes_job_and_number(written: Written, attempt: object) -> None:
    log_event(OURS, "upload_failed", attempt=attempt)
    assert (written.line["job_id"], written.line["attempt"]) == ("7f", 3)
    assert written.plain == "INFO upload_failed attempt=7f#3"


def test_context_is_on_every_line_of_a_block_and_of_the_tasks_it_starts(written: Written) -> None:
    async def work() -> None:
        log_event(OURS, "in_a_task")

    async def main() -> None:
        with log_context(job_id="7f", trace_id="abc"):
            log_event(OURS, "inside")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(work())
        log_event(OURS, "outside")

    asyncio.run(main())
    assert [(line["event"], line.get("job_id"), line.get("trace_id")) for line in written.lines] == [
        ("inside", "7f", "abc"),
        ("in_a_task", "7f", "abc"),
        ("outside", None, None),
    ]


def test_a_field_of_the_event_wins_over_its_context(written: Written) -> None:
    add_to_every_line(node_id="of-the-process")
    with log_context(job_id="context"):
        log_event(OURS, "event", attempt=AttemptKey("said", 1))
    assert (written.line["job_id"], written.line["node_id"]) == ("said", "of-the-process")
    assert written.plain == "INFO event attempt=said#1"


def test_a_field_cannot_take_the_place_of_what_every_line_has(written: Written) -> None:
    log_event(OURS, "event", level="mine", at_ms=0)
    assert (written.line["event"], written.line["level"]) == ("event", "info")
    assert written.line["at_ms"] > 0


def test_an_exception_is_one_field_of_one_line(written: Written) -> None:
    log_event(OURS, "broke", exception=ValueError("two\nlines"))
    assert written.line["exception"] == "ValueError: two\nlines"


def test_what_a_library_logs_comes_in_the_same_form(written: Written) -> None:
    FOREIGN.info("%s:%d - started", "127.0.0.1", 80)
    assert written.line["event"] == "library_message"
    assert written.line["message"] == "127.0.0.1:80 - started"
    assert written.line["logger"] == "uvicorn.error"


def test_a_message_of_ours_without_fields_keeps_its_name_apart(written: Written) -> None:
    OURS.error("handler_broke while it worked")
    assert (written.line["event"], written.line["message"]) == ("handler_broke", "while it worked")


@given(text=st.text(max_size=40))
def test_no_text_can_begin_a_line_or_move_a_cursor(text: str) -> None:
    record = logging.LogRecord("shared", logging.INFO, "", 0, "event", (), None)
    setattr(record, log_lines.FIELDS, {"why": text})
    as_json = JsonLines().format(record)
    assert json.loads(as_json)["why"] == text
    assert as_json.isprintable()
    line = PlainLines().format(record)
    assert visible(line) == line
    foreign = logging.LogRecord("library", logging.INFO, "", 0, text, (), None)
    line = PlainLines().format(foreign)
    assert visible(line) == line


def test_numbers_that_json_has_not_are_text(written: Written) -> None:
    log_event(OURS, "diverged", loss=float("nan"), bound=float("inf"))
    assert (written.line["loss"], written.line["bound"]) == ("nan", "inf")


def test_another_thread_does_not_see_the_context(written: Written) -> None:
    with log_context(job_id="7f"):
        thread = threading.Thread(target=lambda: log_event(OURS, "elsewhere"))
        thread.start()
        thread.join()
    assert "job_id" not in written.line


def test_a_process_writes_nothing_but_lines_of_json_even_when_it_dies() -> None:
    program = """
import logging, threading, warnings
from shared.log_lines import configure_logging, log_event
configure_logging(level="warning", as_json=True)
logging.getLogger("server_node").info("not worth a line")
logging.getLogger("grpc._cython.cygrpc").error("a callback\\nfailed")
warnings.warn("something is old")
thread = threading.Thread(target=lambda: 1 / 0, name="a thread")
thread.start()
thread.join()
raise RuntimeError("the end")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["library_message", "library_message", "uncaught", "uncaught"]
    assert lines[0]["message"] == "a callback\nfailed"
    assert "something is old" in lines[1]["message"]
    assert lines[2]["thread"] == "a thread"
    assert "RuntimeError: the end" in lines[3]["exception"]
    assert done.returncode == 1
