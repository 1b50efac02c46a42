"""One task and what can be done with it."""

import random
from collections.abc import Callable, Sequence

import pytest
from sqlmodel import col, select

from dashboard.errors import InputRefused, NoAnswer, NotFound, ServiceFault, StillOpen
from dashboard.models import (
    SANDBOX_URL,
    Answer,
    Attempt,
    Credential,
    Operation,
    ParkReason,
    Part,
    RawPart,
    State,
    Task,
)
from dashboard.polling.report import Report
from dashboard.polling.transition import decide
from dashboard.results.decoding import decode_parts
from dashboard.services.results.result_reading import part_name
from dashboard.services.tasks.intake import NewTask
from dashboard.store import credentials as rows
from dashboard.store import teams
from dashboard.store.poll_ledger import DatabaseLedger
from dashboard.testing import completed, failed, no_index, pending
from tests.services.conftest import Desk

TOKEN = "planted.token-0123456789"
ID = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"


@pytest.fixture
def add(desk: Desk) -> Callable[..., int]:
    """Registers a task, a trial unless said otherwise, and gives back our ID."""

    def register(task_id: str = ID, *, trial: bool = True, **given: object) -> int:
        entry = NewTask(task_id=task_id, trial=trial, **given)  # type: ignore[arg-type]  # fields of the value
        return desk.intake.register([entry]).registered[task_id]

    return register


@pytest.fixture
def finish(desk: Desk) -> Callable[[int, Answer], None]:
    """Has the poller's own code store what the service says about a task."""

    def poll(task_ref: int, answer: Answer) -> None:
        ledger = DatabaseLedger(desk.database, index=no_index)
        desk.change(task_ref, next_poll_at=desk.clock.now.replace(year=2001))
        (claim,) = ledger.claim(limit=1, lease_seconds=60, fence="test", busy={})
        report = Report(
            started_at=desk.clock(),
            duration_ms=5,
            answer=answer,
            parts=decode_parts(answer.raw_parts, trial=claim.address.trial),
        )
        rng = random.Random(1)  # noqa: S311 - jitter
        assert ledger.record([decide(claim, report, now=desk.clock(), cost=0.2, rng=rng)]) == []

    return poll


Add = Callable[..., int]
Finish = Callable[[int, Answer], None]


def answered(*entries: tuple[str, str]) -> Answer:
    """A finished task with entries of these types and texts."""
    whole = completed(*(text for _, text in entries))
    parts = [RawPart(kind, part.data) for (kind, _), part in zip(entries, whole.raw_parts, strict=True)]
    return Answer(state=State.COMPLETED, raw_parts=tuple(parts), task_status="Completed")


class TestFinding:
    """What somebody wrote into a URL."""

    def test_by_our_id_and_by_the_services(self, desk: Desk, add: Add) -> None:
        """Blanks around it do not matter."""
        task_ref = add()

        assert desk.tasks.find(f" {task_ref} ") == task_ref
        assert desk.tasks.find(ID) == task_ref

    def test_an_id_of_digits(self, desk: Desk, add: Add) -> None:
        """Ours comes first; the service's is found where ours does not exist."""
        task_ref = add("98765432")

        assert desk.tasks.find("98765432") == task_ref

    def test_an_ambiguous_one(self, desk: Desk, add: Add) -> None:
        """Two services can have the same ID; nobody guesses."""
        add()
        add(api_url=SANDBOX_URL)

        with pytest.raises(NotFound, match="Several services"):
            desk.tasks.find(ID)

    @pytest.mark.parametrize(
        "reference", ["", "0", "-1", "4711", "9" * 30, "nothing", "\u0661", "a\x00b", "\ud800", "' OR 1=1 --"]
    )
    def test_nothing_by_that_name(self, desk: Desk, reference: str) -> None:
        """A sentence for people, whatever the URL held."""
        with pytest.raises(NotFound, match="no such task"):
            desk.tasks.find(reference)

    def test_another_teams_task_is_not_there(self, desk: Desk, other_desk: Desk, add: Add) -> None:
        """Neither to look at nor to act on."""
        task_ref = add()

        with pytest.raises(NotFound):
            other_desk.tasks.find(str(task_ref))
        with pytest.raises(NotFound):
            other_desk.tasks.detail(task_ref)
        with pytest.raises(NotFound):
            other_desk.tasks.relabel(task_ref, "mine")
        assert other_desk.tasks.check_now([task_ref]) == 0
        assert other_desk.tasks.cancel([task_ref]) == (0, [])
        assert other_desk.tasks.delete([task_ref]) == 0
        assert desk.task(task_ref).state == State.PENDING


class TestDetail:
    """Everything the task page shows."""

    def test_text_and_masks(self, desk: Desk, add: Add, finish: Finish) -> None:
        """Words masked by evaluation mode are counted in the shown text."""
        task_ref = add()
        finish(task_ref, completed("Meeting moved to ****** at the ******* office."))
        detail = desk.tasks.detail(task_ref)

        assert detail.state is State.COMPLETED
        assert detail.text == "Meeting moved to ****** at the ******* office."
        assert (detail.report.words, detail.report.masks) == (8, 2)
        assert [attempt.result for attempt in detail.attempts] == ["completed"]

    def test_asterisks_of_a_regular_task_are_its_own(self, desk: Desk, add: Add, finish: Finish) -> None:
        """Nothing is masked there."""
        desk.credentials.add(label="Archive", access_token=TOKEN)
        task_ref = add(trial=False)
        finish(task_ref, completed("to ****** at"))
        detail = desk.tasks.detail(task_ref)

        assert (detail.report.words, detail.report.masks, detail.report.share) == (3, 0, 0.0)
        assert detail.credential_label == "Archive"

    def test_markup_is_not_counted_as_words(self, desk: Desk, add: Add, finish: Finish) -> None:
        """With hOCR alone there is text to show and nothing to count."""
        task_ref = add()
        finish(
            task_ref,
            answered(("Hocr", "<html><body><span class='ocrx_word'>to ****** at</span></body></html>")),
        )
        detail = desk.tasks.detail(task_ref)

        assert detail.text == "to ****** at"
        assert (detail.report.words, detail.report.masks, detail.report.share) == (0, 0, 0.0)

    def test_plain_text_beside_markup_is_counted(self, desk: Desk, add: Add, finish: Finish) -> None:
        """It is what is shown."""
        task_ref = add()
        finish(
            task_ref, answered(("Hocr", "<html><body>to ****** at</body></html>"), ("Text", "to ****** at"))
        )
        detail = desk.tasks.detail(task_ref)

        assert detail.text == "to ****** at"
        assert (detail.report.words, detail.report.masks) == (3, 1)

    def test_a_binary_result_has_no_text(self, desk: Desk, add: Add, finish: Finish) -> None:
        """That is not the same as an empty one."""
        task_ref = add()
        picture = RawPart("ImagePNG", "iVBORw0KGgo=")
        finish(task_ref, Answer(state=State.COMPLETED, raw_parts=(picture,)))

        assert desk.tasks.detail(task_ref).text is None
        with pytest.raises(NotFound, match="completed and has no text"):
            desk.result_export.one(task_ref)

    def test_a_paused_token_parks_its_open_tasks(self, desk: Desk, add: Add) -> None:
        """Its reason counts before the task's own; a final task is not parked."""
        view, _ = desk.credentials.add(label="", access_token=TOKEN)
        task_ref = add(trial=False)
        desk.change(task_ref, parked=ParkReason.UNREACHABLE.value, parked_detail="timed out")
        assert desk.tasks.detail(task_ref).parked is ParkReason.UNREACHABLE
        with desk.database.writing() as session:
            rows.pause(
                session=session,
                team_id=desk.team_id,
                credential_id=view.id,
                reason=ParkReason.TOKEN_REJECTED,
                detail="Unauthorized.",
                until=desk.clock.now.replace(year=2100),
                now=desk.clock(),
            )
        detail = desk.tasks.detail(task_ref)
        assert (detail.parked, detail.parked_detail) == (ParkReason.TOKEN_REJECTED, "Unauthorized.")

        desk.change(task_ref, state=State.EXPIRED.value, next_poll_at=None)
        assert desk.tasks.detail(task_ref).parked is None


class TestDownloads:
    """Texts and parts as files."""

    def test_the_text(self, desk: Desk, add: Add, finish: Finish) -> None:
        """UTF-8, under a name that tells what it is."""
        task_ref = add(label="Invoice March.png")
        finish(task_ref, completed("first région", "second"))
        download = desk.result_export.one(task_ref)

        assert download.data == "first région\n\nsecond".encode()
        assert download.media_type == "text/plain; charset=utf-8"
        assert download.name == "Invoice March-0f3c5a7e.txt"

    def test_an_open_task_has_none_yet(self, desk: Desk, add: Add, finish: Finish) -> None:
        """The sentence says how it stands."""
        task_ref = add()
        with pytest.raises(StillOpen, match="still pending"):
            desk.result_export.one(task_ref)
        finish(task_ref, failed("bad image"))
        with pytest.raises(NotFound, match="failed and has no text"):
            desk.result_export.one(task_ref)

    def test_a_part_is_what_the_service_sent(self, desk: Desk, add: Add, finish: Finish) -> None:
        """Byte by byte, numbered from 1 in its name."""
        task_ref = add()
        finish(task_ref, answered(("Csv", "Item,Qty\r\nPen,3\r\n"), ("Text", "x")))
        part = desk.result_export.part(task_ref, 0)

        assert (part.data, part.media_type) == (b"Item,Qty\r\nPen,3\r\n", "text/csv")
        assert part.name == f"{ID}-part 1.csv"
        (stored, _) = desk.tasks.detail(task_ref).parts
        assert part_name(desk.task(task_ref), stored) == part.name

    @pytest.mark.parametrize("position", [-1, 1, 10**12])
    def test_a_part_that_is_not_there(self, desk: Desk, add: Add, finish: Finish, position: int) -> None:
        """A sentence, whatever the URL held."""
        task_ref = add()
        finish(task_ref, completed("x"))

        with pytest.raises(NotFound, match="no such part"):
            desk.result_export.part(task_ref, position)


class TestChecking:
    """Asking at once."""

    def test_open_tasks_are_due(self, desk: Desk, add: Add) -> None:
        """And the poller is woken."""
        task_ref = add()
        desk.change(task_ref, next_poll_at=desk.clock.now.replace(year=2100))
        woken = desk.wakes

        assert desk.tasks.check_now([task_ref, 4711]) == 1
        assert desk.task(task_ref).next_poll_at == desk.clock()
        assert desk.wakes == woken + 1

    def test_lost_ones_are_opened_again(self, desk: Desk, add: Add, finish: Finish) -> None:
        """A result that is stored is left alone."""
        lost, done = add("lost-0001"), add("done-0001")
        desk.change(lost, state=State.NOT_FOUND.value, next_poll_at=None)
        finish(done, completed("x"))

        assert desk.tasks.check_now([lost, done]) == 1
        assert desk.task(lost).state == State.PENDING
        assert desk.task(done).next_poll_at is None


class TestCancelling:
    """At the service first, then here."""

    def test_open_tasks_are_cancelled(self, desk: Desk, add: Add, finish: Finish) -> None:
        """Finished and deleted ones are passed over."""
        first, second, done = add("open-0001"), add("open-0002"), add("done-0001")
        finish(done, completed("x"))

        assert desk.tasks.cancel([first, 4711, done, second]) == (2, [])
        assert [desk.task(ref).state for ref in (first, second, done)] == [
            "cancelled",
            "cancelled",
            "completed",
        ]
        assert [desk.task(ref).next_poll_at for ref in (first, second)] == [None, None]
        assert [call.address.task_id for call in desk.api.calls] == ["open-0001", "open-0002"]

    def test_the_token_is_decrypted_for_the_call(self, desk: Desk, add: Add) -> None:
        """And never sent for a trial task."""
        desk.credentials.add(label="", access_token=TOKEN)
        desk.tasks.cancel([add("open-0001", trial=False), add("trial-001")])

        assert desk.api.tokens_for("open-0001") == [TOKEN]
        assert desk.api.tokens_for("trial-001") == [None]

    @pytest.mark.parametrize("error", [NoAnswer("refused"), ServiceFault("HTTP 503")], ids=["down", "fault"])
    def test_what_the_service_does_not_confirm_stays_open(
        self, desk: Desk, add: Add, error: Exception
    ) -> None:
        """With one sentence for each."""
        refs = [add("open-0001", label="Invoice"), add("open-0002")]
        desk.api.refuses_to_cancel = error
        count, problems = desk.tasks.cancel(refs)

        assert count == 0
        assert problems == [f"Invoice: {error}", f"open-0002: {error}"]
        assert {desk.task(ref).state for ref in refs} == {"pending"}

    def test_a_task_without_a_token_cannot_be(self, desk: Desk, add: Add) -> None:
        """The others are cancelled all the same."""
        count, problems = desk.tasks.cancel([add("needs-001", trial=False), add("trial-001")])

        assert count == 1
        assert len(problems) == 1

    def test_an_unreadable_token_is_a_problem_of_its_task(self, desk: Desk, add: Add) -> None:
        """Not of the others, which are cancelled at the service already."""
        view, _ = desk.credentials.add(label="", access_token=TOKEN)
        refs = [add("trial-001"), add("open-0001", trial=False), add("trial-002")]
        with desk.database.writing() as session:
            session.get_one(Credential, view.id).secret = "garbage"
        count, problems = desk.tasks.cancel(refs)

        assert count == 2
        assert len(problems) == 1
        assert [desk.task(ref).state for ref in refs] == ["cancelled", "pending", "cancelled"]


def test_deleting_takes_everything_with_it(desk: Desk, add: Add, finish: Finish) -> None:
    """Parts and attempts too; others stay."""
    gone, stays = add("gone-0001"), add("stays-001")
    finish(gone, completed("x"))
    finish(stays, completed("y"))

    assert desk.tasks.delete([gone, 4711]) == 1
    with desk.database.reading() as session:
        assert session.exec(select(col(Task.id))).all() == [stays]
        assert session.exec(select(col(Part.task_ref))).all() == [stays]
        assert session.exec(select(col(Attempt.task_ref))).all() == [stays]


def test_relabelling(desk: Desk, add: Add) -> None:
    """One plain line; a deleted task is said."""
    task_ref = add()
    desk.tasks.relabel(task_ref, "  New\nname ")

    assert desk.task(task_ref).label == "New name"
    with pytest.raises(NotFound):
        desk.tasks.relabel(4711, "x")


class TestLookingAgain:
    """A task that was registered under the wrong operation or token."""

    def test_it_starts_over(self, desk: Desk, add: Add) -> None:
        """With the new address, due at once."""
        view, _ = desk.credentials.add(label="", access_token=TOKEN)
        task_ref = add()
        desk.change(task_ref, state=State.NOT_FOUND.value, next_poll_at=None, seen_at=desk.clock(), doubts=3)
        woken = desk.wakes
        desk.tasks.look_again_as(
            task_ref, operation=Operation.RECOGNIZE_PDF, trial=False, credential_id=view.id
        )
        task = desk.task(task_ref)

        assert (task.operation, task.trial, task.credential_id) == ("RecognizePdf", False, view.id)
        assert (task.state, task.seen_at, task.doubts) == (State.PENDING, None, 0)
        assert task.next_poll_at == desk.clock()
        assert desk.wakes == woken + 1

    def test_as_a_trial_it_needs_no_token(self, desk: Desk, add: Add) -> None:
        """None is kept with it."""
        view, _ = desk.credentials.add(label="", access_token=TOKEN)
        task_ref = add(trial=False)
        desk.tasks.look_again_as(
            task_ref, operation=Operation.RECOGNIZE_IMAGE, trial=True, credential_id=view.id
        )

        assert (desk.task(task_ref).trial, desk.task(task_ref).credential_id) == (True, None)

    def test_not_when_a_result_is_stored(self, desk: Desk, add: Add, finish: Finish) -> None:
        """It would be lost."""
        task_ref = add()
        finish(task_ref, completed("x"))

        with pytest.raises(InputRefused, match="stored"):
            desk.tasks.look_again_as(
                task_ref, operation=Operation.RECOGNIZE_PDF, trial=False, credential_id=None
            )
        assert desk.task(task_ref).state == State.COMPLETED

    def test_not_as_a_trial_that_does_not_exist(self, desk: Desk, add: Add) -> None:
        """Only two operations have an evaluation mode."""
        with pytest.raises(InputRefused, match="no evaluation mode"):
            desk.tasks.look_again_as(add(), operation=Operation.RECOGNIZE_PDF, trial=True, credential_id=None)

    def test_not_with_a_token_of_another_service(self, desk: Desk, add: Add) -> None:
        """It would be sent to a host that must not see it."""
        elsewhere, _ = desk.credentials.add(label="", access_token=TOKEN, api_url="https://other.example")
        task_ref = add()

        with pytest.raises(InputRefused, match="another service"):
            desk.tasks.look_again_as(
                task_ref, operation=Operation.RECOGNIZE_IMAGE, trial=False, credential_id=elsewhere.id
            )
        assert desk.task(task_ref).credential_id is None

    def test_not_with_a_token_that_is_not_there(self, desk: Desk, other_desk: Desk, add: Add) -> None:
        """Another team's does not exist."""
        foreign, _ = other_desk.credentials.add(label="", access_token=TOKEN)

        with pytest.raises(NotFound):
            desk.tasks.look_again_as(
                add(), operation=Operation.RECOGNIZE_IMAGE, trial=False, credential_id=foreign.id
            )


def test_every_change_tells_the_screens(desk: Desk, add: Add) -> None:
    """Checking, relabelling, looking again, cancelling and deleting can be seen."""

    def revision() -> int:
        with desk.database.reading() as session:
            return teams.revision(session=session, team_id=desk.team_id)

    first, second = add("task-0001"), add("task-0002")
    acts: Sequence[Callable[[], object]] = (
        lambda: desk.tasks.check_now([first]),
        lambda: desk.tasks.relabel(first, "x"),
        lambda: desk.tasks.look_again_as(
            first, operation=Operation.RECOGNIZE_PDF, trial=False, credential_id=None
        ),
        lambda: desk.tasks.cancel([second]),
        lambda: desk.tasks.delete([first]),
    )
    for act in acts:
        before = revision()
        act()
        assert revision() > before


def test_a_poll_under_way_cannot_undo_a_cancellation(desk: Desk, add: Add) -> None:
    """Its answer is fenced off."""
    task_ref = add()
    desk.change(task_ref, next_poll_at=desk.clock.now.replace(year=2001))
    ledger = DatabaseLedger(desk.database, index=no_index)
    (claim,) = ledger.claim(limit=1, lease_seconds=60, fence="poller", busy={})
    desk.tasks.cancel([task_ref])
    report = Report(started_at=desk.clock(), duration_ms=5, answer=pending())
    rng = random.Random(1)  # noqa: S311 - jitter
    lost = ledger.record([decide(claim, report, now=desk.clock(), cost=0.2, rng=rng)])

    assert [claim.id for claim in lost] == [task_ref]
    assert desk.task(task_ref).state == State.CANCELLED
