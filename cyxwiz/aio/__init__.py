"""The SDK in async form: `async with Client() as client: job = await client.submit("digits.yaml")`.

A client belongs to the event loop that made it. `cyxwiz.Client` is the same for programs without one.
"""

from __future__ import annotations

from cyxwiz.aio.client import Client
from cyxwiz.aio.job import Job

__all__ = ["Client", "Job"]
