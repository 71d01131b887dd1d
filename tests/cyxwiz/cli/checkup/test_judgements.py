"""What is said of each thing that the checkup has found; nothing here asks a machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyxwiz.cli.checkup.disk import FoundFolder, check_folder
from cyxwiz.cli.checkup.finding import Finding, Level
from cyxwiz.cli.checkup.gpu import FoundGpus, check_gpus
from cyxwiz.cli.checkup.ports import check_port
from cyxwiz.cli.checkup.python_and_jax import FoundJax, check_jax, check_python
from cyxwiz.cli.checkup.server import check_clock, check_no_server, check_not_reached, check_refusal, check_server
from cyxwiz.cli.doctor import lines_of, verdict
from cyxwiz.records import ServerInfo

ON_CPU = FoundJax("0.10", ("cpu cpu",))
ON_GPU = FoundJax("0.10", ("gpu NVIDIA H100",))
ONE_CARD = FoundGpus(can_ask=True, has_device_file=True, driver="570.1", cards=("H100 80.0 GiB",))
GIB = 1024**3


def a_server(**fields: object) -> ServerInfo:
    said = {"address": "host:1", "version": "1.2", "clock_ms": 100_000, "answered_ms": 100.0} | fields
    return ServerInfo(**said)  # type: ignore[arg-type]  # a builder


FINDINGS = [
    (check_python((3, 11, 4), "/python"), Level.OK, "Python 3.11.4 at /python"),
    (check_python((3, 9, 1), "/python"), Level.FAIL, "Python 3.9.1"),
    (check_jax(ON_CPU), Level.OK, "JAX 0.10 with cpu cpu"),
    (check_jax(FoundJax()), Level.WARN, "not installed"),
    (check_jax(FoundJax(trouble="it hangs")), Level.FAIL, "JAX does not work: it hangs"),
    (check_gpus(ONE_CARD, ON_GPU), Level.OK, "driver 570.1: H100 80.0 GiB"),
    (check_gpus(ONE_CARD, ON_CPU), Level.WARN, "JAX uses none of them"),
    (check_gpus(ONE_CARD, FoundJax()), Level.OK, "H100"),
    (check_gpus(FoundGpus(can_ask=True, has_device_file=False, trouble="no library"), ON_CPU), Level.OK, "CPU"),
    (check_gpus(FoundGpus(can_ask=True, has_device_file=True, trouble="mismatch"), ON_CPU), Level.FAIL, "mismatch"),
    (check_gpus(FoundGpus(can_ask=False, has_device_file=True), ON_CPU), Level.WARN, "nothing here can ask"),
    (check_gpus(FoundGpus(can_ask=False, has_device_file=False), ON_CPU), Level.OK, "CPU"),
    (check_port(8080, "--http-port", is_free=True, is_ours=False), Level.OK, "free"),
    (check_port(8080, "--http-port", is_free=False, is_ours=True), Level.OK, "a central server listens"),
    (check_port(8080, "--http-port", is_free=False, is_ours=False), Level.WARN, "another program"),
    (check_folder(FoundFolder(Path("/s"), 50 * GIB)), Level.OK, "/s can be written, 50.0 GiB free"),
    (check_folder(FoundFolder(Path("/s"), 2 * GIB)), Level.WARN, "2.0 GiB free"),
    (check_folder(FoundFolder(Path("/s"), GIB // 4)), Level.FAIL, "256.0 MiB free"),
    (check_folder(FoundFolder(Path("/s"), 50 * GIB, trouble="no right")), Level.FAIL, "no right"),
    (check_server(a_server(), our_version="1.2"), Level.OK, "host:1 answers in 100 ms, version 1.2"),
    (check_server(a_server(), our_version="1.3"), Level.WARN, "version 1.2"),
    (check_server(a_server(version=""), our_version="1.3"), Level.WARN, "not said"),
    (check_no_server("host:1", is_chosen=True), Level.FAIL, "no central server answers at host:1"),
    (check_no_server("host:1", is_chosen=False), Level.WARN, "no central server answers at host:1"),
    (check_not_reached("host:1", "it is not trusted: name its authority", is_chosen=True), Level.FAIL, "not trusted"),
    (check_not_reached("host:1", "it is not trusted: name its authority", is_chosen=False), Level.WARN, "not trusted"),
    (check_not_reached("host:1", "no central server answers at host:1: x", is_chosen=True), Level.FAIL, "no central"),
    (check_refusal("host:1", "not\nallowed"), Level.FAIL, "host:1 refuses: not allowed"),
    (check_clock(a_server(), now_ms=101_050), Level.OK, "1.0 s ahead of the server's"),
    (check_clock(a_server(), now_ms=97_050), Level.WARN, "3.0 s behind the server's"),
    (check_clock(a_server(clock_ms=None), now_ms=1), Level.OK, "does not say"),
]


@pytest.mark.parametrize(("finding", "level", "words"), FINDINGS)
def test_each_thing_has_its_level_and_what_is_not_well_has_an_advice(
    finding: Finding, level: Level, words: str
) -> None:
    assert finding.level is level
    assert words in finding.found
    assert bool(finding.advice) == (level is not Level.OK)


def test_a_finding_is_a_line_and_its_advice_another() -> None:
    finding = Finding("disk", Level.WARN, "little room", "make some")
    assert list(lines_of(finding)) == [
        "warn  disk        little room",
        "                  → make some",
    ]


def test_a_warning_is_no_failure() -> None:
    warned, failed = Finding("a", Level.WARN, ""), Finding("a", Level.FAIL, "")
    assert (verdict([warned]), verdict([warned, failed])) == (0, 1)
