"""Reads the fenced blocks of a page of documentation: which commands it shows, and what stands beside them.

A comment in the line before a block says how it is meant:
    <!-- file: NAME -->           the block is a file of that name, which later commands use
    <!-- runs on until ready -->  the command goes on in the background; the next one waits for its line `ready …`
    <!-- not run: REASON -->      it cannot run in a test, and why
Nothing here starts anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SHELL = "sh"

_BLOCK = re.compile(
    r"^(?:<!-- (?P<marker>.+?) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_FILE, _BACKGROUND, _NOT_RUN = "file: ", "runs on until ready", "not run: "


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block.

    Attributes:
        line: where it begins in its page.
        language: as the fence says.
        marker: the comment in the line before, empty without one.
    """

    line: int
    language: str
    marker: str
    text: str

    @property
    def file(self) -> str:
        """The name of the file that it is; empty for none."""
        return self.marker.removeprefix(_FILE) if self.marker.startswith(_FILE) else ""

    @property
    def runs_on(self) -> bool:
        """Whether it goes on in the background."""
        return self.marker == _BACKGROUND

    @property
    def reason_not_to_run(self) -> str:
        """Why it cannot run here; empty when it can."""
        return self.marker.removeprefix(_NOT_RUN) if self.marker.startswith(_NOT_RUN) else ""

    @property
    def is_run(self) -> bool:
        """Whether a test executes it."""
        return self.language == SHELL and not self.reason_not_to_run


def pages() -> list[Path]:
    """Every page of documentation that shows commands."""
    found = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
    return [page for page in found if any(block.language == SHELL for block in blocks_of(page))]


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text()
    return [
        Block(text[: found.start()].count("\n") + 1, found["language"], found["marker"] or "", found["text"])
        for found in _BLOCK.finditer(text)
    ]


def script_of(blocks: list[Block], page: str) -> str:
    """One shell script that runs the blocks of a page in order, and stops at the first command that fails."""
    lines = ["set -eo pipefail"]
    for block in blocks:
        if block.file:
            lines.append(f"cat > '{block.file}' <<'END-OF-FILE'\n{block.text}END-OF-FILE")
        elif block.is_run and block.runs_on:
            log = f"background-{block.line}.log"
            # `exec`, so that the number is the program's own and not a shell's.
            lines.append(f'( exec {block.text.strip()}\n) > {log} 2>&1 &\nBACKGROUND="$! $BACKGROUND"')
            lines.append(f"wait_until_ready {log}")
        elif block.is_run:
            lines.append(f"echo '+ {page}:{block.line}' >&2\n{block.text}")
    return "\n".join(lines) + "\n"
