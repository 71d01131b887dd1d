"""Connections on which no request comes are closed; whoever drips bytes gains no time."""

import asyncio

import pytest

from central_server.web import patient_connection
from tests.central_server.running_server import Server


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient_connection, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(patient_connection, "BODY_SECONDS", 0.3)


async def closed_after(server: Server, first: bytes, drip: bytes) -> bool:
    """Whether the server closes a connection within two seconds, to which a byte comes again and again."""
    reader, writer = await asyncio.open_connection(server.listening.http.host, server.listening.http.port)
    writer.write(first)
    try:
        for _ in range(20):
            await asyncio.sleep(0.1)
            if reader.at_eof() or writer.is_closing():
                return True
            writer.write(drip)
    except ConnectionError:
        return True
    else:
        return False
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("first", "drip"),
    [(b"", b""), (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"a"), (b"", b"G")],
    ids=["says nothing", "drips its head", "drips from the first byte"],
)
async def test_a_head_that_does_not_come_closes_the_connection(server: Server, first: bytes, drip: bytes) -> None:
    assert await closed_after(server, first, drip)


async def test_a_body_that_does_not_come_closes_the_connection(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    head = (
        f"POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\nAuthorization: Bearer {server.token}"
    )
    assert await closed_after(server, f"{head}\r\n\r\n".encode(), b"a")
    await asyncio.sleep(0.1)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]  # nothing of ours broke


async def test_an_answer_may_take_as_long_as_it_takes(server: Server) -> None:
    assert not await closed_after(server, b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n", b"")
