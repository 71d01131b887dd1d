"""Settings: the command line over the environment over defaults, refused with one sentence."""

import os
from pathlib import Path

import pytest

from server_node.settings import settings_from_arguments
from shared.errors import InvalidField


@pytest.mark.parametrize(
    ("user", "arguments", "sentence"),
    [
        (1000, ["--terminal"], "needs an address: say --listen or --terminal-listen"),
        (1000, ["--http-listen", "127.0.0.1:0"], "http_listen needs listen"),
        (0, ["--terminal", "--listen", "127.0.0.1:0"], "root's shell"),
        (1000, ["--terminal-listen", "nowhere"], "must be host:port"),
        (1000, ["--terminal-command", "echo 'open"], "no closing quotation"),
    ],
)
def test_terminals_that_would_be_unsafe_or_nowhere_are_refused(
    user: int, arguments: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)
    with pytest.raises(InvalidField, match=sentence):
        settings_from_arguments(arguments)


def test_terminals_are_off_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert not settings_from_arguments(["--listen", "127.0.0.1:0"]).terminal
    on = settings_from_arguments(
        ["--terminal", "--terminal-listen", "127.0.0.1:0", "--terminal-command", "htop -d '1 0'"]
    )
    assert (on.terminal, on.terminal_words) == (True, ("htop", "-d", "1 0"))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert settings_from_arguments(["--terminal", "--listen", "127.0.0.1:0", "--terminal-as-root"]).terminal


def test_flags_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYXWIZ_NODE_SLOTS", "7")
    monkeypatch.setenv("CYXWIZ_NODE_NAME", "from-environment")
    settings = settings_from_arguments(["--slots", "2"])
    assert (settings.slots, settings.name) == (2, "from-environment")


def test_several_servers_are_tried_in_order() -> None:
    settings = settings_from_arguments(["--server", "a:1, b:2", "--server", "c:3"])
    assert settings.servers == ("a:1", "b:2", "c:3")


def test_data_roots_may_be_repeated_and_are_resolved(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    settings = settings_from_arguments(["--data-root", str(tmp_path), "--data-root", str(link)])
    assert settings.data_roots == (tmp_path, tmp_path)


def test_data_roots_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYXWIZ_NODE_DATA_ROOT", os.pathsep.join(["/a", "/b"]))
    assert settings_from_arguments([]).data_roots == (Path("/a"), Path("/b"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--slots", "0"], "slots: input should be greater than or equal to 1, got 0"),
        (["--server", "nowhere"], "server must be host:port"),
        (["--server", "host:99999"], "server must be host:port"),
        (["--server", ","], "at least one"),
    ],
)
def test_a_wrong_value_is_named(arguments: list[str], sentence: str) -> None:
    with pytest.raises(InvalidField, match=sentence):
        settings_from_arguments(arguments)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (["--cert", "a.pem"], "cert and key belong together"),
        (["--cert", "a.pem", "--key", "a.key"], "cert needs ca"),
        (["--cert", "a.pem", "--key", "a.key", "--ca", "ca.pem", "--join-token-file", "token"], "say one"),
    ],
)
def test_a_certificate_from_elsewhere_is_whole_and_the_only_one(said: list[str], sentence: str) -> None:
    with pytest.raises(InvalidField, match=sentence):
        settings_from_arguments(said)
