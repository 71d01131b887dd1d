"""Files elsewhere: fetched once, kept by content within a limit, stopped on the way, their failures told in words."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from server_node.training.data import remote_source
from server_node.training.data.data_space import DataSpace, data_space_in
from server_node.training.data.open_dataset import find_dataset
from server_node.training.data.remote_files import RemoteFiles
from server_node.training.environment import DatasetCache, ProgramCache, TrainingEnvironment, no_artifacts
from server_node.training.stopping import TrainingStopped, never_stop
from shared.errors import BadData, MachineFailure, NotSupported
from tests.server_node.training.data.builders import X, Y

obstore = pytest.importorskip("obstore", reason="files elsewhere need obstore: install cyxwiz[data]")


class Elsewhere:
    """A host or bucket in memory, and what was asked of it."""

    def __init__(self) -> None:
        self.store = obstore.store.MemoryStore()
        self.opened: list[str] = []

    def put(self, path: str, content: bytes) -> None:
        obstore.put(self.store, path, content)

    def __call__(self, base: str) -> Any:
        self.opened.append(base)
        return self.store


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere()


def kept(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if len(file.name) == 64)


def test_a_file_is_fetched_once_and_again_when_it_has_changed(tmp_path: Path, elsewhere: Elsewhere) -> None:
    copies = RemoteFiles(tmp_path / "copies", 1_000, elsewhere)
    elsewhere.put("a/data.csv", b"1,2,0\n")
    first = copies.fetch("s3://bucket/a/data.csv", never_stop)
    assert (first.path.read_bytes(), first.name) == (b"1,2,0\n", "data.csv")
    written = first.path.stat().st_ino
    assert copies.fetch("s3://bucket/a/data.csv", never_stop).path.stat().st_ino == written
    elsewhere.put("a/data.csv", b"1,2,1\n")
    second = copies.fetch("s3://bucket/a/data.csv", never_stop)
    assert second.path.read_bytes() == b"1,2,1\n"
    assert second.sha256 != first.sha256
    assert set(elsewhere.opened) == {"s3://bucket"}


def test_what_was_not_used_longest_goes_when_there_is_no_room(tmp_path: Path, elsewhere: Elsewhere) -> None:
    copies = RemoteFiles(tmp_path / "copies", 250, elsewhere)
    for name in "abc":
        elsewhere.put(name, name.encode() * 100)
    first, second = copies.fetch("s3://bucket/a", never_stop), copies.fetch("s3://bucket/b", never_stop)
    copies.fetch("s3://bucket/a", never_stop)
    os.utime(second.path, ns=(1, 1))
    third = copies.fetch("s3://bucket/c", never_stop)
    assert kept(tmp_path / "copies") == sorted([first.path, third.path])
    assert copies.fetch("s3://bucket/b", never_stop).path == second.path


def test_what_is_not_there_or_too_large_is_the_users_mistake(tmp_path: Path, elsewhere: Elsewhere) -> None:
    copies = RemoteFiles(tmp_path / "copies", 50, elsewhere)
    with pytest.raises(BadData, match="it is not there"):
        copies.fetch("gs://bucket/missing", never_stop)
    elsewhere.put("large", b"x" * 51)
    with pytest.raises(BadData, match=r"at most 50 bytes.*got 51"):
        copies.fetch("gs://bucket/large", never_stop)


def test_a_stop_is_obeyed_between_parts_and_leaves_nothing(
    tmp_path: Path, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_source, "PART_BYTES", 10)
    elsewhere.put("data", b"x" * 100)
    answers = iter([False, False, True])
    with pytest.raises(TrainingStopped):
        RemoteFiles(tmp_path / "copies", 1_000, elsewhere).fetch("s3://bucket/data", lambda: next(answers))
    assert list((tmp_path / "copies").iterdir()) == []
    assert list(answers) == []


def test_a_file_that_changes_meanwhile_is_tried_again_later(tmp_path: Path, elsewhere: Elsewhere) -> None:
    elsewhere.put("data", b"x" * 100)

    def change() -> bool:
        elsewhere.put("data", b"y" * 100)
        return False

    with pytest.raises(MachineFailure, match="changed while it was being fetched"):
        RemoteFiles(tmp_path / "copies", 1_000, elsewhere).fetch("s3://bucket/data", change)


def test_copies_never_take_more_than_the_limit_while_another_comes(tmp_path: Path, elsewhere: Elsewhere) -> None:
    copies, most = RemoteFiles(tmp_path / "copies", 250, elsewhere), 0
    for name in "abcd":
        elsewhere.put(name, name.encode() * 100)

    def look() -> bool:
        nonlocal most
        most = max(most, sum(file.stat().st_size for file in kept(tmp_path / "copies")))
        return False

    for name in "abcd":
        copies.fetch(f"s3://bucket/{name}", look)
    assert most + 100 <= 250


def test_a_copy_that_is_gone_is_fetched_again(tmp_path: Path, elsewhere: Elsewhere) -> None:
    copies = RemoteFiles(tmp_path / "copies", 1_000, elsewhere)
    elsewhere.put("data", b"x" * 100)
    first = copies.fetch("s3://bucket/data", never_stop)
    first.path.unlink()
    assert copies.fetch("s3://bucket/data", never_stop).path.read_bytes() == b"x" * 100


def test_what_a_killed_process_had_begun_to_fetch_is_removed_at_the_next_start(tmp_path: Path) -> None:
    left = tmp_path / "fetched" / ".fetching-1"
    left.mkdir(parents=True)
    (left / "whole").write_bytes(b"half")
    data_space_in(tmp_path)
    assert list((tmp_path / "fetched").iterdir()) == []


def test_a_dataset_elsewhere_is_opened_by_its_name_there(tmp_path: Path, elsewhere: Elsewhere) -> None:
    np.savez(tmp_path / "d.npz", x=X, y=Y)
    elsewhere.put("d.npz", (tmp_path / "d.npz").read_bytes())
    elsewhere.put("book.txt", b"0123456789")
    space = DataSpace(remote=RemoteFiles(tmp_path / "copies", 10_000, elsewhere))
    node = TrainingEnvironment(ProgramCache(), DatasetCache(), (), no_artifacts, space)
    assert find_dataset("s3://bucket/d.npz", node).load().inputs.shape == (6, 4)
    assert find_dataset("gs://bucket/book.txt?sequence=4", node).load().inputs.shape == (2, 4)
    without = TrainingEnvironment(ProgramCache(), DatasetCache(), (), no_artifacts)
    with pytest.raises(NotSupported, match="keeps no copies"):
        find_dataset("https://host/d.npz", without)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An S3 bucket of a server in this process."""
    server = pytest.importorskip("moto.server", reason="S3 is tried against moto: install moto[server]")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    from urllib.request import Request, urlopen

    urlopen(Request(f"http://{host}:{port}/bucket", method="PUT")).close()
    yield "s3://bucket"
    running.stop()


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")  # moto's own
def test_an_s3_bucket_is_read_with_the_credentials_of_the_environment(tmp_path: Path, bucket: str) -> None:
    obstore.put(remote_source.obstore_of(bucket), "data.csv", b"1,2,0\n")
    copies = RemoteFiles(tmp_path / "copies", 1_000)
    assert copies.fetch(f"{bucket}/data.csv", never_stop).path.read_bytes() == b"1,2,0\n"
    with pytest.raises(BadData, match="it is not there"):
        copies.fetch(f"{bucket}/other.csv", never_stop)
