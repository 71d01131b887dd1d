"""Whole worlds from seeds: whatever crashes, is cut or hangs, every promise is kept and every job ends.

`make simulate SEEDS=100000` runs more, and tells the shortest story of a seed that fails.
"""

from __future__ import annotations

import pytest

from tests.simulation.faults import drawn_happenings
from tests.simulation.world import shortest_story, story_of

_SEEDS = 200
_AT_ONCE = 20


@pytest.mark.parametrize("first", range(0, _SEEDS, _AT_ONCE))
def test_every_promise_is_kept(first: int) -> None:
    for seed in range(first, first + _AT_ONCE):
        story = story_of(seed)
        assert not story.broken, f"seed {seed}: {story.broken}\n" + "\n".join(shortest_story(seed).lines)


def test_a_seed_gives_the_same_world_to_the_last_line() -> None:
    assert story_of(3).lines == story_of(3).lines


def test_worlds_are_eventful() -> None:
    """Guards the simulation itself: its faults do bring about what they are there for."""
    lines = [line for seed in range(30) for line in story_of(seed).lines]
    for word in ("succeeded", "lost", "preempted", "cancelled", "drops its core", "hush_both", "paused", "failed"):
        assert any(word in line for line in lines), f"in 30 worlds nothing was {word}"


@pytest.mark.slow
def test_a_story_is_shortened_to_what_makes_it_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server_node.attempts.leases.lease_until", lambda *_: 1e9)
    failing = next(seed for seed in range(100) if story_of(seed).broken)
    shorter = shortest_story(failing)
    assert "two attempts hold a lease" in shorter.broken
    assert len(shorter.lines) < len(story_of(failing).lines)
    assert drawn_happenings(failing) == drawn_happenings(failing)
