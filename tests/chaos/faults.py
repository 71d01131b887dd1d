"""The faults of a chaos run, one function each: it does its worst, and puts right what nobody else would."""

from __future__ import annotations

import random
import resource
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.processes import Supervised
from tests.chaos.proxy import Proxy


@dataclass(frozen=True, slots=True)
class Victims:
    """Everything that can be hurt."""

    server: Supervised
    nodes: tuple[Supervised, ...]
    proxies: tuple[Proxy, ...]
    database: Path
    chance: random.Random


def kill_the_server(victims: Victims) -> str:
    """SIGKILL; its keeper starts it again."""
    victims.server.kill()
    return "the server is killed"


def kill_a_node(victims: Victims) -> str:
    """SIGKILL; its keeper starts it again."""
    number = victims.chance.randrange(len(victims.nodes))
    victims.nodes[number].kill()
    return f"node {number} is killed"


def freeze_the_server(victims: Victims) -> str:
    """SIGSTOP for a moment."""
    seconds = victims.chance.uniform(0.5, 4.0)
    victims.server.freeze(seconds)
    return f"the server was frozen for {seconds:.1f} s"


def freeze_a_node(victims: Victims) -> str:
    """SIGSTOP, sometimes for longer than a lease."""
    number, seconds = victims.chance.randrange(len(victims.nodes)), victims.chance.choice((1.0, 3.0, 9.0))
    victims.nodes[number].freeze(seconds)
    return f"node {number} was frozen for {seconds:.1f} s"


def cut_a_link(victims: Victims) -> str:
    """Every connection of a node breaks."""
    number = victims.chance.randrange(len(victims.proxies))
    victims.proxies[number].cut()
    return f"the link of node {number} is cut"


def half_open_a_link(victims: Victims) -> str:
    """Nothing goes through any more and nobody is told."""
    number, seconds = victims.chance.randrange(len(victims.proxies)), victims.chance.choice((1.0, 4.0, 8.0))
    victims.proxies[number].hush(seconds)
    return f"the link of node {number} is half-open for {seconds:.1f} s"


def slow_a_link(victims: Victims) -> str:
    """Everything waits a little on its way, for a while."""
    number = victims.chance.randrange(len(victims.proxies))
    victims.proxies[number].delay(victims.chance.uniform(0.05, 0.4))
    time.sleep(2.0)
    victims.proxies[number].delay(0.0)
    return f"the link of node {number} was slow for 2.0 s"


def lock_the_database(victims: Victims) -> str:
    """Another process, so to say, holds the database file."""
    seconds = victims.chance.uniform(0.5, 3.0)
    connection = sqlite3.connect(victims.database, timeout=5.0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError as busy:
        return f"the database could not be locked: {busy}"
    finally:
        connection.close()
    return f"the database was locked for {seconds:.1f} s"


def fill_the_disk(victims: Victims) -> str:
    """No file of the server's process may grow, as on a full disk."""
    process, seconds = victims.server.process, victims.chance.uniform(0.5, 3.0)
    try:
        before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        time.sleep(seconds)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)
    except ProcessLookupError:
        return "the server was gone before its disk could be full"
    return f"the server's disk was full for {seconds:.1f} s"


FAULTS: tuple[Callable[[Victims], str], ...] = (
    kill_the_server,
    kill_a_node,
    kill_a_node,
    freeze_the_server,
    freeze_a_node,
    cut_a_link,
    cut_a_link,
    half_open_a_link,
    slow_a_link,
    lock_the_database,
    fill_the_disk,
)
