"""The page on watching a cluster: its commands know their flags, its job file is one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from central_server.settings import Settings
from shared.job_spec import job_spec_from_mapping

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "observe.md").read_text()
MODULES = {
    "cyxwiz up": ["cyxwiz", "up"],
    "cyxwiz-central-server": ["central_server"],
    "cyxwiz-server-node": ["server_node"],
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("command", MODULES)
def test_our_commands_know_the_flags_that_are_shown(command: str) -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines() if re.match(rf"{command}( |$)", line)]
    flags = set(re.findall(r"--[a-z-]+", " ".join(lines)))
    assert flags
    done = subprocess.run(
        [sys.executable, "-m", *MODULES[command], "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={"COLUMNS": "200", "NO_COLOR": "1"},
    )
    assert flags <= set(re.findall(r"--[a-z-]+", done.stdout))


def test_the_variables_of_the_central_server_are_settings() -> None:
    names = set(re.findall(r"CYXWIZ_CENTRAL_([A-Z_]+)", PAGE))
    assert names
    assert {name.lower() for name in names} <= set(Settings.model_fields)


def test_the_job_file_is_accepted() -> None:
    (job,) = [found for block in blocks("yaml") if "model" in (found := yaml.safe_load(block))]
    spec = job_spec_from_mapping(job)
    assert (spec.trackers.tensorboard, spec.trackers.mlflow_experiment) == (False, "digits")
