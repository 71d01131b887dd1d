"""Golden conversations: each text in `texts/` is a story that the cluster must tell again word for word.

After a wanted change, `CYXWIZ_REWRITE_SCENARIOS=1 pytest tests/scenarios` writes the texts anew; read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.scenarios.scenario import played

_TEXTS = sorted((Path(__file__).parent / "texts").glob("*.txt"))


@pytest.mark.parametrize("path", _TEXTS, ids=lambda path: path.stem)
def test_the_cluster_tells_the_story_as_it_is_written(path: Path) -> None:
    text = path.read_text()
    told = played(text)
    if os.environ.get("CYXWIZ_REWRITE_SCENARIOS"):
        path.write_text(told)
    else:
        assert told == text


def test_there_are_stories() -> None:
    assert len(_TEXTS) > 10
