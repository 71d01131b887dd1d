"""Detection: what this machine really has, what control groups say, and drivers that are absent or broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pynvml
import pytest

from server_node.devices.cgroups import cpu_limit, memory_limit_bytes, memory_used_bytes
from server_node.devices.cpu import cpu_model, detect_cpu, usable_cores
from server_node.devices.detect import cold_description, merged_with_jax, ready_description
from server_node.devices.gpus import detect_gpus, visible_positions
from server_node.devices.memory import capacity_bytes, process_bytes, ram_available_bytes, ram_total_bytes
from server_node.jax_device import JaxDevice
from shared.node_messages import DeviceKind


def test_this_machines_cpu_is_described() -> None:
    cpu = detect_cpu()
    assert (cpu.device_id, cpu.kind) == ("cpu:0", DeviceKind.CPU)
    assert cpu.name
    assert cpu.compute_units == usable_cores() >= 1
    assert 0 < cpu.memory_available_bytes <= cpu.memory_total_bytes == ram_total_bytes()


def test_a_cpu_without_a_model_name_is_called_by_its_architecture(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nBogoMIPS\t: 50\n")
    assert cpu_model(tmp_path / "cpuinfo")
    assert cpu_model(tmp_path / "missing")


def test_capacity_leaves_room_for_the_process_itself() -> None:
    (capacity,) = capacity_bytes([detect_cpu()], usable=["cpu:0"]).values()
    assert 0 < capacity < ram_total_bytes() - process_bytes()
    assert ram_available_bytes() > 0


def test_a_device_that_jax_cannot_use_promises_nothing() -> None:
    assert capacity_bytes([detect_cpu()], usable=[]) == {}


def test_the_least_limit_up_to_the_root_counts_in_version_2(tmp_path: Path) -> None:
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    (inner / "memory.max").write_text("max\n")
    (inner / "memory.current").write_text("1000\n")
    (inner.parent / "memory.max").write_text("5000\n")
    (inner / "cpu.max").write_text("150000 100000\n")
    (inner.parent / "cpu.max").write_text("max 100000\n")
    membership = tmp_path / "membership"
    membership.write_text("0::/outer/inner\n")
    assert memory_limit_bytes(tmp_path, membership) == 5000
    assert memory_used_bytes(tmp_path, membership) == 1000
    assert cpu_limit(tmp_path, membership) == 1.5


def test_version_1_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("7000\n")
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("200000\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    membership = tmp_path / "membership"
    membership.write_text("4:memory:/docker/x\n3:cpu:/docker/x\n")
    assert memory_limit_bytes(tmp_path, membership) == 7000
    assert cpu_limit(tmp_path, membership) == 2.0


def test_no_limit_is_none(tmp_path: Path) -> None:
    (tmp_path / "memory.limit_in_bytes").write_text(f"{2**63 - 4096}\n")
    assert memory_limit_bytes(tmp_path, tmp_path / "missing") is None
    assert cpu_limit(tmp_path, tmp_path / "missing") is None


@pytest.mark.parametrize(
    ("visible", "positions"),
    [(None, [0, 1]), ("1", [1]), ("1,0", [1, 0]), ("", []), ("-1", []), ("0,7,1", [0]), ("GPU-b", [1]), ("GPU-", [])],
)
def test_cuda_visible_devices_is_read_as_cuda_reads_it(visible: str | None, positions: list[int]) -> None:
    assert visible_positions(["GPU-aa", "GPU-bb"], visible) == positions


def raising(error: Exception) -> Callable[..., object]:
    def function(*_: object) -> object:
        raise error

    return function


@pytest.mark.parametrize("error", [pynvml.NVMLError(9), OSError("no library")])
def test_a_broken_driver_is_a_node_without_a_gpu(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setattr(pynvml, "nvmlInit", raising(error))
    assert detect_gpus() == []


def test_a_card_that_falls_silent_while_it_is_asked_crashes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlShutdown", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", raising(pynvml.NVMLError(15)))
    assert detect_gpus() == []


def test_what_a_card_does_not_tell_is_left_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    answers = {
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetCount": lambda: 1,
        "nvmlDeviceGetHandleByIndex": lambda index: index,
        "nvmlDeviceGetName": lambda _: "NVIDIA Test Card",
        "nvmlDeviceGetUUID": lambda _: "GPU-1",
        "nvmlDeviceGetMemoryInfo": lambda _: SimpleNamespace(total=2**34, free=2**33),
        "nvmlDeviceGetCudaComputeCapability": lambda _: (9, 0),
        "nvmlSystemGetCudaDriverVersion_v2": lambda: 12080,
    }
    for name in dir(pynvml):
        if name.startswith(("nvmlDeviceGet", "nvmlSystemGet")):
            monkeypatch.setattr(pynvml, name, raising(pynvml.NVMLError(3)))
    for name, answer in answers.items():
        monkeypatch.setattr(pynvml, name, answer)
    (card,) = detect_gpus()
    assert (card.device_id, card.name, card.memory_total_bytes) == ("cuda:0", "NVIDIA Test Card", 2**34)
    assert (card.compute_capability, card.cuda_version, card.pcie_lanes) == (9.0, "12.8", 0)
    assert capacity_bytes([card], usable=["cuda:0"])["cuda:0"] < 2**33


def test_what_only_jax_sees_is_added() -> None:
    devices = merged_with_jax([detect_cpu()], [JaxDevice("cpu:0", "cpu"), JaxDevice("cuda:0", "card", 5)])
    assert [(device.device_id, device.memory_total_bytes) for device in devices][1] == ("cuda:0", 5)


def test_a_node_describes_itself_before_and_after_jax_has_loaded() -> None:
    cold = cold_description(slots=3, software_version="1")
    assert (cold.is_ready, cold.slots, dict(cold.capacity_bytes)) == (False, 3, {})
    ready = ready_description([JaxDevice("cpu:0", "cpu")], slots=3, software_version="1", fingerprint="f")
    assert ready.is_ready
    assert set(ready.capacity_bytes) == {"cpu:0"}
