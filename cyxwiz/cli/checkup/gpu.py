"""Checks the NVIDIA driver and its cards, and whether JAX uses them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyxwiz.cli.checkup.finding import Finding, Level
from cyxwiz.cli.checkup.python_and_jax import FoundJax
from cyxwiz.cli.words import bytes_in_words

_DEVICE_FILE = Path("/dev/nvidiactl")


@dataclass(frozen=True, slots=True)
class FoundGpus:
    """What NVIDIA's management library has said.

    Attributes:
        can_ask: whether the library's Python part is installed.
        has_device_file: whether the kernel shows an NVIDIA driver.
        driver: its version; empty when it does not answer.
        cards: name and memory, each.
        trouble: why it does not answer.
    """

    can_ask: bool
    has_device_file: bool
    driver: str = ""
    cards: tuple[str, ...] = ()
    trouble: str = ""


def ask_gpus() -> FoundGpus:
    """Ask the driver, where nvidia-ml-py is installed."""
    has_device_file = _DEVICE_FILE.exists()
    try:
        import pynvml
    except ImportError:
        return FoundGpus(can_ask=False, has_device_file=has_device_file)
    try:
        pynvml.nvmlInit()
        cards = tuple(_card(pynvml, number) for number in range(pynvml.nvmlDeviceGetCount()))
        return FoundGpus(True, has_device_file, driver=_text(pynvml.nvmlSystemGetDriverVersion()), cards=cards)
    except (pynvml.NVMLError, OSError) as failure:
        return FoundGpus(True, has_device_file, trouble=str(failure))


def check_gpus(gpus: FoundGpus, jax: FoundJax) -> Finding:
    """Judge whether the cards there are would be used."""
    if not gpus.can_ask:
        return _check_unasked(gpus)
    if not gpus.cards:
        return _check_without_cards(gpus)
    found = f"NVIDIA driver {gpus.driver}: {', '.join(gpus.cards)}"
    if jax.version and not any(device.startswith(("gpu", "cuda")) for device in jax.devices):
        advice = (
            "pip install 'cyxwiz[node,cuda13]', or cuda12 for an older driver; see CUDA_VISIBLE_DEVICES, JAX_PLATFORMS"
        )
        return Finding("gpu", Level.WARN, f"{found}, but JAX uses none of them", advice)
    return Finding("gpu", Level.OK, found)


def _check_unasked(gpus: FoundGpus) -> Finding:
    if gpus.has_device_file:
        advice = "pip install 'cyxwiz[node]', which brings nvidia-ml-py"
        return Finding("gpu", Level.WARN, "an NVIDIA driver is loaded, and nothing here can ask it", advice)
    return Finding("gpu", Level.OK, "no NVIDIA driver is loaded; jobs would run on the CPU")


def _check_without_cards(gpus: FoundGpus) -> Finding:
    if not gpus.has_device_file:
        return Finding("gpu", Level.OK, "no NVIDIA driver is loaded; jobs would run on the CPU")
    advice = "run nvidia-smi and mend what it says; in a container, start it with --gpus all"
    return Finding("gpu", Level.FAIL, f"the NVIDIA driver shows no card: {gpus.trouble or 'it knows none'}", advice)


def _card(pynvml: Any, number: int) -> str:
    handle = pynvml.nvmlDeviceGetHandleByIndex(number)
    memory = bytes_in_words(int(pynvml.nvmlDeviceGetMemoryInfo(handle).total))
    return f"{_text(pynvml.nvmlDeviceGetName(handle))} {memory}"


def _text(said: str | bytes) -> str:
    return said.decode() if isinstance(said, bytes) else said
