"""`python -m server_node.training job.yaml`: trains a job file in this process, with no server at all.

Progress goes to standard output, one line an epoch; the result's files go into a folder. Exit codes are those of
the `cyxwiz` command.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from server_node.training.compile_cache import configure_jax
from server_node.training.host_memory import keep_freed_memory
from shared.errors import CyxWizError, InvalidField, NotSupported, TrainingDiverged
from shared.job_spec import JobSpec, job_spec_from_mapping
from shared.user_model import FORM

DONE, FAILED, BAD_INPUT = 0, 1, 2
LARGEST_JOB_FILE_BYTES = 64 * 2**20


def main(arguments: Sequence[str]) -> int:
    """Train the named job file and give the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _train(job_spec_from_file(options.job), options)
    except TrainingDiverged as error:
        return _told(error, FAILED)
    except (CyxWizError, OSError) as error:
        return _told(error, BAD_INPUT)


def job_spec_from_file(path: Path) -> JobSpec:
    """Read a job file, YAML or JSON; `model: {file: …}` is a path beside it.

    Raises:
        InvalidField: when it is no job.
    """
    mapping = _mapping_from(path)
    model = mapping.get("model")
    if isinstance(model, dict) and FORM in model:
        raise NotSupported(
            "a user's own model runs on a node that allows it, not with this command; use cyxwiz up --allow-user-code",
            field="model",
        )
    if isinstance(model, dict) and set(model) == {"file"}:
        mapping = {**mapping, "model": _mapping_from(path.parent / str(model["file"]))}
    return job_spec_from_mapping(mapping)


def _mapping_from(path: Path) -> Mapping[str, object]:
    if path.stat().st_size > LARGEST_JOB_FILE_BYTES:
        raise InvalidField(f"{path} must be at most {LARGEST_JOB_FILE_BYTES:,} bytes, got {path.stat().st_size:,}")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidField(f"{path} must be YAML or JSON: {error}") from error
    if not isinstance(content, dict):
        raise InvalidField(f"{path} must hold a mapping of names to values, got {type(content).__name__}")
    return content


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m server_node.training",
        description="Train a job file in this process, without a server.",
        epilog="example: python -m server_node.training job.yaml -o result --data-root data",
    )
    parser.add_argument("job", type=Path, help="a job file, YAML or JSON")
    parser.add_argument("-o", "--output", type=Path, default=Path("result"), help="folder for the result")
    parser.add_argument("--data-root", type=Path, action="append", default=[], help="folder that file:// may read")
    parser.add_argument("--state-dir", type=Path, help="folder for compiled programs (default: OUTPUT/.state)")
    parser.add_argument("--threads", type=int, help="CPU threads; the number changes the last bits of results")
    return parser


def _train(spec: JobSpec, options: argparse.Namespace) -> int:
    if spec.job_type != "training":
        raise InvalidField(
            f"job_type must be training here, got {spec.job_type}: what judges a finished job's model needs a server",
            field="job_type",
        )
    keep_freed_memory()
    configure_jax(options.state_dir or options.output / ".state", options.threads)
    from server_node.training import api  # noqa: PLC0415 - JAX must not load before configure_jax

    environment = api.TrainingEnvironment(
        api.ProgramCache(),
        api.DatasetCache(),
        tuple(options.data_root),
        api.no_artifacts,
        api.data_space_in(options.state_dir or options.output / ".state"),
    )
    started = time.perf_counter()
    prepared = api.prepare(spec, environment)
    _print(f"prepared in {time.perf_counter() - started:.2f} s, {prepared.steps_total} steps to train")
    for report in api.train(prepared):
        if report.history_row is not None:
            _print(f"epoch {report.epoch}/{report.epochs}  step {report.step}  {_words(report.history_row.values)}")
    result = prepared.result()
    _print(f"done  {_words(result.final_metrics)}")
    for file in api.write_result(result, spec.model_definition, options.output):
        _print(f"{file.sha256}  {file.path}")
    return DONE


def _words(values: Mapping[str, Any]) -> str:
    return "  ".join(f"{name} {value:.5g}" for name, value in values.items())


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _told(error: Exception, code: int) -> int:
    sys.stderr.write(f"{error}\n")
    return code
