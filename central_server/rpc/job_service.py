"""JobService: the rpcs that change jobs, between their messages and `requests.job_commands`.

Reading is in `job_reading`, streams are in `job_streams`, planning in `job_planning`.
"""

from __future__ import annotations

from central_server.requests.caller import Caller
from central_server.requests.job_commands import JobCommands
from central_server.rpc.job_messages import status_message
from shared.errors import InvalidField
from shared.pb import common_pb2, job_pb2


class JobService:
    """The rpcs that change jobs."""

    def __init__(self, commands: JobCommands) -> None:
        self._commands = commands

    async def submit(self, request: job_pb2.SubmitJobRequest, caller: Caller) -> job_pb2.SubmitJobResponse:
        """Accept a job; answered once durable. The same id with the same content answers as the first time did."""
        if not request.HasField("config"):
            raise InvalidField("config is missing: say what to train", field="config")
        job_id = await self._commands.submit(request.config, caller, initial_data=request.initial_data)
        return job_pb2.SubmitJobResponse(job_id=job_id, status=common_pb2.STATUS_SUCCESS)

    async def cancel(self, request: job_pb2.CancelJobRequest, caller: Caller) -> job_pb2.CancelJobResponse:
        """End a job; acknowledged when durable. One that has ended stays as it is."""
        await self._commands.cancel(request.job_id, caller, request.reason)
        return job_pb2.CancelJobResponse(status=common_pb2.STATUS_SUCCESS)

    async def delete(self, request: job_pb2.DeleteJobRequest, caller: Caller) -> job_pb2.DeleteJobResponse:
        """Remove a job and what only it used; a running one is cancelled first and removed when its device is free."""
        await self._commands.delete(request.job_id, caller)
        return job_pb2.DeleteJobResponse(status=common_pb2.STATUS_SUCCESS)

    async def pause(self, request: job_pb2.PauseJobRequest, caller: Caller) -> job_pb2.PauseJobResponse:
        """Let a job save itself and wait."""
        return job_pb2.PauseJobResponse(status=status_message(await self._commands.pause(request.job_id, caller)))

    async def resume(self, request: job_pb2.ResumeJobRequest, caller: Caller) -> job_pb2.ResumeJobResponse:
        """Let a paused job go on."""
        return job_pb2.ResumeJobResponse(status=status_message(await self._commands.resume(request.job_id, caller)))
