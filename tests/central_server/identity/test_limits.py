"""How fast one address may guess, and one identity may ask; with the time passed in."""

import pytest

from central_server.identity.guessing import FREE_FAILURES, LONGEST_WAIT_SECONDS, GuessLimit
from central_server.identity.peers import host_of_peer, is_loopback_host
from central_server.identity.rate_limit import RateLimit
from shared.errors import TooManyRequests


def refused(limit: GuessLimit, host: str, now_seconds: float) -> bool:
    try:
        limit.refuse_too_fast(host, now_seconds)
    except TooManyRequests:
        return True
    return False


def test_some_failures_cost_nothing_and_each_one_more_twice_the_wait() -> None:
    limit, now = GuessLimit(), 0.0
    waits = []
    for _ in range(FREE_FAILURES + 9):
        limit.failed("10.0.0.1", now)
        waited = 0.0
        while refused(limit, "10.0.0.1", now + waited):
            waited += 0.5
        waits.append(waited)
        now += waited
    assert waits[:FREE_FAILURES] == [0.0] * FREE_FAILURES
    assert waits[FREE_FAILURES:] == [
        1,
        2,
        4,
        8,
        16,
        32,
        LONGEST_WAIT_SECONDS,
        LONGEST_WAIT_SECONDS,
        LONGEST_WAIT_SECONDS,
    ]


def test_one_address_does_not_slow_another_and_a_network_of_ipv6_is_one() -> None:
    limit = GuessLimit()
    for host in range(FREE_FAILURES + 1):
        limit.failed("10.0.0.1", 0.0)
        limit.failed(f"2001:db8::{host}", 0.0)
    assert refused(limit, "10.0.0.1", 0.5)
    assert not refused(limit, "10.0.0.2", 0.5)
    assert refused(limit, "2001:db8::ffff", 0.5)
    assert not refused(limit, "2001:db8:0:1::1", 0.5)


def test_a_success_and_ten_quiet_minutes_forget_the_failures() -> None:
    limit = GuessLimit()
    for _ in range(FREE_FAILURES + 1):
        limit.failed("a", 0.0)
    limit.succeeded("a")
    assert not refused(limit, "a", 0.0)
    for _ in range(FREE_FAILURES + 1):
        limit.failed("a", 0.0)
    limit.failed("a", 601.0)
    assert not refused(limit, "a", 601.0)


def test_a_bucket_empties_with_a_burst_and_fills_with_time() -> None:
    limit = RateLimit(10.0)
    for _ in range(20):
        limit.take("ada", 0.0)
    with pytest.raises(TooManyRequests, match="10 times a second") as refusal:
        limit.take("ada", 0.0)
    assert refusal.value.retry_after_seconds == pytest.approx(0.1)
    limit.take("bob", 0.0)
    limit.take("ada", 0.11)


def test_a_rate_of_zero_limits_nobody() -> None:
    limit = RateLimit(0.0)
    for _ in range(1000):
        limit.take("ada", 0.0)


@pytest.mark.parametrize(
    ("peer", "host", "is_here"),
    [
        ("ipv4:127.0.0.1:4000", "127.0.0.1", True),
        ("ipv6:%5B::1%5D:4000", "::1", True),
        ("ipv6:[::ffff:127.0.0.1]:4000", "::ffff:127.0.0.1", True),
        ("ipv4:10.0.0.7:4000", "10.0.0.7", False),
        ("ipv6:%5B2001:db8::1%5D:4000", "2001:db8::1", False),
        ("unix:/run/socket", "localhost", True),
        ("", "", False),
        ("ipv4:localhost.evil.example:1", "localhost.evil.example", False),
    ],
)
def test_where_a_peer_is(peer: str, host: str, is_here: bool) -> None:
    assert host_of_peer(peer) == host
    assert is_loopback_host(host) is is_here
