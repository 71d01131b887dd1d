"""How much one user may have at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from central_server.quotas_file import read_quotas
from central_server.scheduler.cluster_settings import ClusterSettings
from central_server.scheduler.effects import Refuse
from central_server.scheduler.quotas import Quota, Quotas
from shared.errors import InvalidField, OverQuota
from shared.lifecycle import JobState
from tests.cluster_driver import ClusterDriver, key_of


def a_driver(usual: Quota, **by_user: Quota) -> ClusterDriver:
    return ClusterDriver(ClusterSettings(quotas=Quotas(usual, by_user)))


def test_a_user_runs_no_more_than_the_quota_and_others_go_by() -> None:
    driver = a_driver(Quota(running_jobs=1))
    driver.connect(slots=4)
    driver.submit("ann-0", user_id="ann")
    driver.submit("ann-1", user_id="ann")
    driver.submit("ben-0", user_id="ben")
    states = [driver.job(job_id).state for job_id in ("ann-0", "ann-1", "ben-0")]
    assert states == [JobState.RUNNING, JobState.QUEUED, JobState.RUNNING]
    assert driver.cluster.waiting_reason("ann-1") == "ann runs 1 of the 1 jobs that the quota allows at once"


def test_the_next_job_starts_when_the_quota_has_room_again() -> None:
    driver = a_driver(Quota(devices=1))
    driver.connect(slots=4)
    driver.submit("ann-0", user_id="ann")
    driver.submit("ann-1", user_id="ann")
    assert "holds 1 of the 1 devices" in driver.cluster.waiting_reason("ann-1")
    driver.end(key_of("ann-0"))
    assert driver.job("ann-1").state is JobState.RUNNING


def test_a_job_too_many_is_refused_with_a_sentence_and_the_next_is_taken_later() -> None:
    driver = a_driver(Quota(queued_jobs=2))
    for number in range(2):
        driver.submit(f"ann-{number}", user_id="ann")
    (refusal,) = [effect for effect in driver.submit("ann-2", user_id="ann") if isinstance(effect, Refuse)]
    assert isinstance(refusal.error, OverQuota)
    assert str(refusal.error) == "ann has 2 jobs waiting and the quota allows 2; wait until some have started"
    assert "ann-2" not in driver.jobs
    driver.cancel("ann-0")
    driver.submit("ann-2", user_id="ann")
    assert driver.job("ann-2").state is JobState.QUEUED


def test_a_submission_said_again_is_answered_though_the_quota_is_full() -> None:
    driver = a_driver(Quota(queued_jobs=1))
    driver.submit("ann-0", user_id="ann")
    assert not any(isinstance(effect, Refuse) for effect in driver.submit("ann-0", user_id="ann"))


def test_a_users_own_quota_goes_before_the_usual_one() -> None:
    driver = a_driver(Quota(running_jobs=0), ann=Quota())
    driver.connect()
    driver.submit("ann-0", user_id="ann")
    assert driver.job("ann-0").state is JobState.RUNNING


def test_a_file_says_the_usual_quota_and_those_of_users(tmp_path: Path) -> None:
    path = tmp_path / "quotas.toml"
    path.write_text("[usual]\nrunning_jobs = 2\n[users.ann]\ndevices = 3\nqueued_jobs = 9\n")
    quotas = read_quotas(path)
    assert quotas.of("ben") == Quota(running_jobs=2)
    assert quotas.of("ann") == Quota(devices=3, queued_jobs=9)
    assert read_quotas(None) == Quotas()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[usual]\nrunning_jobs = -1\n", "usual.running_jobs"),
        ("[usual]\njobs = 1\n", "usual.jobs"),
        ("[users]\nann = 1\n", "users.ann"),
        ("usual = ", "not: "),
    ],
)
def test_a_file_that_says_something_else_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "quotas.toml"
    path.write_text(text)
    with pytest.raises(InvalidField, match=words):
        read_quotas(path)
    with pytest.raises(InvalidField, match="must be a readable TOML file"):
        read_quotas(tmp_path / "nowhere.toml")
