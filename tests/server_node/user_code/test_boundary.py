"""What crosses from a user's process to the node: frames, files and limits, none of them trusted."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from server_node.user_code.channel import LARGEST_FRAME_BYTES, Channel, ChannelBroken, ChannelClosed
from server_node.user_code.handed_over import hand_over
from server_node.user_code.limits import limits_for
from server_node.user_code.messages import Answer, Failed, Planned, UserCodeFailed, error_from
from shared.errors import BadData, OutOfMemory
from tests.server_node.user_code.models import a_user_job


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    yield channel, theirs
    channel.close()
    theirs.close()


def frame(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def test_a_message_comes_as_it_was_sent(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    answer = Answer(planned=Planned(memory_bytes=3, flops_per_step=0.5))
    other = Channel(theirs.dup())
    other.send(answer)
    other.close()
    assert channel.receive(Answer) == answer


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b'{"planned": {"memory_bytes": -1, "flops_per_step": 0}}',
        b'{"planned": {"memory_bytes": "3", "flops_per_step": 0}}',
        b'{"saved": {"name": "../../journal"}}',
        b'{"saved": {"name": ".."}}',
        b'{"unknown": 1}',
    ],
)
def test_what_is_no_message_is_refused(ends: tuple[Channel, socket.socket], content: bytes) -> None:
    channel, theirs = ends
    theirs.sendall(frame(content))
    with pytest.raises(ChannelBroken):
        channel.receive(Answer)


def test_a_frame_that_claims_too_much_is_refused_before_it_is_read(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    theirs.sendall(struct.pack(">I", LARGEST_FRAME_BYTES + 1))
    with pytest.raises(ChannelBroken, match="a message may have"):
        channel.receive(Answer)


def test_an_end_in_the_midst_of_a_frame_is_an_end(ends: tuple[Channel, socket.socket]) -> None:
    channel, theirs = ends
    theirs.sendall(frame(b"{}")[:-1])
    theirs.close()
    with pytest.raises(ChannelClosed):
        channel.receive(Answer)


def test_a_wait_ends_when_it_is_given_up(ends: tuple[Channel, socket.socket]) -> None:
    channel, _ = ends

    def give_up() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        channel.receive(Answer, give_up=give_up)


def test_an_unknown_code_is_the_users_own_failure() -> None:
    assert isinstance(error_from(Failed(code="bad_data", sentence="s", field="f")), BadData)
    assert isinstance(error_from(Failed(code="out_of_memory", sentence="s")), OutOfMemory)
    assert type(error_from(Failed(code="store_unavailable", sentence="s"))) is UserCodeFailed


def test_a_file_is_copied_hashed_and_removed(tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"abc")
    handed = hand_over(tmp_path, "weights", tmp_path / "kept", 3)
    assert (handed.name, handed.size_bytes, handed.sha256[:8]) == ("kept", 3, "ba7816bf")
    assert (tmp_path / "kept").read_bytes() == b"abc"
    assert not (tmp_path / "weights").exists()


@pytest.mark.parametrize("what", ["link", "pipe", "folder", "nothing", "too large"])
def test_what_is_no_plain_file_is_not_taken(tmp_path: Path, what: str) -> None:
    (tmp_path / "secret").write_bytes(b"of the node")
    match what:
        case "link":
            (tmp_path / "it").symlink_to(tmp_path / "secret")
        case "pipe":
            os.mkfifo(tmp_path / "it")
        case "folder":
            (tmp_path / "it").mkdir()
        case "too large":
            (tmp_path / "it").write_bytes(b"x" * 101)
    with pytest.raises(UserCodeFailed):
        hand_over(tmp_path, "it", tmp_path / "kept", 100)
    assert not (tmp_path / "kept").exists()


def test_a_folder_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "node").mkdir()
    (tmp_path / "node" / "it").write_bytes(b"of the node")
    (tmp_path / "result").symlink_to(tmp_path / "node")
    with pytest.raises(UserCodeFailed):
        hand_over(tmp_path / "result", "it", tmp_path / "kept", 100)


def test_limits_follow_the_job_and_its_device() -> None:
    on_cpu = limits_for(a_user_job(timeout_seconds=100), "cpu:0", 2**33)
    assert on_cpu.address_space_bytes == 2**33
    assert (on_cpu.cpu_seconds or 0) >= 100
    on_gpu = limits_for(a_user_job(), "cuda:0", 2**33)
    assert (on_gpu.address_space_bytes, on_gpu.cpu_seconds) == (None, None)
