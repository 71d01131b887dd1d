"""Every command that the documentation shows is executed, in order, page by page, against a cluster that is real.

A page that starts servers of its own uses those; every other one is given a cluster with one node. Ports, and folders
outside of the test's own, are moved to where they are free; nothing else of a command is changed.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.documented_commands import REPOSITORY, SHELL, blocks_of, pages, script_of

_PAGE_SECONDS = 200
_FIRST = """\
BACKGROUND=
wait_until_ready() {
    for _ in $(seq 600); do grep -q '^ready ' "$1" && return; sleep 0.1; done
    echo "not ready after a minute: $1" >&2; cat "$1" >&2; return 1
}
at_end() {
    code=$?
    for process in $BACKGROUND; do kill -TERM "$process" 2>/dev/null || true; done
    wait
    exit $code
}
trap at_end EXIT
"""
_CLUSTER = """\
( exec cyxwiz up --nodes 1 --state-dir cluster --data-root . --allow-user-code ) > cluster.log 2>&1 &
BACKGROUND=$!
wait_until_ready cluster.log
"""


def named(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


def _parameters() -> list[object]:
    run = [page for page in pages() if any(block.is_run for block in blocks_of(page))]
    return [pytest.param(page, id=named(page)) for page in run]


@pytest.mark.slow
@pytest.mark.timeout(_PAGE_SECONDS + 20)
@pytest.mark.parametrize("page", _parameters())
def test_the_commands_of_a_page_do_what_they_say(page: Path, tmp_path: Path) -> None:
    blocks = blocks_of(page)
    moved = {port: str(_free_port()) for port in ("50051", "50052", "50053", "50054", "8080")}
    moved |= {"/var/lib/": f"{tmp_path}/var/", "/etc/": f"{tmp_path}/etc/"}
    first = _FIRST if any(block.runs_on for block in blocks) else _FIRST + _CLUSTER
    script = first + re.sub("|".join(moved), lambda found: moved[found[0]], script_of(blocks, named(page)))
    for name in ("examples", "tests"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    (tmp_path / "var").mkdir()
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=_environment(tmp_path, moved),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PAGE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"


@pytest.mark.parametrize("page", [pytest.param(page, id=named(page)) for page in pages()])
def test_the_commands_of_a_page_that_cannot_run_here_are_at_least_commands(page: Path) -> None:
    for block in blocks_of(page):
        if block.language == SHELL:
            checked = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
            assert checked.returncode == 0, f"{named(page)}:{block.line}: {checked.stderr}"


def test_every_page_says_the_language_of_its_blocks_so_that_no_command_is_missed() -> None:
    for page in [REPOSITORY / "README.md", *(REPOSITORY / "docs").rglob("*.md")]:
        for block in blocks_of(page):
            looks_like_commands = re.match(r"(cyxwiz|docker|kubectl|pip|python|sbatch|make|export) ", block.text)
            assert block.language or not looks_like_commands, (
                f"{named(page)}:{block.line} is a block without a language"
            )


def test_a_link_of_a_page_leads_somewhere() -> None:
    for page in [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *(REPOSITORY / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#: ]+)(?:#[^)]*)?\)", page.read_text()):
            if not target.startswith(".") and "/" not in target and "." not in target:
                continue  # mathematics, not a link
            assert (page.parent / target).exists() or target.endswith("images/job.png"), f"{named(page)}: {target}"


def _environment(folder: Path, moved: dict[str, str]) -> dict[str, str]:
    """A user's own: the programs of this environment, a home of its own, and the cluster on its free ports."""
    programs = folder / "bin"
    programs.mkdir()
    wrapper = programs / "cyxwiz"
    wrapper.write_text(
        f"#!/bin/bash\n"
        f'if [[ "$1" == up ]]; then shift; set -- up --port {moved["50051"]} --http-port {moved["8080"]} "$@"; fi\n'
        f'exec {sys.executable} -m cyxwiz "$@"\n'
    )
    wrapper.chmod(0o755)
    return {
        "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "PYTHONPATH": str(REPOSITORY),
        "JAX_PLATFORMS": "cpu",
        "CYXWIZ_SERVER": f"127.0.0.1:{moved['50051']}",
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
