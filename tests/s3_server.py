"""A real S3 interface for tests: moto's server in this process, on loopback, with one empty bucket."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import Request, urlopen

import pytest

BUCKET = "bucket"


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server.

    Attributes:
        endpoint: its URL.
        environment: what a client has to have in its environment to use it.
    """

    endpoint: str
    environment: Mapping[str, str]

    def make_bucket(self, name: str) -> None:
        """Make an empty bucket."""
        urlopen(Request(f"{self.endpoint}/{name}", method="PUT")).close()


@contextmanager
def an_s3_server() -> Iterator[S3Server]:
    """Run a server until the block ends; skips the test where moto is not installed."""
    server = pytest.importorskip("moto.server", reason="S3 is tried against moto: install moto[server]")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # moto's own
        running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        running.start()
        host, port = running.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        environment = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
        }
        try:
            started = S3Server(endpoint, environment)
            started.make_bucket(BUCKET)
            yield started
        finally:
            running.stop()
