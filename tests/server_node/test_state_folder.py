"""The state directory: an id that stays, and one process at a time."""

from pathlib import Path

import pytest

from server_node.state_folder import StateFolder
from shared.errors import CyxWizError, MachineFailure


def test_the_node_id_stays(tmp_path: Path) -> None:
    first = StateFolder(tmp_path)
    first.unlock()
    assert StateFolder(tmp_path).node_id == first.node_id


def test_a_second_holder_is_refused_with_what_to_do(tmp_path: Path) -> None:
    holder = StateFolder(tmp_path)
    with pytest.raises(MachineFailure, match="--state-dir"):
        StateFolder(tmp_path)
    holder.unlock()
    StateFolder(tmp_path).unlock()


def test_an_id_that_cannot_be_one_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "node_id").write_text("../../etc\n")
    with pytest.raises(CyxWizError, match="node_id"):
        StateFolder(tmp_path)
