"""What a node measures of its devices, and that it reaches the batches that are told."""

from __future__ import annotations

import pynvml
import pytest

from server_node.connection.telemetry_buffer import TelemetryBuffer
from server_node.connection.telemetry_wire import batch_to_proto
from server_node.devices import use as use_module
from server_node.devices.use import DeviceSampler
from server_node.telemetry_records import DeviceUse, DeviceUses


def test_the_cpu_is_measured() -> None:
    sampler = DeviceSampler()
    cpu = sampler.measure()[0]
    sampler.close()
    assert cpu.device_id == "cpu:0"
    assert cpu.memory_used_bytes > 0
    assert cpu.utilisation is not None
    assert 0 <= cpu.utilisation <= 1


class Card:
    def __init__(self, used: int, gpu: int) -> None:
        self.used = used
        self.gpu = gpu


def test_cards_are_measured_and_what_they_do_not_know_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def rates(card: Card) -> Card:
        if card.gpu < 0:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return card

    monkeypatch.setattr(use_module, "_opened_cards", lambda: [Card(7, 40), Card(9, -1)])
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", lambda card: card)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetUtilizationRates", rates)
    assert DeviceSampler().measure()[1:] == (DeviceUse("cuda:0", 7, 0.4), DeviceUse("cuda:1", 9, None))


def test_only_the_newest_measurement_is_told_and_once() -> None:
    buffer = TelemetryBuffer()
    buffer.add(DeviceUses((DeviceUse("cpu:0", 1, 0.1),)))
    buffer.add(DeviceUses((DeviceUse("cpu:0", 2, None),)))
    assert buffer.has_news()
    told = batch_to_proto(buffer.next_batch(), node_id="n", session_id="s")
    assert [(use.memory_used_bytes, use.HasField("utilisation")) for use in told.device_uses] == [(2, False)]
    assert not buffer.has_news()
