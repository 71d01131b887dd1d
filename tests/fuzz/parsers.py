"""Feeds damaged files to the parser of one format until the time is up, led by which lines of ours they reach.

A file gives a dataset of finite numbers or one sentence; anything else, more memory or more time than a small file may
take ends the run, and libFuzzer writes the file to `crash-…`. Run by `make fuzz`; needs atheris.
"""

import importlib
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

USAGE = "usage: python -m tests.fuzz.parsers FORMAT SECONDS"
LIMITS = ("-rss_limit_mb=1500", "-timeout=20", "-max_len=20000", "-print_final_stats=1")


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit(USAGE)
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["server_node.training.data", "zipfile", "csv", "numpy.lib"]):
        target: Any = importlib.import_module("tests.fuzz.one_file")
    warnings.simplefilter("ignore")  # libraries warn of odd files as they read them
    form, seconds = target.FileFormat(sys.argv[1]), int(sys.argv[2])
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "sample").write_bytes(target.SEEDS[form]())
    work = folder / "work"
    work.mkdir()
    atheris.Setup(
        [sys.argv[0], *LIMITS, f"-max_total_time={seconds}", f"-artifact_prefix={folder}/", str(corpus)],
        lambda content: target.check_file(form, content, work),
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
