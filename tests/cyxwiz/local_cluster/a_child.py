"""A child process for tests: says it is ready as told by its arguments, then lives or dies.

Arguments: `ready` or `mute`, then `stay`, `die` (at once) or `stubborn` (ignores SIGTERM); then a file for its pid.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path


def main() -> None:
    says, does, pid_file = sys.argv[1:4]
    with Path(pid_file).open("a") as file:
        print(os.getpid(), file=file)
    if does == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if says == "ready":
        os.write(1, b"noise before\nready grpc=127.0.0.1:1 http=http://127.0.0.1:2\n")
    else:
        os.write(2, b"the disk is full\n")
    if does != "die":
        time.sleep(600)


if __name__ == "__main__":
    main()
