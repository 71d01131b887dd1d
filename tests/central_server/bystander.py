"""A well-behaved node with a job that runs, beside whom others misbehave: nothing of what they do may touch it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.identifiers import AttemptKey
from shared.node_messages import Heartbeat, HeartbeatAck, OfferAttempt
from shared.pb import job_pb2
from tests.builders import a_hello
from tests.central_server.fake_node import FakeNode
from tests.central_server.running_server import Server, submit, until_state

BYSTANDER_NODE = "bystander"
BYSTANDER_JOB = "theirs"


class Bystander:
    """The node, its one attempt, and the job as it was before anybody misbehaved."""

    def __init__(self, server: Server, node: FakeNode, key: AttemptKey, job: job_pb2.Job) -> None:
        self.node = node
        self.key = key
        self._server = server
        self._job = job
        self._beats = 0

    async def is_untouched(self) -> None:
        """Hold that the stream is open and answered, and the job is as it was to the last byte."""
        self._beats += 1
        await self.node.say(Heartbeat(self._beats, (self.key,), 6 * 2**30))
        assert (await self.node.expect(HeartbeatAck)).sequence == self._beats
        job = await self._server.jobs.GetJob(job_pb2.GetJobRequest(job_id=self.key.job_id))
        assert job == self._job


@asynccontextmanager
async def a_bystander(server: Server) -> AsyncIterator[Bystander]:
    """Connect a node with one slot, which a job fills, until the block ends."""
    node = FakeNode(server, a_hello(BYSTANDER_NODE, slots=1))
    await node.connect()
    await submit(server, job_id=BYSTANDER_JOB)
    offer = await node.expect(OfferAttempt)
    await node.start(offer)
    job = await until_state(server, BYSTANDER_JOB, "running")
    while not job.status.first_step_at_ms:
        job = await server.jobs.GetJob(job_pb2.GetJobRequest(job_id=BYSTANDER_JOB))
    job = await server.jobs.GetJob(job_pb2.GetJobRequest(job_id=BYSTANDER_JOB))
    try:
        yield Bystander(server, node, offer.key, job)
    finally:
        node.cut()
