"""The pages of reference are what the code says today."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from central_server.settings_page import settings_page as central_settings_page
from cyxwiz.cli.reference import command_line_page
from server_node.settings_page import settings_page as node_settings_page
from shared.job_file_page import job_file_page
from shared.lifecycle_page import lifecycle_page
from shared.protocol_page import PROTO, protocol_page

_DOCS = Path(__file__).parents[1] / "docs"
_PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "reference/central-server.md": ("central_server.settings_page", central_settings_page),
    "reference/server-node.md": ("server_node.settings_page", node_settings_page),
    "reference/command-line.md": ("cyxwiz.cli.reference", command_line_page),
    "reference/job-file.md": ("shared.job_file_page", job_file_page),
    "reference/protocol.md": ("shared.protocol_page", protocol_page),
    "internals/lifecycle.md": ("shared.lifecycle_page", lifecycle_page),
}


@pytest.mark.parametrize("page", _PAGES)
def test_a_page_is_current(page: str) -> None:
    module, made = _PAGES[page]
    assert (_DOCS / page).read_text() == made(), f"run: make reference, or python -m {module} > docs/{page}"


def test_make_reference_makes_every_page() -> None:
    makefile = (_DOCS.parent / "Makefile").read_text()
    assert [page for page, (module, _) in _PAGES.items() if f"-m {module} > docs/{page}" not in makefile] == []


def test_the_protocol_page_names_every_rpc() -> None:
    rpcs = [
        line.split()[1].split("(")[0]
        for path in PROTO.glob("*.proto")
        for line in path.read_text().splitlines()
        if line.strip().startswith("rpc ")
    ]
    assert [name for name in rpcs if f"| `{name}` |" not in protocol_page()] == []
