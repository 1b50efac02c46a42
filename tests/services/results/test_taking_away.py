"""Results leave by one door: whichever way is taken, the log says who took what, and the file has one name."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import col, select

from dashboard.errors import NotFound, StillOpen
from dashboard.models import SYSTEM, Action, ActorKind, AuditEntry, Role, State
from dashboard.services.results.export_formats import BUNDLE_MENU, ONE_MENU, Bundle, OneFormat
from dashboard.services.results.result_reading import part_name
from dashboard.services.results.sharing import SharedResults, Sharing
from tests.services.conftest import Desk
from tests.services.stored import store


def taken(desk: Desk) -> list[str]:
    """Of what the log says that it was taken away, oldest first."""
    mine = select(AuditEntry).where(AuditEntry.action == Action.RESULT_DOWNLOADED.value)
    with desk.database.reading() as session:
        return [entry.subject for entry in session.exec(mine.order_by(col(AuditEntry.id)))]


WAYS: dict[str, Callable[[Desk, int], object]] = {
    "corrected": lambda desk, ref: desk.result_export.one(ref, corrected=True),
    "a part": lambda desk, ref: desk.result_export.part(ref, 0),
    "support bundle": lambda desk, ref: desk.result_export.support(ref),
}


@pytest.mark.parametrize("kind", OneFormat)
def test_one_text(desk: Desk, kind: OneFormat) -> None:
    """The task ID is in the log, once; the name ends as the format is called."""
    made = desk.result_export.one(store(desk, "text", task_id="taken-1"), kind)
    assert taken(desk) == ["taken-1"]
    assert (made.name, bool(made.data)) == (f"taken-1.{kind}", True)


@pytest.mark.parametrize("way", WAYS)
def test_one_result(desk: Desk, way: str) -> None:
    """Its task ID is in the log, once."""
    WAYS[way](desk, store(desk, "text", task_id="taken-1"))
    assert taken(desk) == ["taken-1"]


@pytest.mark.parametrize("kind", Bundle)
def test_many_results(desk: Desk, kind: Bundle) -> None:
    """The log has it before the first piece is made; the name ends as the format is called."""
    made = desk.result_export.many([store(desk, "a"), store(desk, "b")], kind=kind)
    assert taken(desk) == ["2 results"]
    assert made.name == f"results.{kind}"
    assert b"".join(made.data)


def test_looking_is_not_taking(desk: Desk) -> None:
    """Neither a page nor what it shows of a part writes a line, and what is refused was not taken."""
    task_ref, waiting = store(desk, "a"), store(desk, state=State.PENDING)
    desk.tasks.detail(task_ref)
    desk.result_export.part(task_ref, 0, taken=False)
    with pytest.raises(StillOpen):
        desk.result_export.one(waiting)
    with pytest.raises(NotFound):
        desk.result_export.part(task_ref, 7)
    assert taken(desk) == []


def test_files_are_called_on_the_page_as_they_are_when_they_come(desk: Desk) -> None:
    """A button says the name of what it hands out without reading it again."""
    task_ref = store(desk, "a", label="May.png", task_id="task-7", files=[("Csv", b"a;b\n")])
    detail = desk.tasks.detail(task_ref)
    assert desk.result_export.one(task_ref).name == detail.file_name(".txt") == "May-task-7.txt"
    assert desk.result_export.part(task_ref, 1).name == part_name(detail.task, detail.parts[1])


def test_text_behind_a_share_link(desk: Desk) -> None:
    """Is taken in the name of the link; looking at its page, and asking too early, take nothing."""
    sharing = Sharing(desk.scope())
    shared = SharedResults(database=desk.database, clock=desk.clock)
    secret = sharing.make([store(desk, "as it was read"), store(desk, "more")], label="For Ada")
    early = sharing.make([store(desk, state=State.PENDING)])
    shared.open(secret)
    with pytest.raises(StillOpen):
        shared.text(early)
    assert taken(desk) == []
    assert b"as it was read" in shared.text(secret)
    with desk.database.reading() as session:
        entry = session.exec(select(AuditEntry).order_by(col(AuditEntry.id).desc())).first()
    assert entry is not None
    assert (entry.action, entry.subject) == (Action.RESULT_DOWNLOADED.value, "2 results")
    assert (entry.actor, entry.actor_kind) == ("For Ada", ActorKind.SHARE.value)
    assert entry.team_id == desk.team_id
    assert secret not in str(entry.model_dump())


def test_menus_offer_every_format() -> None:
    """A new entry is in them by itself; the text of one result has a button of its own."""
    assert [it.query.get("format") for it in BUNDLE_MENU][: len(Bundle)] == list(Bundle)
    assert {it.query.get("format", "txt") for it in ONE_MENU} == set(OneFormat)


def test_links_of_a_task_are_for_those_who_may_end_them(desk: Desk) -> None:
    """Viewers do not see them."""
    task_ref = store(desk, "a")
    Sharing(desk.scope()).make([task_ref])
    assert [it.tasks for it in desk.tasks.detail(task_ref).shares] == [1]
    viewer = Desk(
        database=desk.database,
        team_id=desk.team_id,
        actor=replace(SYSTEM, role=Role.VIEWER),
        clock=desk.clock,
    )
    assert not viewer.tasks.detail(task_ref).shares


def test_the_read_me_names_every_format() -> None:
    """For those who ask for one in an address."""
    said = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    assert [it for it in (*OneFormat, *Bundle) if f"`{it}`" not in said] == []
