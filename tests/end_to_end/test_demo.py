"""`cyxwiz demo`: one command from nothing to a trained model, and nothing left running."""

from __future__ import annotations

import hashlib
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest


@pytest.mark.slow
def test_the_demo_trains_a_good_model_and_says_where_it_lies(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cyxwiz", "demo"], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    accuracy = re.search(r"test accuracy +(0\.\d+)", done.stdout)
    model = re.search(r"model +(/.*)", done.stdout)
    sha256 = re.search(r"sha256 +([0-9a-f]{64})", done.stdout)
    assert accuracy is not None
    assert model is not None
    assert sha256 is not None
    assert float(accuracy[1]) >= 0.97
    assert Path(model[1]).is_relative_to(tmp_path)
    assert hashlib.sha256(Path(model[1]).read_bytes()).hexdigest() == sha256[1]
    assert re.search(r"epoch \d+/\d+", done.stdout)
    assert re.search(r"first step +\d", done.stdout)
    assert re.search(r"total time +\d", done.stdout)


def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cyxwiz", "demo"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        while not demo.stdout.readline().startswith("training"):
            pass
        children = psutil.Process(demo.pid).children(recursive=True)
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert len(children) == 2
    assert not any(child.is_running() for child in children)
