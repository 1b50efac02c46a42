"""What pasted lines become once somebody has chosen for all and corrected some."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.errors import InputRefused
from dashboard.models import Operation
from dashboard.models.task_ids import Shape, folded_id
from dashboard.services.tasks.intake import Preview
from dashboard.services.tasks.pasted_tasks import Line, read_lines
from dashboard.ui.paste_rows import (
    LISTED,
    Answers,
    Edit,
    as_reported,
    edits_of,
    key_of,
    listed,
    new_task,
    rest_of,
    row_of,
    rows_of,
)

ID = "0f3c5a7e-1b2d-4c3e-8f4a-5b6c7d8e9f01"
OTHER = "7d1e2f30-4a5b-4c6d-9e7f-8091a2b3c4d5"
HERE = "https://here.example"
TOKEN = "eyJhbGciOiJub25lIn0.a-planted-token-7f3a9c.c2lnbmF0dXJl"
EARLIER = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def answers(**given: Any) -> Answers:  # noqa: ANN401 - fields of the value
    """What is chosen for all lines."""
    values = {
        "operation": Operation.RECOGNIZE_IMAGE,
        "trial": False,
        "api_url": HERE,
        "credential_id": 7,
        "label": "",
        "submitted_at": None,
    }
    return Answers(**{**values, **given})


def sorted_lines(text: str) -> Preview:
    """A text as it is previewed where nothing is known."""
    seen: dict[str, Line] = {}
    malformed, repeats = [], []
    for line in read_lines(text):
        if line.shape is Shape.MALFORMED:
            malformed.append(line)
        elif first := seen.get(folded_id(line.task_id)):
            repeats.append((line, first.number))
        else:
            seen[folded_id(line.task_id)] = line
    return Preview(
        new=tuple(line for line in seen.values() if line.shape is Shape.USUAL),
        unusual=tuple(line for line in seen.values() if line.shape is Shape.UNUSUAL),
        known=(),
        malformed=tuple(malformed),
        repeats=tuple(repeats),
    )


def only(text: str) -> Line:
    """The one line of a text."""
    (line,) = read_lines(text)
    return line


def test_a_line_wins_over_what_is_chosen_for_all() -> None:
    """But for the submission time, which somebody says they know."""
    line = only(f"{ID} Invoice")
    row = row_of(line, answers(label="All", submitted_at=EARLIER), Edit())
    assert (row.label, row.operation, row.submitted_at) == ("Invoice", Operation.RECOGNIZE_IMAGE, EARLIER)
    assert row_of(only(ID), answers(label="All"), Edit()).label == "All"


def test_a_correction_wins_over_the_line() -> None:
    """Times are read where whoever types is; an emptied field says that nothing is known."""
    line = only(f"2026-05-01T10:00:00Z {ID} Invoice")
    chosen = answers(zone=ZoneInfo("America/New_York"), label="All")
    edit = Edit(label="", operation=Operation.RECOGNIZE_PDF, submitted="2026-05-01T08:00:00")
    row = row_of(line, chosen, edit)
    assert (row.label, row.operation, row.submitted_at) == ("", Operation.RECOGNIZE_PDF, EARLIER)
    assert row_of(line, chosen, Edit(submitted="")).submitted_at is None


def test_who_has_no_evaluation_mode_is_not_tried() -> None:
    """Whichever of the two was corrected last."""
    edit = Edit(operation=Operation.IDENTIFY_FONT, trial=True)
    assert not Operation.IDENTIFY_FONT.has_trial
    assert not row_of(only(ID), answers(), edit).trial
    assert row_of(only(ID), answers(trial=True), Edit()).trial
    assert not row_of(only(ID), answers(trial=True), Edit(trial=False)).trial


def test_what_is_asked_about_is_taken_when_somebody_says_so() -> None:
    """For all of them, or for one; and a usual one can be left out."""
    usual, odd = only(ID), only("odd_id_1")
    assert [row_of(one, answers(), Edit()).taken for one in (usual, odd)] == [True, False]
    assert row_of(odd, answers(unusual=True), Edit()).taken
    assert row_of(odd, answers(), Edit(take=True)).taken
    assert not row_of(odd, answers(unusual=True), Edit(take=False)).taken
    assert not row_of(usual, answers(), Edit(take=False)).taken


def test_a_correction_follows_its_task() -> None:
    """However it is written, and wherever its line goes."""
    edits = {key_of(only(ID)): Edit(label="Mine")}
    rows = rows_of(sorted_lines(f"{OTHER}\n\n({ID.upper()})"), answers(), edits)
    assert [row.label for row in rows] == ["", "Mine"]


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        "x",
        {1: {}},
        {"k": 1},
        {"k" * 2_000: {}},
        {"k": {"label": 1, "operation": ["x"], "trial": "yes", "take": 1, "submitted": 5}},
        {"k": {"operation": "Nonsense", "submitted": "yesterday"}},
        {"k": {"submitted": "2026-05-01T08:00:00+02:00"}},
    ],
)
def test_a_browser_may_send_anything(given: object) -> None:
    """What is no correction corrects nothing."""
    assert all(edit == Edit() for edit in edits_of(given).values())


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_the_ends_of_time(moment: str) -> None:
    """A moment that no zone can be applied to is none, or is refused later on like every other odd one."""
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        row_of(only(ID), answers(zone=ZoneInfo(zone)), edits_of({"k": {"submitted": moment}})["k"])


def test_corrections_go_back_without_secrets() -> None:
    """A browser that has forgotten them gets them again."""
    given = {"a": {"label": "Mine", "take": False}, "b": {"label": f"Bearer {TOKEN}", "trial": True}}
    assert as_reported(edits_of(given)) == {"a": {"label": "Mine", "take": False}, "b": {"trial": True}}


def test_a_typed_secret_is_refused() -> None:
    """For all or for one; the sentence does not repeat it."""
    for row in (
        row_of(only(ID), answers(), Edit(label=f"Bearer {TOKEN}")),
        row_of(only(ID), answers(label=f"client_secret={TOKEN}"), Edit()),
    ):
        with pytest.raises(InputRefused, match="secret") as refusal:
            new_task(row, answers())
        assert TOKEN not in str(refusal.value)


def test_a_token_is_for_its_own_service() -> None:
    """And for regular tasks."""
    chosen = answers()
    assert new_task(row_of(only(ID), chosen, Edit()), chosen).credential_id == 7
    assert new_task(row_of(only(ID), chosen, Edit(trial=True)), chosen).credential_id is None
    elsewhere = only(f"https://other.example/v5.0/ocr/RecognizePdf?id={ID}")
    entry = new_task(row_of(elsewhere, chosen, Edit()), chosen)
    assert (entry.credential_id, entry.api_url) == (None, "https://other.example")


def test_what_is_asked_about_is_always_listed() -> None:
    """However many others stand before it."""
    usual = "\n".join(f"00000000-0000-4000-8000-{number:012}" for number in range(500))
    rows = rows_of(sorted_lines(f"{usual}\nodd_id_1"), answers(), {})
    shown = listed(rows)
    assert len(shown) == LISTED
    assert shown[-1].line.task_id == "odd_id_1"
    assert [row.line.number for row in shown] == [*range(1, LISTED), 501]


class TestRest:
    """What stays in the box."""

    def rest(self, text: str) -> str:
        """All that is not taken by itself."""
        preview = sorted_lines(text)
        return rest_of(text, preview, [*preview.malformed, *preview.unusual])

    def test_as_it_was_pasted(self) -> None:
        """Blanks and length included."""
        long = f"ü{'ü ' * 400}"
        assert self.rest(f"  nothing here \n{ID}\n{long}\nodd_id_1") == f"  nothing here \n{long}\nodd_id_1"

    def test_lines_that_belong_together_stay_together(self) -> None:
        """A mail has broken the second one."""
        text = f"{OTHER}\nrequest-id: {ID[:20]}\n{ID[20:]}\nnothing here"
        assert self.rest(text) == f"request-id: {ID[:20]}\n{ID[20:]}\nnothing here"

    @pytest.mark.parametrize(
        "line",
        [
            f"Authorization: Bearer {TOKEN}",
            f"> authorization: bearer {TOKEN}",
            f"-H 'Authorization: Bearer {TOKEN}'",
            f"client_secret={TOKEN}",
            TOKEN,
            "odk_0123456789abcdefghijklmnop",
        ],
    )
    def test_a_secret_does_not_stay(self, line: str) -> None:
        """Where there is nothing else in its line, the line goes."""
        assert self.rest(f"{ID}\n{line}\nnothing here") == "nothing here"

    def test_what_stands_beside_a_secret_stays(self) -> None:
        """Somebody may have to correct it."""
        kept = self.rest(f"a page of mine {TOKEN}")
        assert kept == "a page of mine [hidden]"
