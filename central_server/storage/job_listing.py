"""One page of jobs: filters, search, order, and the place where the next page begins. It only reads.

A page is found by the place of its first job (keyset), so a late page costs what the first one costs. What is searched
and sorted by lies in the narrow `job_search`; the wide rows of `jobs` are read for the jobs of the page alone.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, func, literal, or_, select, tuple_

from central_server.ports import JobPage, JobPlace, JobQuery, JobSort
from central_server.storage import tables
from central_server.storage.queries import is_no_replica
from central_server.storage.rows import job_from_row, searched_label

REPLICAS = "serving"
"""The job type that is hidden."""

_jobs, _specs, _search = tables.jobs.c, tables.job_specs.c, tables.job_search.c
_KEYS: dict[JobSort, ColumnElement[Any]] = {
    JobSort.ENDED: _jobs.ended_at_ms,
    JobSort.NAME: _search.name_key,
    JobSort.PRIORITY: _search.priority,
}


def job_page(connection: Connection, query: JobQuery) -> JobPage:
    """Return one page, without model definitions."""
    places = _places(connection, query)
    given = places[: query.limit]
    rows = connection.execute(
        select(tables.jobs, _specs.spec)
        .join(tables.job_specs, _specs.job_id == _jobs.job_id)
        .where(_jobs.sequence.in_([place.sequence for place in given]))
    ).mappings()
    records = {record.sequence: record for record in map(job_from_row, rows)}
    return JobPage(
        jobs=tuple(records[place.sequence] for place in given if place.sequence in records),
        # A search that finds no more than a page has counted what it found.
        total=len(places) if query.after is None and len(places) <= query.limit else _count(connection, query),
        next_place=given[-1] if len(places) > query.limit else None,
    )


def _places(connection: Connection, query: JobQuery) -> list[JobPlace]:
    """Return the places of the page's jobs, and one more where more follow."""
    if query.sort is JobSort.ENDED:
        return _places_by_end(connection, query)
    return _found(connection, query, query.limit + 1)


def _places_by_end(connection: Connection, query: JobQuery) -> list[JobPlace]:
    """Those that have ended first, by their end; then the others, the newest first."""
    wanted = query.limit + 1
    is_among_live = query.after is not None and query.after.key == 0
    ended = [] if is_among_live else _found(connection, query, wanted, _jobs.ended_at_ms > 0)
    if len(ended) == wanted:
        return ended
    begin = query.after if is_among_live else None
    live = _live_after(connection, query, begin, wanted - len(ended))
    return [*ended, *live]


def _found(connection: Connection, query: JobQuery, limit: int, *more: ColumnElement[bool]) -> list[JobPlace]:
    statement = _statement(connection, query, _key_of(query), *more)
    return _run(connection, _in_order(statement, query, limit))


def _live_after(connection: Connection, query: JobQuery, after: JobPlace | None, limit: int) -> list[JobPlace]:
    statement = _statement(connection, query, literal(0), _jobs.ended_at_ms == 0)
    if after is not None:
        statement = statement.where(_jobs.sequence < after.sequence)
    return _run(connection, statement.order_by(_jobs.sequence.desc()).limit(limit))


def _run(connection: Connection, statement: Select[Any]) -> list[JobPlace]:
    return [JobPlace(key, sequence) for key, sequence in connection.execute(statement)]


def _statement(
    connection: Connection, query: JobQuery, key: ColumnElement[Any], *more: ColumnElement[bool]
) -> Select[Any]:
    sequence = _sequence_of(query)
    return select(key, sequence).select_from(_from(query)).where(*_conditions(connection, query, sequence), *more)


def _in_order(statement: Select[Any], query: JobQuery, limit: int) -> Select[Any]:
    key, sequence = _key_of(query), _sequence_of(query)
    columns = [sequence] if query.sort is JobSort.SUBMITTED else [key, sequence]
    if query.after is not None:
        values = (query.after.key, query.after.sequence)
        here, there = tuple_(*columns), tuple_(*map(literal, values[-len(columns) :]))
        statement = statement.where(here > there if query.is_ascending else here < there)
    return statement.order_by(*(one.asc() if query.is_ascending else one.desc() for one in columns)).limit(limit)


def _key_of(query: JobQuery) -> ColumnElement[Any]:
    return _KEYS.get(query.sort, literal(0))


def _sequence_of(query: JobQuery) -> ColumnElement[int]:
    """The column by whose index the listing is to be walked through."""
    return _search.sequence if _walks_search(query) else _jobs.sequence


def _walks_search(query: JobQuery) -> bool:
    return query.sort in {JobSort.NAME, JobSort.PRIORITY} or (
        query.sort is JobSort.SUBMITTED and bool(query.search or query.labels)
    )


def _from(query: JobQuery) -> FromClause:
    """Join only what is asked about: a search that names no state never reads the wide rows."""
    if _walks_search(query) and not (query.user_id or query.states):
        return tables.job_search
    if _walks_search(query) or query.search or query.labels:
        return tables.job_search.join(tables.jobs, _jobs.job_id == _search.job_id)
    return tables.jobs


def _count(connection: Connection, query: JobQuery) -> int:
    source = tables.job_search if query.search or query.labels else tables.jobs
    conditions = _conditions(connection, query, source.c.sequence)
    if source is tables.job_search and (query.user_id or query.states):
        matching = select(literal(1)).select_from(tables.job_search.join(tables.jobs, _jobs.job_id == _search.job_id))
    else:
        matching = select(literal(1)).select_from(source)
    matching = matching.where(*conditions)
    if query.count_at_most:
        matching = matching.limit(query.count_at_most)
    return connection.scalar(select(func.count()).select_from(matching.subquery())) or 0


def _conditions(connection: Connection, query: JobQuery, sequence: ColumnElement[int]) -> list[ColumnElement[bool]]:
    wanted = [_is_of_listed_kind(query, sequence)]
    if query.user_id:
        wanted.append(_jobs.user_id == query.user_id)
    if query.states:
        wanted.append(_state_of(query).in_(sorted(state.value for state in query.states)))
    if query.job_type and query.job_type != REPLICAS:
        # As `row_from_spec` writes it; within a text of the user's the quotes would be escaped.
        of_type = _specs.spec.contains(f'","job_type":"{query.job_type}","dataset":"', autoescape=True)
        wanted.append(_jobs.job_id.in_(select(_specs.job_id).where(of_type)))
    wanted += [_holds(connection, _search.labels, searched_label(*label)) for label in query.labels]
    if query.search:
        begins = func.substr(_search.job_id, 1, len(query.search)) == query.search
        wanted.append(or_(_holds(connection, _search.searched, query.search.casefold()), begins))
    return wanted


def _is_of_listed_kind(query: JobQuery, sequence: ColumnElement[int]) -> ColumnElement[bool]:
    """Replicas of deployments are listed for whoever asks for them, and then alone."""
    return ~is_no_replica(sequence) if query.job_type == REPLICAS else is_no_replica(sequence)


def _state_of(query: JobQuery) -> ColumnElement[str]:
    """The state; beside a search not as the index has it, which would be walked with a look-up for each of its jobs."""
    return _jobs.state.concat("") if query.search or query.labels else _jobs.state


def _holds(connection: Connection, column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether the text stands in the column, letter by letter: LIKE means other things in other databases."""
    position = func.strpos if connection.dialect.name == "postgresql" else func.instr
    return and_(position(column, text) > 0)
