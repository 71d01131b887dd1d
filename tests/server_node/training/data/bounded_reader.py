"""A process of its own that reads hostile files under a limit of its memory, and says what came of each.

Run with a JSON list of [path, format] pairs; prints a JSON list of what each gave: a sentence, or its inputs' shape,
and by how much the process had grown at most by then.
"""

import json
import resource
import sys
from pathlib import Path

from server_node.training.data.file_loaders import FILE_LOADERS
from server_node.training.data.optional_library import optional_library
from server_node.training.data.room import Room
from shared.dataset_options import FileFormat, FileOptions
from shared.errors import UserMistake

ROOM = Room(memory_bytes=4 * 2**20)
HEADROOM_BYTES = 256 * 2**20
LIBRARIES = ("h5py", "pyarrow", "pyarrow.parquet", "PIL.Image", "pandas")
"""What reading may load; pyarrow loads pandas, where there is one, with its first array."""


def main() -> None:
    for module in LIBRARIES:  # their code is no memory of a file
        optional_library(module, "the test", "it")
    limit = _status("VmSize") + HEADROOM_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    before = _status("VmHWM")
    said = [(_read(Path(path), FileFormat(form)), _status("VmHWM") - before) for path, form in json.loads(sys.argv[1])]
    sys.stdout.write(json.dumps(said))


def _read(path: Path, form: FileFormat) -> str:
    try:
        return str(FILE_LOADERS[form](path, "data", ROOM, FileOptions()).inputs.shape)
    except UserMistake as mistake:
        return mistake.message
    except Exception as error:  # noqa: BLE001 - any other error is a bug, which the test then shows
        return f"{type(error).__name__}: {error}"


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * 1024


if __name__ == "__main__":
    main()
