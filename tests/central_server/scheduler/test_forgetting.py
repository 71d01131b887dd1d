"""The core's word on forgetting: what lives, or is named by what lives, stays."""

from central_server.scheduler.cluster import Cluster
from central_server.scheduler.cluster_settings import ClusterSettings
from central_server.scheduler.effects import Answer, RemoveJob
from central_server.scheduler.events import ExpiryRequested
from tests.builders import a_job, a_moment, a_spec


def test_an_ended_job_is_removed_and_the_caller_answered() -> None:
    cluster = Cluster(ClusterSettings(), now=a_moment())
    effects = cluster.handle(ExpiryRequested("r", ("old", "older")), a_moment())
    assert effects == [RemoveJob("old"), RemoveJob("older"), Answer("r", None)]


def test_a_job_that_lives_again_under_the_same_id_stays() -> None:
    cluster = Cluster(ClusterSettings(), now=a_moment(), jobs=[a_job("again")])
    assert cluster.handle(ExpiryRequested("r", ("again",)), a_moment()) == [Answer("r", None)]
    assert cluster.job("again") is not None


def test_a_job_that_a_live_one_comes_after_stays() -> None:
    dependent = a_job("next", spec=a_spec(after=("first",)))
    cluster = Cluster(ClusterSettings(), now=a_moment(), jobs=[dependent])
    effects = cluster.handle(ExpiryRequested("r", ("first", "other")), a_moment())
    assert effects == [RemoveJob("other"), Answer("r", None)]
