"""Files by content: named only when whole, synced and checked; removed only when nobody needs them."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from central_server.artifacts.local_directory import LocalArtifacts
from central_server.artifacts.sweep import NEVER_USED_SECONDS, ArtifactSweep
from shared.errors import InvalidField, NotFound, StoreUnavailable, TooLarge, WrongState

CONTENT = b"some content"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def artifacts(tmp_path: Path) -> LocalArtifacts:
    made = LocalArtifacts(tmp_path, most_bytes=1000)
    made.open()
    return made


async def test_content_comes_back_in_pieces(artifacts: LocalArtifacts) -> None:
    assert await artifacts.put(CONTENT) == SHA256
    assert await artifacts.has(SHA256)
    assert await artifacts.size(SHA256) == len(CONTENT)
    assert await artifacts.read(SHA256, 5, 4) == CONTENT[5:9]
    assert await artifacts.put(CONTENT) == SHA256


async def test_an_upload_goes_on_where_an_earlier_one_stopped(artifacts: LocalArtifacts) -> None:
    first = artifacts.begin_upload(SHA256, len(CONTENT))
    await artifacts.append(SHA256, first, 0, CONTENT[:5])
    artifacts.end_upload(SHA256, first)
    assert await artifacts.partial_size(SHA256) == 5
    assert not await artifacts.has(SHA256)
    second = artifacts.begin_upload(SHA256, len(CONTENT))
    await artifacts.append(SHA256, second, 5, CONTENT[5:])
    await artifacts.finish_upload(SHA256, second)
    assert await artifacts.has(SHA256)
    assert await artifacts.partial_size(SHA256) == 0


async def test_a_later_upload_ends_an_earlier_one(artifacts: LocalArtifacts) -> None:
    first = artifacts.begin_upload(SHA256, len(CONTENT))
    artifacts.begin_upload(SHA256, len(CONTENT))
    with pytest.raises(WrongState, match="took over"):
        await artifacts.append(SHA256, first, 0, CONTENT)


async def test_a_gap_is_refused(artifacts: LocalArtifacts) -> None:
    token = artifacts.begin_upload(SHA256, len(CONTENT))
    with pytest.raises(WrongState, match="offset must be 0"):
        await artifacts.append(SHA256, token, 3, b"x")


async def test_content_with_another_hash_is_dropped(artifacts: LocalArtifacts) -> None:
    token = artifacts.begin_upload(SHA256, 5)
    await artifacts.append(SHA256, token, 0, b"other")
    with pytest.raises(InvalidField, match="has"):
        await artifacts.finish_upload(SHA256, token)
    assert not await artifacts.has(SHA256)
    assert await artifacts.partial_size(SHA256) == 0


@pytest.mark.parametrize("sha256", ["", "../../etc/passwd", "A" * 64, "a" * 63])
def test_a_hash_that_is_none_names_no_file(artifacts: LocalArtifacts, sha256: str) -> None:
    with pytest.raises(InvalidField):
        artifacts.begin_upload(sha256, 1)
    with pytest.raises(InvalidField):
        artifacts.path(sha256)


def test_more_than_the_limit_is_too_large(artifacts: LocalArtifacts) -> None:
    with pytest.raises(TooLarge):
        artifacts.begin_upload(SHA256, 1001)
    with pytest.raises(InvalidField):
        artifacts.begin_upload(SHA256, -1)


async def test_what_is_not_here_is_not_found(artifacts: LocalArtifacts) -> None:
    with pytest.raises(NotFound):
        await artifacts.size(SHA256)
    with pytest.raises(NotFound):
        await artifacts.read(SHA256, 0, 1)


@dataclass
class References:
    """A store that only knows what is referred to."""

    sha256s: frozenset[str] = frozenset()

    async def referenced_artifacts(self) -> frozenset[str]:
        return self.sha256s


@dataclass
class FixedClock:
    ms: int

    def monotonic_seconds(self) -> float:
        return self.ms / 1000

    def unix_ms(self) -> int:
        return self.ms


def a_sweep(artifacts: LocalArtifacts, references: References, seconds_later: float) -> ArtifactSweep:
    mtime = artifacts.path(SHA256).stat().st_mtime
    clock = FixedClock(round((mtime + seconds_later) * 1000))
    return ArtifactSweep(artifacts, references, clock, grace_seconds=10)  # type: ignore[arg-type]  # asks no more of it


async def test_a_released_artifact_goes_after_the_grace(artifacts: LocalArtifacts) -> None:
    await artifacts.put(CONTENT)
    artifacts.release(frozenset({SHA256}))
    await a_sweep(artifacts, References(), seconds_later=5).sweep()
    assert await asyncio.to_thread(artifacts.path(SHA256).exists)
    await a_sweep(artifacts, References(), seconds_later=11).sweep()
    assert not await artifacts.has(SHA256)
    assert not artifacts.released


async def test_a_released_artifact_that_is_referred_to_again_stays(artifacts: LocalArtifacts) -> None:
    await artifacts.put(CONTENT)
    artifacts.release(frozenset({SHA256}))
    await a_sweep(artifacts, References(frozenset({SHA256})), seconds_later=99).sweep()
    assert await artifacts.has(SHA256)
    assert not artifacts.released


async def test_what_was_never_used_goes_after_days(artifacts: LocalArtifacts) -> None:
    await artifacts.put(CONTENT)
    await a_sweep(artifacts, References(), seconds_later=60).sweep_unused()
    assert await asyncio.to_thread(artifacts.path(SHA256).exists)
    await a_sweep(artifacts, References(), seconds_later=NEVER_USED_SECONDS + 60).sweep_unused()
    assert not await artifacts.has(SHA256)


async def test_an_artifact_that_is_held_stays_however_long_and_for_a_while_after(artifacts: LocalArtifacts) -> None:
    await artifacts.put(CONTENT)
    artifacts.release(frozenset({SHA256}))
    late = a_sweep(artifacts, References(), seconds_later=1_000)
    with artifacts.held({SHA256}):
        await late.sweep()
        assert await asyncio.to_thread(artifacts.path(SHA256).exists)
    await a_sweep(artifacts, References(), seconds_later=5).sweep()
    assert await asyncio.to_thread(artifacts.path(SHA256).exists)
    await late.sweep()
    assert not await artifacts.has(SHA256)


async def test_unused_artifacts_stay_when_the_operator_keeps_them_for_ever(artifacts: LocalArtifacts) -> None:
    await artifacts.put(CONTENT)
    clock = FixedClock(2**50)
    sweep = ArtifactSweep(artifacts, References(), clock, unused_seconds=0)  # type: ignore[arg-type]  # asks no more
    await sweep.sweep_unused()
    assert await artifacts.has(SHA256)


async def test_nothing_is_swept_by_a_server_that_may_no_longer_decide(artifacts: LocalArtifacts) -> None:
    await artifacts.put(CONTENT)
    artifacts.release(frozenset({SHA256}))

    def refuse() -> None:
        raise StoreUnavailable("another may decide")

    clock = FixedClock(2**50)
    sweep = ArtifactSweep(artifacts, References(), clock, check_office=refuse)  # type: ignore[arg-type]  # asks no more
    for attempt in (sweep.sweep(), sweep.sweep_unused()):
        with pytest.raises(StoreUnavailable):
            await attempt
    assert await artifacts.has(SHA256)
