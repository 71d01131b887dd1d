"""How many replicas are started and let go, over whole replacements and losses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_server.deployments.records import DeploymentRecord, Wanted
from central_server.deployments.replica_plan import answers, plan_replicas
from central_server.scheduler.jobs import JobError, JobRecord, StopIntent
from shared.lifecycle import AttemptState, JobState
from shared.serving import Serving
from tests.builders import a_job, a_spec, an_attempt


def a_deployment(replicas: int = 1, *, generation: int = 1, **fields: Any) -> DeploymentRecord:
    return DeploymentRecord("id", "digits", "local", _spec(generation), replicas, "job", 0, **fields)


def a_replica(number: int, *, generation: int = 1, is_ready: bool = True, **fields: Any) -> JobRecord:
    state = AttemptState.RUNNING if is_ready else AttemptState.STARTING
    return a_job(
        f"replica{number}", sequence=number, spec=_spec(generation), attempts=(an_attempt(state=state),), **fields
    )


def _spec(generation: int) -> Any:
    serving = Serving(deployment_id="id", name="digits", generation=generation)
    return a_spec(job_type="serving", serving=serving, weights=f"artifact://sha256:{'a' * 64}")


class Run:
    """Replicas as a plan leaves them: what it stops is gone, what it starts loads until it is told to answer."""

    def __init__(self, deployment: DeploymentRecord) -> None:
        self.deployment = deployment
        self.replicas: list[JobRecord] = []
        self.leaving: frozenset[str] = frozenset()
        self._number = 0

    def look(self, *, has_drained: bool = True) -> None:
        plan = plan_replicas(self.deployment, self.replicas, drained=self.leaving if has_drained else ())
        self.replicas = [one for one in self.replicas if one.job_id not in plan.stop]
        self.leaving = plan.leaving - set(plan.stop)
        for _ in range(plan.start):
            self._number += 1
            self.replicas.append(a_replica(self._number, generation=self.deployment.generation, is_ready=False))

    def let_one_answer(self) -> None:
        for place, one in enumerate(self.replicas):
            if not answers(one):
                self.replicas[place] = replace(one, state=JobState.RUNNING, attempts=(an_attempt(),))
                return

    def lose_one(self) -> None:
        """Its node is gone: the job waits for another place."""
        for place, one in enumerate(self.replicas):
            if answers(one):
                self.replicas[place] = replace(one, state=JobState.QUEUED)
                return

    def settle(self) -> None:
        for _ in range(5 * self.deployment.replicas + 5):
            self.look()
            self.let_one_answer()
        self.look()

    @property
    def reachable(self) -> int:
        return sum(answers(one) and one.job_id not in self.leaving for one in self.replicas)


@pytest.mark.parametrize("replicas", [1, 2, 5])
def test_while_a_model_is_replaced_as_many_as_are_wanted_answer_and_one_more_is_held_at_most(replicas: int) -> None:
    run = Run(a_deployment(replicas))
    run.settle()
    run.deployment = a_deployment(replicas, generation=2)
    for step in range(8 * replicas):
        run.look(has_drained=step % 2 == 1)
        assert run.reachable >= replicas
        assert len(run.replicas) - len(run.leaving) <= replicas + 1
        if step % 3 == 2:
            run.let_one_answer()
    run.settle()
    generations = [one.spec.serving.generation for one in run.replicas if one.spec.serving]
    assert generations == [2] * replicas


@given(
    changes=st.lists(
        st.one_of(
            st.integers(1, 4).map(lambda count: ("replicas", count)),
            st.sampled_from([("model", 0), ("loss", 0), ("answer", 0), ("look", 0)]),
        ),
        max_size=30,
    )
)
def test_whatever_happened_as_many_of_the_newest_model_answer_in_the_end(changes: list[tuple[str, int]]) -> None:
    run = Run(a_deployment())
    for change, count in changes:
        match change:
            case "replicas":
                run.deployment = a_deployment(count, generation=run.deployment.generation)
            case "model":
                run.deployment = a_deployment(run.deployment.replicas, generation=run.deployment.generation + 1)
            case "loss":
                run.lose_one()
            case "answer":
                run.let_one_answer()
            case _:
                run.look()
    run.settle()
    wanted = run.deployment
    assert [one.spec.serving and one.spec.serving.generation for one in run.replicas] == [
        wanted.generation
    ] * wanted.replicas
    assert run.reachable == wanted.replicas


def test_one_that_answers_leaves_first_and_ends_when_callers_have_had_time() -> None:
    old, new = a_replica(1), a_replica(2, generation=2)
    wanted = a_deployment(generation=2)
    assert plan_replicas(wanted, [old, new]).leaving == {"replica1"}
    assert plan_replicas(wanted, [old, new]).stop == ()
    assert plan_replicas(wanted, [old, new], drained={"replica1"}).stop == ("replica1",)


def test_a_model_that_cannot_be_served_is_not_started_again_and_the_one_before_stays() -> None:
    failed = a_deployment(generation=2, failure=JobError("bad_data", "no such weights"))
    plan = plan_replicas(failed, [a_replica(1)])
    assert (plan.start, plan.leaving, plan.stop) == (0, frozenset(), ())


def test_a_stopped_deployment_ends_all_and_asks_none_twice() -> None:
    ending = a_replica(2, stop_intent=StopIntent.CANCEL)
    plan = plan_replicas(a_deployment(wanted=Wanted.STOPPED), [a_replica(1), ending])
    assert (plan.start, plan.stop) == (0, ("replica1",))


def test_of_more_than_are_wanted_the_one_that_answers_stays() -> None:
    plan = plan_replicas(a_deployment(), [a_replica(1, is_ready=False), a_replica(2)])
    assert (plan.leaving, plan.stop) == (frozenset(), ("replica1",))
