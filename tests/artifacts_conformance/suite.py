"""What every place that keeps artifacts must do: named only when whole and checked; removed only when nobody asks."""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass
from math import inf

import pytest

from central_server.artifacts.sweep import NEVER_USED_SECONDS, ArtifactSweep, SweptArtifacts
from shared.errors import InvalidField, NotFound, StoreUnavailable, TooLarge, WrongState

CONTENT = b"some content"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MOST_BYTES = 40 * 2**20
TICK_SECONDS = 0.02
"""Longer than the steps in which the time of a file, or of a note in memory, is told."""


@dataclass
class References:
    """A store that only knows what is referred to."""

    sha256s: frozenset[str] = frozenset()

    async def referenced_artifacts(self) -> frozenset[str]:
        return self.sha256s


@dataclass
class LaterClock:
    """The machine's clock, some seconds on."""

    seconds_later: float

    def monotonic_seconds(self) -> float:
        return time.monotonic() + self.seconds_later

    def unix_ms(self) -> int:
        return round((time.time() + self.seconds_later) * 1000)  # noqa: TID251  # what the place itself reads


def a_sweep(artifacts: SweptArtifacts, seconds_later: float, *referenced: str) -> ArtifactSweep:
    references = References(frozenset(referenced))
    return ArtifactSweep(artifacts, references, LaterClock(seconds_later))  # type: ignore[arg-type]  # asks no more of it


async def is_there(artifacts: SweptArtifacts, sha256: str = SHA256) -> bool:
    """Whether it is there, without asking for it, which would keep it."""
    return sha256 in await artifacts.older_than(inf)


async def uploaded(artifacts: SweptArtifacts, content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    token = artifacts.begin_upload(sha256, len(content))
    for offset in range(0, len(content), 2**20):
        await artifacts.append(sha256, token, offset, content[offset : offset + 2**20])
    await artifacts.finish_upload(sha256, token)
    return sha256


async def _asked_after(artifacts: SweptArtifacts, seconds: float) -> bool:
    await asyncio.sleep(seconds)
    return await artifacts.has(SHA256)


class ArtifactsConformance:
    """Each test takes the fixture `artifacts`: an empty place, open, that takes MOST_BYTES."""

    async def test_content_comes_back_in_pieces(self, artifacts: SweptArtifacts) -> None:
        assert await artifacts.put(CONTENT) == SHA256
        assert await artifacts.has(SHA256)
        assert await artifacts.size(SHA256) == len(CONTENT)
        assert await artifacts.read(SHA256, 5, 4) == CONTENT[5:9]
        assert await artifacts.put(CONTENT) == SHA256

    async def test_a_read_ends_where_the_artifact_does(self, artifacts: SweptArtifacts) -> None:
        await artifacts.put(CONTENT)
        assert await artifacts.read(SHA256, 5, 1000) == CONTENT[5:]
        assert await artifacts.read(SHA256, len(CONTENT), 1000) == b""

    async def test_an_empty_artifact_is_one(self, artifacts: SweptArtifacts) -> None:
        sha256 = await artifacts.put(b"")
        assert await artifacts.has(sha256)
        assert (await artifacts.size(sha256), await artifacts.read(sha256, 0, 10)) == (0, b"")

    async def test_a_large_upload_comes_back_whole(self, artifacts: SweptArtifacts) -> None:
        content = bytes(range(256)) * (33 * 2**20 // 256) + b"end"
        sha256 = await uploaded(artifacts, content)
        assert await artifacts.size(sha256) == len(content)
        pieces = [await artifacts.read(sha256, offset, 3 * 2**20) for offset in range(0, len(content), 3 * 2**20)]
        assert b"".join(pieces) == content

    async def test_an_upload_goes_on_where_an_earlier_one_stopped(self, artifacts: SweptArtifacts) -> None:
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

    async def test_a_later_upload_ends_an_earlier_one(self, artifacts: SweptArtifacts) -> None:
        first = artifacts.begin_upload(SHA256, len(CONTENT))
        artifacts.begin_upload(SHA256, len(CONTENT))
        with pytest.raises(WrongState, match="took over"):
            await artifacts.append(SHA256, first, 0, CONTENT)
        with pytest.raises(WrongState, match="took over"):
            await artifacts.finish_upload(SHA256, first)

    async def test_a_gap_is_refused(self, artifacts: SweptArtifacts) -> None:
        token = artifacts.begin_upload(SHA256, len(CONTENT))
        with pytest.raises(WrongState, match="offset must be 0"):
            await artifacts.append(SHA256, token, 3, b"x")

    async def test_content_with_another_hash_is_dropped(self, artifacts: SweptArtifacts) -> None:
        token = artifacts.begin_upload(SHA256, 5)
        await artifacts.append(SHA256, token, 0, b"other")
        with pytest.raises(InvalidField, match="has"):
            await artifacts.finish_upload(SHA256, token)
        assert not await artifacts.has(SHA256)
        assert await artifacts.partial_size(SHA256) == 0

    async def test_an_upload_of_what_is_here_already_ends_well(self, artifacts: SweptArtifacts) -> None:
        await artifacts.put(CONTENT)
        assert await uploaded(artifacts, CONTENT) == SHA256
        assert await artifacts.read(SHA256, 0, 100) == CONTENT

    @pytest.mark.parametrize("sha256", ["", "../../etc/passwd", "A" * 64, "a" * 63])
    async def test_a_hash_that_is_none_names_nothing(self, artifacts: SweptArtifacts, sha256: str) -> None:
        with pytest.raises(InvalidField):
            artifacts.begin_upload(sha256, 1)
        with pytest.raises(InvalidField):
            await artifacts.has(sha256)
        with pytest.raises(InvalidField):
            await artifacts.read(sha256, 0, 1)
        with pytest.raises(InvalidField), artifacts.held({sha256}):
            pass

    def test_more_than_the_limit_is_too_large(self, artifacts: SweptArtifacts) -> None:
        with pytest.raises(TooLarge):
            artifacts.begin_upload(SHA256, MOST_BYTES + 1)
        with pytest.raises(InvalidField):
            artifacts.begin_upload(SHA256, -1)

    async def test_what_is_not_here_is_not_found(self, artifacts: SweptArtifacts) -> None:
        assert not await artifacts.has(SHA256)
        with pytest.raises(NotFound):
            await artifacts.size(SHA256)
        with pytest.raises(NotFound):
            await artifacts.read(SHA256, 0, 1)

    async def test_sizes_count_what_is_complete_and_not_about_to_go(self, artifacts: SweptArtifacts) -> None:
        await artifacts.put(CONTENT)
        other = await artifacts.put(b"other")
        token = artifacts.begin_upload("a" * 64, 5)
        await artifacts.append("a" * 64, token, 0, b"part")
        artifacts.release(frozenset({other}))
        assert await artifacts.sizes() == {SHA256: len(CONTENT)}

    async def test_a_released_artifact_goes_after_the_grace(self, artifacts: SweptArtifacts) -> None:
        await artifacts.put(CONTENT)
        artifacts.release(frozenset({SHA256}))
        await a_sweep(artifacts, 5).sweep()
        assert await is_there(artifacts)
        await a_sweep(artifacts, 12).sweep()
        assert not await artifacts.has(SHA256)
        assert not artifacts.released

    async def test_what_went_can_come_again(self, artifacts: SweptArtifacts) -> None:
        await artifacts.put(CONTENT)
        artifacts.release(frozenset({SHA256}))
        await a_sweep(artifacts, 12).sweep()
        await artifacts.put(CONTENT)
        assert await artifacts.read(SHA256, 0, 100) == CONTENT

    async def test_a_released_artifact_that_is_referred_to_again_stays(self, artifacts: SweptArtifacts) -> None:
        await artifacts.put(CONTENT)
        artifacts.release(frozenset({SHA256}))
        await a_sweep(artifacts, 99, SHA256).sweep()
        assert await artifacts.has(SHA256)
        assert not artifacts.released

    async def test_an_artifact_that_is_held_stays_however_long(self, artifacts: SweptArtifacts) -> None:
        await artifacts.put(CONTENT)
        artifacts.release(frozenset({SHA256}))
        with artifacts.held({SHA256}):
            await a_sweep(artifacts, 1_000).sweep()
            assert await is_there(artifacts)
        await a_sweep(artifacts, 5).sweep()
        assert await is_there(artifacts)
        await a_sweep(artifacts, 1_000).sweep()
        assert not await artifacts.has(SHA256)

    async def test_what_was_never_used_goes_after_days(self, artifacts: SweptArtifacts) -> None:
        await artifacts.put(CONTENT)
        await a_sweep(artifacts, 60).sweep_unused()
        assert await is_there(artifacts)
        await a_sweep(artifacts, NEVER_USED_SECONDS + 60, SHA256).sweep_unused()
        assert await is_there(artifacts)
        await a_sweep(artifacts, NEVER_USED_SECONDS + 60).sweep_unused()
        assert not await artifacts.has(SHA256)

    async def test_an_upload_that_nobody_goes_on_with_goes_after_days(self, artifacts: SweptArtifacts) -> None:
        token = artifacts.begin_upload(SHA256, len(CONTENT))
        await artifacts.append(SHA256, token, 0, CONTENT[:5])
        await a_sweep(artifacts, 60).sweep_unused()
        assert await artifacts.partial_size(SHA256) == 5
        await a_sweep(artifacts, NEVER_USED_SECONDS + 60).sweep_unused()
        assert await artifacts.partial_size(SHA256) == 0

    async def test_whoever_is_told_that_it_is_here_still_finds_it(self, artifacts: SweptArtifacts) -> None:
        for delay_ms in range(4):
            await artifacts.put(CONTENT)
            await asyncio.sleep(2 * TICK_SECONDS)
            oldest_kept = time.time() - TICK_SECONDS  # noqa: TID251  # between the two, however coarse their clocks
            removal = artifacts.remove_if_older(SHA256, oldest_kept)
            told, is_gone = await asyncio.gather(_asked_after(artifacts, delay_ms / 200), removal)
            assert told == (not is_gone) == await is_there(artifacts)

    async def test_unused_artifacts_stay_when_the_operator_keeps_them_for_ever(self, artifacts: SweptArtifacts) -> None:
        await artifacts.put(CONTENT)
        sweep = ArtifactSweep(artifacts, References(), LaterClock(2**30), unused_seconds=0)  # type: ignore[arg-type]  # asks no more
        await sweep.sweep_unused()
        assert await is_there(artifacts)

    async def test_nothing_is_swept_by_a_server_that_may_no_longer_decide(self, artifacts: SweptArtifacts) -> None:
        await artifacts.put(CONTENT)
        artifacts.release(frozenset({SHA256}))

        def refuse() -> None:
            raise StoreUnavailable("another may decide")

        clock = LaterClock(2**30)
        sweep = ArtifactSweep(artifacts, References(), clock, check_office=refuse)  # type: ignore[arg-type]  # asks no more
        for attempt in (sweep.sweep(), sweep.sweep_unused()):
            with pytest.raises(StoreUnavailable):
                await attempt
        assert await is_there(artifacts)
