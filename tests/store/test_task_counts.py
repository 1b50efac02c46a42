"""How many tasks there are is kept by the database: always what counting them gives."""

import threading
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, text, update
from sqlmodel import Session, col, select

from dashboard.models import State, Task, TaskCount, Team
from dashboard.store import task_counts, team_rows, teams
from dashboard.store.database import Database

STATES = [State.PENDING, State.PROCESSING, State.COMPLETED, State.FAILED]
WORK = st.lists(
    st.tuples(
        st.sampled_from(["add", "change", "put away", "delete", "gather", "take back"]),
        st.sampled_from(STATES),
        st.integers(0, 7),
    ),
    max_size=12,
)


def counted(session: Session) -> dict[tuple[int, bool, str], int]:
    """What there is."""
    kinds = (Task.team_id, Task.archived, Task.state)
    found = session.exec(select(*kinds, func.count()).group_by(*map(col, kinds)))
    return {(team_id, archived, state): number for team_id, archived, state, number in found}


def kept(session: Session) -> dict[tuple[int, bool, str], int]:
    """What is kept of it."""
    of_teams = session.exec(select(TaskCount.team_id).distinct()).all()
    return {
        (team_id, archived, state.value): number
        for team_id in of_teams
        for archived in (False, True)
        for state, number in task_counts.by_state(session=session, team_id=team_id, archived=archived).items()
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(work=WORK)
def test_whatever_is_done(
    database: Database, team_id: int, make_task: Callable[..., Task], work: list[tuple[str, State, int]]
) -> None:
    """One row or many, in whatever order; what is taken back was never counted."""
    for what, state, number in work:
        with database.writing() as session:
            some = col(Task.id) % 8 <= number
            if what in {"add", "take back"}:
                session.add_all(make_task(team_id=team_id, state=state.value) for _ in range(number + 1))
                session.flush()
                if what == "take back":
                    session.rollback()
            elif what == "change":
                session.exec(update(Task).where(some).values(state=state.value))
            elif what == "put away":
                session.exec(
                    update(Task).where(some).values(archived=~col(Task.archived), polls=Task.polls + 1)
                )
            elif what == "delete":
                session.exec(delete(Task).where(some))
            else:
                task_counts.gather(session=session)
        with database.reading() as session:
            assert kept(session) == counted(session)
    with database.writing() as session:
        session.exec(delete(Task))


def test_a_team_goes_with_its_tasks(database: Database, team_id: int, make_task: Callable[..., Task]) -> None:
    """Nothing of it is left to count, and the other team's stay."""
    with database.writing() as session:
        other = teams.add(session=session, slug="other", name="Other", now=make_task().registered_at)
        session.add_all(
            [make_task(team_id=team_id), make_task(team_id=other.id), make_task(team_id=other.id)]
        )
        gone = other.id or 0
    with database.writing() as session:
        teams.remove(session=session, team_id=gone)
    with database.reading() as session:
        assert session.get(Team, gone) is None
        assert set(session.exec(select(TaskCount.team_id))) == {team_id}
        assert kept(session) == counted(session) == {(team_id, False, "pending"): 1}


def test_tasks_that_are_handed_over(database: Database, team_id: int, make_task: Callable[..., Task]) -> None:
    """A team that becomes part of another one brings its numbers."""
    with database.writing() as session:
        other = teams.add(session=session, slug="other", name="Other", now=make_task().registered_at)
        session.add_all(
            [make_task(team_id=team_id), make_task(team_id=other.id), make_task(team_id=other.id)]
        )
        session.flush()
        team_rows.hand_over(session=session, team_id=other.id or 0, to=team_id)
    with database.reading() as session:
        assert kept(session) == counted(session) == {(team_id, False, "pending"): 3}


class TestOnPostgresql:
    """Many connections at once."""

    @pytest.fixture(autouse=True)
    def _only_there(self, database: Database) -> None:
        if database.is_sqlite:
            pytest.skip("SQLite has one writer at a time")

    def test_nobody_waits_for_another_ones_counting(
        self, database: Database, team_id: int, make_task: Callable[..., Task]
    ) -> None:
        """Two transactions that change the same states in either order, and somebody who gathers meanwhile."""
        with database.writing() as session:
            first, second = make_task(team_id=team_id), make_task(team_id=team_id)
            session.add_all([first, second])
            session.flush()
            one, two = first.id, second.id

        def move(session: Session, task_ref: int | None, state: State) -> None:
            session.connection().execute(text("SET LOCAL lock_timeout = '2s'"))
            session.exec(update(Task).where(col(Task.id) == task_ref).values(state=state.value))

        with database.writing() as mine, database.writing() as theirs:
            move(mine, one, State.PROCESSING)
            move(theirs, two, State.COMPLETED)
            with database.writing() as third:
                third.connection().execute(text("SET LOCAL lock_timeout = '2s'"))
                task_counts.gather(session=third)
            move(mine, one, State.COMPLETED)
            move(theirs, two, State.PROCESSING)
        with database.reading() as session:
            assert kept(session) == counted(session)
        with database.writing() as session:
            task_counts.gather(session=session)
        with database.reading() as session:
            assert set(session.exec(select(TaskCount.writer))) == {0}
            assert kept(session) == counted(session)

    def test_a_heap_of_writers(
        self, database: Database, team_id: int, make_task: Callable[..., Task]
    ) -> None:
        """Four at once, two that gather among them: nothing is lost and nothing counted twice."""
        wrong: list[BaseException] = []

        def work(number: int) -> None:
            try:
                for turn in range(25):
                    with database.writing() as session:
                        if number > 1:
                            task_counts.gather(session=session)
                        else:
                            session.add_all(make_task(team_id=team_id) for _ in range(3))
                            session.exec(
                                update(Task).where(col(Task.id) % 2 == number).values(state=STATES[turn % 4])
                            )
            except BaseException as error:  # noqa: BLE001 - told by the test
                wrong.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        with database.reading() as session:
            assert kept(session) == counted(session)
            assert sum(kept(session).values()) == 150
