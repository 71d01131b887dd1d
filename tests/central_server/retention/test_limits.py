"""Which ended jobs go: by age, by number, by size, the oldest first, and none that is still named."""

from central_server.ports import EndedJob, EndedPage
from central_server.retention.limits import DAY_MS, Excess, choose, cutoff_ms

A, B = "a" * 64, "b" * 64


def chosen_from(page: EndedPage, excess: Excess, *, named: frozenset[str] = frozenset()) -> list[str]:
    chosen, _ = choose(page, excess, named=named, sizes={A: 100, B: 10}, row_bytes=1)
    return [job.job_id for job in chosen]


def a_page(*jobs: EndedJob, **referents: int) -> EndedPage:
    return EndedPage(jobs, {A: referents.get("a", 1), B: referents.get("b", 1)})


def test_jobs_that_ended_before_the_cutoff_go() -> None:
    page = a_page(EndedJob(10, "old"), EndedJob(19, "older"), EndedJob(20, "young"))
    assert chosen_from(page, Excess(ended_before_ms=20)) == ["old", "older"]


def test_so_many_go_as_are_too_many() -> None:
    page = a_page(EndedJob(1, "one"), EndedJob(2, "two"), EndedJob(3, "three"))
    assert chosen_from(page, Excess(jobs=2)) == ["one", "two"]


def test_jobs_go_until_their_files_make_room_enough() -> None:
    page = a_page(EndedJob(1, "small", (B,)), EndedJob(2, "large", (A,)), EndedJob(3, "last"))
    assert chosen_from(page, Excess(size_bytes=11)) == ["small"]
    assert chosen_from(page, Excess(size_bytes=12)) == ["small", "large"]


def test_a_shared_file_makes_room_only_when_its_last_job_goes() -> None:
    page = a_page(EndedJob(1, "one", (A,)), EndedJob(2, "two", (A,)), EndedJob(3, "three"), a=2)
    assert chosen_from(page, Excess(size_bytes=50)) == ["one", "two"]
    kept_elsewhere = a_page(EndedJob(1, "one", (A,)), EndedJob(2, "two", (A,)), EndedJob(3, "three"), a=3)
    assert chosen_from(kept_elsewhere, Excess(size_bytes=50)) == ["one", "two", "three"]


def test_what_a_live_job_comes_after_is_passed_over() -> None:
    page = a_page(EndedJob(1, "named"), EndedJob(2, "free"), EndedJob(3, "young"))
    assert chosen_from(page, Excess(jobs=1), named=frozenset({"named"})) == ["free"]


def test_zero_days_are_for_ever() -> None:
    assert cutoff_ms(10 * DAY_MS, 0) == 0
    assert cutoff_ms(10 * DAY_MS, 2.5) == round(7.5 * DAY_MS)
