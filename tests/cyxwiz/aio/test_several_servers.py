"""Calls go to one of several servers, and to the next one after an absence."""

from types import SimpleNamespace
from typing import Any, cast

import grpc.aio
import pytest

from cyxwiz.aio.several_servers import SeveralServers
from cyxwiz.errors import InvalidField
from cyxwiz.server_address import each_address, resolve_server


class Now:
    seconds = 0.0


def servers(now: Now) -> SeveralServers:
    def dial(address: str) -> grpc.aio.Channel:
        channel: Any = SimpleNamespace(unary_unary=lambda path: lambda request: f"{address}{path} {request}")
        return cast("grpc.aio.Channel", channel)

    return SeveralServers(["a:1", "b:2"], dial=dial, monotonic_seconds=lambda: now.seconds)


def test_a_method_made_once_goes_where_calls_go_now() -> None:
    several = servers(Now())
    method = several.unary_unary("/get")
    assert method("x") == "a:1/get x"
    several.move_on()
    assert method("x") == "b:2/get x"
    assert several.address == "b:2"


def test_calls_that_fail_together_move_on_once() -> None:
    now = Now()
    several = servers(now)
    several.move_on()
    several.move_on()
    assert several.address == "b:2"
    now.seconds = 1.0
    several.move_on()
    assert several.address == "a:1"


def test_several_addresses_are_separated_by_commas_and_each_is_checked() -> None:
    assert each_address(resolve_server("a:1, b:2")) == ("a:1", "b:2")
    with pytest.raises(InvalidField, match="'b'"):
        resolve_server("a:1,b")
