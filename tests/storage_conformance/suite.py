"""What every store must do, whatever database is under it. A database joins with a subclass that gives `store`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from central_server.curves import CurveRequest
from central_server.deployments.records import DeploymentRecord, Wanted
from central_server.deployments.store import DeploymentStore
from central_server.identity.audit_entry import AuditEntry
from central_server.identity.security_store import AuditQuery, SecurityStore
from central_server.identity.tokens import hash_of, new_token
from central_server.ports import EndedJob, JobPlace, JobQuery, JobSort, Store, Telemetry
from central_server.scheduler.effects import RemoveJob, SaveJob, SaveNode
from central_server.scheduler.jobs import JobError, JobRecord, JobResult, StopIntent
from central_server.storage.store import SqlStore
from central_server.telemetry_records import LogLine, MetricRow
from shared.errors import StoreUnavailable
from shared.lifecycle import AttemptState, JobState
from shared.node_messages import ResultFile
from shared.permissions import Role
from shared.serving import Serving
from tests.builders import a_job, a_node, a_spec, an_attempt

SHA_A, SHA_B = "a" * 64, "b" * 64


def a_row(job_id: str = "job", step: int = 1, **values: float) -> MetricRow:
    """Return one row of history."""
    return MetricRow(job_id, 1, step, 1, 1000 + step, values or {"loss": 0.5})


def a_line(text: str, *, job_id: str = "job", at_ms: int = 1) -> LogLine:
    """Return one line of a log."""
    return LogLine(job_id, 1, at_ms, "info", text)


def a_finished_job(job_id: str, sequence: int, *sha256s: str) -> JobRecord:
    """Return a job that succeeded and left files."""
    files = tuple(ResultFile(f"file{index}", sha256, 1) for index, sha256 in enumerate(sha256s))
    result = JobResult(files, {"loss": 0.1}, 2.5)
    return a_job(job_id, sequence=sequence, state=JobState.SUCCEEDED, result=result, ended_at_ms=5)


def a_deployment(number: int, sha256: str = SHA_A) -> DeploymentRecord:
    """Return a deployment of uploaded weights."""
    serving = Serving(deployment_id=f"id{number}", name=f"name{number}", input_shape=(4,), offset=(0.5,), width=(2.0,))
    weights = f"artifact://sha256:{sha256}"
    spec = a_spec(job_type="serving", serving=serving, dataset=weights, weights=weights)
    return DeploymentRecord(f"id{number}", f"name{number}", "ada", spec, 2, weights, number)


class StoreConformance:
    """The suite; each test gets a `store` that is empty and open."""

    async def test_an_empty_store_begins_at_sequence_one(self, store: Store) -> None:
        state = await store.load()
        assert (state.jobs, state.nodes, state.next_sequence) == ((), (), 1)

    async def test_a_job_comes_back_as_it_was_given(self, store: Store) -> None:
        full = a_job(
            "full",
            sequence=41,
            spec=a_spec(name="näme ☃", labels={"team": "vision"}, timeout_seconds=60),
            state=JobState.STOPPING,
            reason="because",
            stop_intent=StopIntent.PAUSE,
            attempts=(
                replace(an_attempt(1, state=AttemptState.LOST), ended_at_ms=3, reason="gone"),
                replace(an_attempt(2), started_at_ms=4, resumed_from_step=7),
            ),
            started_at_ms=2,
            first_step_at_ms=3,
            failures=1,
            losses=2,
            step=8,
            epoch=2,
            steps_total=99,
            wait_until_ms=12,
            checkpoint_node_id="a",
            last_metrics={"loss": 0.25},
            traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
        await store.commit([SaveJob(full)])
        assert await store.find_job("full") == full
        assert (await store.load()).jobs == (full,)

    async def test_small_facts_are_kept_by_name_and_found_by_how_it_begins(self, store: Store) -> None:
        await store.put_facts({"tracker:a:1": "x", "tracker:a:2": "", "tracker_a:3": "other", "TRACKER:A:4": "other"})
        assert await store.facts("tracker:a:") == {"tracker:a:1": "x", "tracker:a:2": ""}
        await store.put_facts({"tracker:a:1": None, "tracker:a:2": "new", "tracker:a:5": None})
        assert await store.facts("tracker:a:") == {"tracker:a:2": "new"}
        await store.put_facts({})

    async def test_digests_are_told_of_the_jobs_that_are_there(self, store: Store) -> None:
        job = a_job("here")
        await store.commit([SaveJob(job), SaveJob(a_finished_job("other", 2))])
        assert await store.content_digests(["here", "nowhere"]) == {"here": job.content_digest}
        assert await store.content_digests(["nowhere"]) == {}

    async def test_a_job_whose_first_commit_failed_has_its_spec_after_the_second(self, store: Store) -> None:
        job = a_job("kept")
        impossible = replace(a_job("broken", sequence=2), content_digest=None)  # type: ignore[arg-type]  # so it fails
        with pytest.raises(StoreUnavailable):
            await store.commit([SaveJob(job), SaveJob(impossible)])
        await store.commit([SaveJob(job)])
        assert await store.find_job("kept") == job

    async def test_results_and_errors_come_back(self, store: Store) -> None:
        done = a_finished_job("done", 1, SHA_A)
        failed = a_job("failed", sequence=2, state=JobState.FAILED, error=JobError("bad_data", "labels out of range"))
        await store.commit([SaveJob(done), SaveJob(failed)])
        assert await store.find_job("done") == done
        assert await store.find_job("failed") == failed

    async def test_only_unfinished_jobs_are_loaded_and_sequences_go_on(self, store: Store) -> None:
        await store.commit([SaveJob(a_job("later", sequence=3)), SaveJob(a_job("first", sequence=2))])
        await store.commit([SaveJob(a_finished_job("done", 7))])
        state = await store.load()
        assert [job.job_id for job in state.jobs] == ["first", "later"]
        assert state.next_sequence == 8

    async def test_jobs_are_loaded_in_the_order_they_came_whatever_their_states(self, store: Store) -> None:
        states = (JobState.RUNNING, JobState.QUEUED, JobState.PAUSED, JobState.QUEUED, JobState.RUNNING)
        jobs = [a_job(f"job {number}", sequence=number, state=state) for number, state in enumerate(states, 1)]
        await store.commit([SaveJob(job) for job in reversed(jobs)])
        assert (await store.load()).jobs == tuple(jobs)

    async def test_the_last_write_of_a_batch_stands(self, store: Store) -> None:
        job = a_job()
        await store.commit([SaveJob(job), SaveJob(replace(job, reason="second"))])
        found = await store.find_job("job")
        assert found is not None
        assert found.reason == "second"

    async def test_a_job_removed_and_saved_again_is_the_new_one(self, store: Store) -> None:
        await store.commit([SaveJob(a_job(sequence=1))])
        await store.add_telemetry([a_row()], [])
        fresh = a_job(sequence=2, spec=a_spec(name="fresh"))
        await store.commit([RemoveJob("job"), SaveJob(fresh)])
        assert await store.find_job("job") == fresh
        assert await store.metric_rows("job", after_step=-1, limit=10) == ()

    async def test_a_removed_job_takes_its_metrics_and_logs_along(self, store: Store) -> None:
        await store.commit([SaveJob(a_job())])
        await store.add_telemetry([a_row()], [a_line("text")])
        await store.commit([RemoveJob("job")])
        assert await store.find_job("job") is None
        assert await store.metric_rows("job", after_step=-1, limit=10) == ()
        assert await store.log_lines("job", after_sequence=0, limit=10) == ()

    async def test_artifacts_are_free_when_the_last_job_that_refers_to_them_goes(self, store: Store) -> None:
        await store.commit([SaveJob(a_finished_job("one", 1, SHA_A, SHA_B)), SaveJob(a_finished_job("two", 2, SHA_A))])
        assert await store.referenced_artifacts() == {SHA_A, SHA_B}
        assert await store.commit([RemoveJob("one")]) == {SHA_B}
        assert await store.commit([RemoveJob("two")]) == {SHA_A}

    async def test_an_artifact_that_is_a_dataset_is_referred_to(self, store: Store) -> None:
        await store.commit([SaveJob(a_job(spec=a_spec(dataset=f"artifact://sha256:{SHA_A}?format=csv")))])
        assert await store.referenced_artifacts() == {SHA_A}

    async def test_listings_are_newest_first_filtered_and_paged(self, store: Store) -> None:
        jobs = [a_job(f"job{number}", sequence=number) for number in range(1, 6)]
        await store.commit([SaveJob(job) for job in jobs])
        await store.commit([SaveJob(replace(jobs[2], state=JobState.CANCELLED))])
        queued = JobQuery(states=frozenset({JobState.QUEUED}), limit=3)
        first = await store.list_jobs(queued)
        assert [job.job_id for job in first.jobs] == ["job5", "job4", "job2"]
        assert (first.total, first.next_place) == (4, JobPlace(0, 2))
        rest = await store.list_jobs(replace(queued, after=JobPlace(0, 2)))
        assert [job.job_id for job in rest.jobs] == ["job1"]
        assert (rest.total, rest.next_place) == (4, None)
        assert (await store.list_jobs(JobQuery(user_id="nobody"))).total == 0

    async def test_a_search_knows_no_patterns_and_no_case_and_counts_as_far_as_asked(self, store: Store) -> None:
        names = {"one": "Ä 100%", "two": "ä 1000", "three": "other", "3-four": ""}
        await store.commit(
            [
                SaveJob(a_job(job_id, sequence=number, spec=a_spec(name=name, labels={"team": job_id.upper()})))
                for number, (job_id, name) in enumerate(names.items(), start=1)
            ]
        )

        async def found(**fields: Any) -> list[str]:
            return [job.job_id for job in (await store.list_jobs(JobQuery(**fields))).jobs]

        assert await found(search="Ä 100") == ["two", "one"]
        assert await found(search="100%") == ["one"]
        assert await found(search="t") == ["three", "two"]
        assert await found(search="3") == ["3-four"]
        assert await found(search="FOUR") == ["3-four"]
        assert await found(labels=(("team", "ONE"),)) == ["one"]
        assert await found(labels=(("team", "one"),)) == []
        assert await found(search="ä", states=frozenset({JobState.QUEUED}), user_id="local") == ["two", "one"]
        page = await store.list_jobs(JobQuery(search="ä", limit=1, count_at_most=1))
        assert (page.total, len(page.jobs)) == (1, 1)

    @pytest.mark.parametrize("is_ascending", [True, False])
    @pytest.mark.parametrize("sort", list(JobSort))
    async def test_every_order_is_walked_through_page_by_page(
        self, store: Store, sort: JobSort, is_ascending: bool
    ) -> None:
        jobs = [
            a_job(f"live{number}", sequence=number, spec=a_spec(name=name, priority=priority))
            for number, (name, priority) in enumerate([("b", "low"), ("B", "high"), ("a", "high")], start=1)
        ]
        jobs += [replace(a_finished_job(f"done{number}", number), ended_at_ms=30 - number // 2) for number in (4, 5, 6)]
        await store.commit([SaveJob(job) for job in jobs])
        whole = (await store.list_jobs(JobQuery(sort=sort, is_ascending=is_ascending))).jobs
        walked: list[JobRecord] = []
        after = None
        while True:
            page = await store.list_jobs(JobQuery(sort=sort, is_ascending=is_ascending, limit=2, after=after))
            walked += page.jobs
            if (after := page.next_place) is None:
                break
        assert walked == list(whole)
        assert len(whole) == 6
        if sort is JobSort.ENDED:
            assert [job.job_id for job in whole[3:]] == ["live3", "live2", "live1"]
            assert whole[0].job_id == ("done6" if is_ascending else "done5")

    async def test_a_removed_job_is_not_searched_any_more(self, store: Store) -> None:
        await store.commit([SaveJob(a_job(spec=a_spec(name="sought")))])
        await store.commit([RemoveJob("job")])
        assert (await store.list_jobs(JobQuery(search="sought"))).total == 0

    async def test_jobs_are_counted_by_state(self, store: Store) -> None:
        await store.commit([SaveJob(a_job()), SaveJob(a_finished_job("done", 2))])
        assert await store.count_by_state() == {JobState.QUEUED: 1, JobState.SUCCEEDED: 1}

    async def test_a_curve_has_every_series_at_its_own_steps(self, store: Store) -> None:
        await store.commit([SaveJob(a_job())])
        await store.add_telemetry([a_row(step=1, loss=math.nan), a_row(step=2, loss=1.0, val=3.0)], [])
        curve = await store.curve("job", CurveRequest())
        assert (curve.names, curve.rows, curve.first_step, curve.last_step) == (("loss", "val"), 2, 1, 2)
        assert (list(curve.series["loss"].values), list(curve.series["val"].steps)) == ([None, 1.0], [2])

    async def test_listings_leave_model_definitions_out(self, store: Store) -> None:
        await store.commit([SaveJob(a_job(spec=a_spec(name="listed")))])
        (listed,) = (await store.list_jobs(JobQuery())).jobs
        assert (listed.spec.name, listed.spec.model_definition) == ("listed", "{}")

    async def test_a_node_comes_back_without_its_session(self, store: Store) -> None:
        node = a_node("n", gpus=1)
        await store.commit([SaveNode(replace(node, last_seen_ms=9, is_draining=True, jobs_completed=3))])
        (found,) = (await store.load()).nodes
        assert found == replace(node, session_id="", last_seen_ms=9, is_draining=True, jobs_completed=3)

    async def test_rows_of_the_same_step_replace_each_other(self, store: Store) -> None:
        await store.commit([SaveJob(a_job())])
        await store.add_telemetry([a_row(step=1), a_row(step=2), a_row(step=2, loss=0.1)], [])
        await store.add_telemetry([a_row(step=1, loss=0.9)], [])
        rows = await store.metric_rows("job", after_step=-1, limit=10)
        assert [(row.step, row.values["loss"]) for row in rows] == [(1, 0.9), (2, 0.1)]
        assert [row.step for row in await store.metric_rows("job", after_step=1, limit=10)] == [2]
        assert (await store.last_metric_rows(["job", "other"]))["job"].step == 2

    async def test_numbers_that_are_not_finite_survive(self, store: Store) -> None:
        await store.commit([SaveJob(a_job())])
        await store.add_telemetry([a_row(loss=math.nan, other=math.inf)], [])
        (row,) = await store.metric_rows("job", after_step=-1, limit=10)
        assert math.isnan(row.values["loss"])
        assert row.values["other"] == math.inf

    async def test_telemetry_of_a_job_that_is_gone_is_dropped(self, store: Store) -> None:
        await store.add_telemetry([a_row(job_id="gone")], [a_line("text", job_id="gone")])
        assert await store.metric_rows("gone", after_step=-1, limit=10) == ()

    async def test_log_lines_have_growing_sequences_and_repeats_are_kept_once(self, store: Store) -> None:
        await store.commit([SaveJob(a_job())])
        await store.add_telemetry([], [a_line("one"), a_line("two", at_ms=2)])
        await store.add_telemetry([], [a_line("two", at_ms=2), a_line("three", at_ms=3)])
        lines = await store.log_lines("job", after_sequence=0, limit=10)
        assert [line.text for line in lines] == ["one", "two", "three"]
        assert lines[0].sequence < lines[1].sequence < lines[2].sequence
        rest = await store.log_lines("job", after_sequence=lines[1].sequence, limit=10)
        assert [line.text for line in rest] == ["three"]

    async def test_a_log_line_may_hold_any_character(self, store: Store) -> None:
        await store.commit([SaveJob(a_job())])
        await store.add_telemetry([], [a_line("before\0after ☃")])
        (line,) = await store.log_lines("job", after_sequence=0, limit=10)
        assert line.text.startswith("before")
        assert line.text.endswith("after ☃")

    async def test_writing_can_be_proved(self, store: Store) -> None:
        await store.prove_writable()
        await store.prove_writable()

    async def test_ended_jobs_come_by_their_end_with_the_artifacts_they_share(self, store: Store) -> None:
        late = replace(a_finished_job("late", 1, SHA_A), ended_at_ms=20)
        early = replace(a_finished_job("early", 2, SHA_A, SHA_B), ended_at_ms=10)
        twin = replace(a_finished_job("twin", 3), ended_at_ms=10)
        await store.commit([SaveJob(job) for job in (late, early, twin, a_job("live", sequence=4))])
        page = await store.ended_jobs(after=EndedJob(0, ""), limit=2)
        assert [(job.job_id, job.ended_at_ms, sorted(job.sha256s)) for job in page.jobs] == [
            ("early", 10, [SHA_A, SHA_B]),
            ("twin", 10, []),
        ]
        assert page.referents == {SHA_A: 2, SHA_B: 1}
        rest = await store.ended_jobs(after=page.jobs[-1], limit=2)
        assert [job.job_id for job in rest.jobs] == ["late"]

    async def test_telemetry_is_dropped_in_pieces_and_never_that_of_live_jobs(self, store: Store) -> None:
        await store.commit([SaveJob(a_finished_job("done", 1)), SaveJob(a_job("live", sequence=2))])
        for job_id in ("done", "live"):
            rows = [a_row(job_id, step) for step in range(3)]
            await store.add_telemetry(rows, [a_line("one", job_id=job_id), a_line("two", job_id=job_id)])
        assert await store.drop_telemetry(["done", "live"], [Telemetry.METRICS], limit=2) == 2
        assert await store.drop_telemetry(["done", "live"], [Telemetry.METRICS], limit=2) == 1
        assert await store.drop_telemetry(["done", "live"], [Telemetry.METRICS], limit=2) == 0
        assert len(await store.log_lines("done", after_sequence=0, limit=9)) == 2
        assert await store.drop_telemetry(["done", "live"], [Telemetry.LOGS], limit=9) == 2
        assert len(await store.metric_rows("live", after_step=-1, limit=9)) == 3
        assert len(await store.log_lines("live", after_sequence=0, limit=9)) == 2

    async def test_the_size_counts_jobs_and_what_they_take(self, store: Store) -> None:
        await store.commit([SaveJob(a_finished_job("done", 1)), SaveJob(a_job("live", sequence=2))])
        size = await store.size()
        assert (size.jobs, size.ended_jobs) == (2, 1)
        assert size.used_bytes > 0

    async def test_a_token_is_found_by_its_hash_and_revoked_once(self, store: SecurityStore) -> None:
        text, record = new_token(name="näme", user_id="ada", role=Role.OPERATOR, now_ms=5, expires_at_ms=9)
        await store.add_token(record)
        assert await store.find_token(hash_of(text)) == record
        assert await store.find_token(hash_of("another")) is None
        assert await store.revoke_token(record.token_id, 7) == replace(record, revoked_at_ms=7)
        assert await store.revoke_token(record.token_id, 8) == replace(record, revoked_at_ms=7)
        assert await store.revoke_token("nobody", 8) is None
        assert await store.tokens() == (replace(record, revoked_at_ms=7),)

    async def test_the_audit_log_is_read_backwards_page_by_page_and_by_user(self, store: SecurityStore) -> None:
        entries = [
            AuditEntry(at_ms, user_id, "submitter", "", "::1", "A/B", f"job \x00 {at_ms}", "ok", "détail")
            for at_ms, user_id in enumerate(("ada", "bob", "ada", "ada"))
        ]
        await store.add_audit(entries)
        newest = await store.list_audit(AuditQuery(limit=2))
        assert [entry.at_ms for entry in newest] == [3, 2]
        rest = await store.list_audit(AuditQuery(before=newest[-1].sequence))
        assert [entry.at_ms for entry in rest] == [1, 0]
        assert [entry.at_ms for entry in await store.list_audit(AuditQuery(user_id="ada"))] == [3, 2, 0]
        assert replace(rest[0], sequence=0, subject="") == replace(entries[1], subject="")

    async def test_only_the_oldest_entries_of_the_audit_log_go_and_only_so_many(self, store: SqlStore) -> None:
        entries = [AuditEntry(at_ms, "ada", "admin", "", "", "A/B", "", "ok") for at_ms in (1, 2, 3, 9, 4)]
        await store.add_audit(entries)
        assert await store.drop_audit(before_ms=5, limit=2) == 2
        assert await store.drop_audit(before_ms=5, limit=2) == 1
        assert await store.drop_audit(before_ms=5, limit=2) == 0
        assert [entry.at_ms for entry in await store.list_audit(AuditQuery())] == [4, 9]

    async def test_a_token_says_to_the_minute_when_it_changed_something(self, store: SecurityStore) -> None:
        _, record = new_token(name="", user_id="ada", role=Role.ADMIN, now_ms=5)
        await store.add_token(record)
        for at_ms in (100_000, 159_000, 161_000):
            await store.add_audit([AuditEntry(at_ms, "ada", "admin", record.token_id, "", "A/B", "", "ok")])
            (shown,) = await store.tokens()
            assert shown.last_used_at_ms == (161_000 if at_ms == 161_000 else 100_000)

    async def test_deployments_come_back_as_they_were_given_the_oldest_first(self, store: DeploymentStore) -> None:
        newer, older = a_deployment(2), a_deployment(1)
        await store.put_deployment(newer)
        await store.put_deployment(older)
        changed = replace(
            newer, wanted=Wanted.STOPPED, started_at_ms=3, stopped_at_ms=4, failure=JobError("bad_data", "näin ☃")
        )
        await store.put_deployment(changed)
        assert await store.deployments() == (older, changed)
        await store.remove_deployment("id1")
        assert await store.deployments() == (changed,)

    async def test_weights_of_a_deployment_are_kept_when_the_last_job_that_names_them_goes(self, store: Store) -> None:
        assert isinstance(store, SqlStore)
        await store.commit([SaveJob(a_finished_job("one", 1, SHA_A))])
        await store.put_deployment(a_deployment(1))
        await store.commit([RemoveJob("one")])
        assert await store.referenced_artifacts() == {SHA_A}
        await store.remove_deployment("id1")
        assert await store.referenced_artifacts() == set()
