"""Puts results into the library's index: each with the write that stores it, older ones after the start."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from dashboard.errors import StoreError
from dashboard.logs import get_logger
from dashboard.models import DecodedPart, NewText, Searchable, Task
from dashboard.models.limits import MOST_INDEXED
from dashboard.results import languages
from dashboard.results.files import combined_text, read_texts
from dashboard.results.masks import find_masks
from dashboard.results.word_counts import count_words
from dashboard.services.library.catching_up import CatchUp
from dashboard.services.library.text_pieces import Texts
from dashboard.services.results.result_reading import read_result
from dashboard.store import corrections, search
from dashboard.store import library_rows as rows
from dashboard.store.database import Database
from dashboard.store.search_folding import folded_text

log = get_logger(__name__)

READING = 2
"""How texts are read and folded now; grows whenever old results would be found better if they were indexed anew.

1: as they came. 2: words whole that are broken at line ends, structured formats by their words.
"""


class Indexing:
    """Keeps the full-text index of a deployment."""

    def __init__(self, *, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self.catching_up = CatchUp(database=database, prepare=self.prepare, texts=self.texts)
        """With results that were stored before there was an index or by an older reading, and whatever is not in it."""

    @property
    def texts(self) -> Texts:
        """How stored texts are indexed, many at once."""
        return Texts(made_ready=self.made_ready, put=self.put, reading=READING, clock=self._clock)

    def index(self, session: Session, task_refs: Iterable[int]) -> None:
        """Put tasks into the index as they stand in this transaction; tasks without text are left out.

        What cannot be indexed is logged and left out: a result is never lost for the sake of a search.
        """
        for task_ref in task_refs:
            self._guarded(session, task_ref, None)

    def put(self, session: Session, made_ready: Mapping[int, Searchable | None]) -> None:
        """Do the same with texts that were made ready before, in a few statements for all of them."""
        texts = [
            NewText(
                task_ref=task_ref,
                team_id=team_id,
                task_id=task_id,
                label=label,
                searchable=made_ready[task_ref],
                replaces=True,
            )
            for task_ref, team_id, task_id, label in rows.names(session=session, task_refs=list(made_ready))
        ]
        if texts:
            self.put_new(session, texts)

    def put_new(self, session: Session, texts: Sequence[NewText]) -> None:
        """Put texts that have just been stored into the index, from what is at hand and in a few statements.

        Those that people have edited, and those that were not made ready, are read back and done one by one; and all
        of them where the database refuses one.
        """
        replacing = [text.task_ref for text in texts if text.replaces]
        edited = corrections.edited(session=session, task_refs=replacing) if replacing else frozenset()
        simple = {
            text.task_ref: text
            for text in texts
            if text.searchable is not None and text.task_ref not in edited
        }
        try:
            with session.connection().begin_nested():
                self._put_simple(session, list(simple.values()))
        except rows.UNINDEXABLE:
            simple = {}
        for text in texts:
            if text.task_ref not in simple:
                self._guarded(session, text.task_ref, text.searchable)

    def _put_simple(self, session: Session, texts: Sequence[NewText]) -> None:
        """Texts that are ready, of tasks with nothing else to be found by than their label and their ID."""
        if not texts:
            return
        if replacing := [text.task_ref for text in texts if text.replaces]:
            search.remove_many(session=session, task_refs=replacing)
            rows.forget_many(session=session, task_refs=replacing)
        words, entries = {}, []
        for text in texts:
            if ready := text.searchable:
                more = folded_text(_more(text.label, text.task_id))
                words[text.task_ref] = f"{ready.folded} {more}".strip()
                entries.append(self._entry(text.task_ref, text.team_id, ready))
        search.put_new(session=session, words=words)
        rows.put_new(session=session, entries=entries)

    def prepare(self) -> None:
        """Read the language model, half a second of work, before the first result has to wait for it.

        Later it would be read inside the transaction that stores that result, while nobody else can write.
        """
        languages.load()

    def start(self) -> None:
        """Begin to catch up."""
        self.catching_up.start()

    def begin_to_stop(self) -> None:
        """End after the text that is under way."""
        self.catching_up.begin_to_stop()

    def stop(self, *, timeout_seconds: float = 5.0) -> None:
        """The same, and wait for it; not for a preparation, which nobody can hurry."""
        self.catching_up.stop(timeout_seconds=timeout_seconds)

    def catch_up(self) -> int:
        """Index every stored text that is not yet in the index; returns how many."""
        return self.catching_up.catch_up()

    def made_ready(self, task_ref: int) -> Searchable | None:
        """The text of a stored result made ready; what takes long is done before anything is locked."""
        with self._database.reading() as session:
            task = session.get(Task, task_ref)
            return self._made_ready(session, task) if task is not None else None

    def renew(self, task_ref: int) -> None:
        """Index one stored text anew.

        Raises:
            StoreUnavailable: when the database refuses.
        """
        with self._database.reading() as session:
            before = rows.standing(session=session, task_ref=task_ref)
        ready = self.made_ready(task_ref)
        with self._database.writing() as session:
            is_as_before = rows.standing(session=session, task_ref=task_ref) == before
            self._guarded(session, task_ref, ready if is_as_before else None)

    def renew_outdated(self, task_ref: int) -> None:
        """Do the same after a change that says so itself (:func:`dashboard.store.library_rows.outdate`).

        When the database refuses, it is done with all others that are outdated.
        """
        try:
            self.renew(task_ref)
        except StoreError as error:
            log.warning("library.renewed_later", id=task_ref, reason=str(error))

    def _guarded(self, session: Session, task_ref: int, ready: Searchable | None) -> bool:
        """Index one; False when the database does not take its text."""
        try:
            with session.begin_nested():
                self._index_one(session, task_ref, ready)
        except rows.UNINDEXABLE as error:
            log.error("library.not_indexed", id=task_ref, kind=type(error).__name__)  # noqa: TRY400 - a traceback could quote the text
            return False
        return True

    def _index_one(self, session: Session, task_ref: int, ready: Searchable | None) -> None:
        task = session.get(Task, task_ref, populate_existing=True)
        if task is None:
            return
        mine: dict[str, Any] = {"session": session, "team_id": task.team_id, "task_ref": task_ref}
        if ready is None or corrections.flips_of(**mine):
            ready = self._made_ready(session, task)
        if ready is None:
            return
        versions = corrections.history(**mine, most=1)
        corrected = (versions[0].text or "") if versions else ""
        more = _more(task.label, task.task_id, corrected[:MOST_INDEXED])
        search.put(session=session, task_ref=task_ref, text=more, before=ready.folded)
        rows.forget(session=session, task_ref=task_ref)
        rows.put_new(session=session, entries=[self._entry(task_ref, task.team_id, ready)])

    def _entry(self, task_ref: int, team_id: int, ready: Searchable) -> rows.Row:
        return {
            "task_ref": task_ref,
            "team_id": team_id,
            "language": ready.language,
            "words": ready.words,
            "masked_words": ready.masked_words,
            "reading": READING,
            "indexed_at": self._clock(),
        }

    def _made_ready(self, session: Session, task: Task) -> Searchable | None:
        result = read_result(session=session, task=task)
        texts = [(part.media_type, part.text) for part in result.parts]
        return searchable(texts, trial=task.trial, flipped=result.flipped)


def _more(label: str, task_id: str, corrected: str = "") -> str:
    """What a task can be found by besides its text; comes after it, as if it were its last words."""
    return f"{label}\n{task_id}\n{corrected}"


def searchable(
    parts: Sequence[tuple[str, str | None]], *, trial: bool, flipped: frozenset[int] = frozenset()
) -> Searchable | None:
    """Make the text of a result ready for the index: its first :data:`MOST_INDEXED` characters.

    Args:
        parts: media type and text of each part.
        trial: whether the task ran in evaluation mode.
        flipped: offsets of asterisks in the text that a person judged otherwise.

    Returns:
        None when there is no text.
    """
    if not any(text is not None for _, text in parts):
        return None
    # One character more tells whether the text is too long to be judged.
    text = combined_text(parts, most=MOST_INDEXED + 1)
    masks = find_masks(text, flipped=flipped) if trial else ()
    return Searchable(
        folded=folded_text(text[:MOST_INDEXED], [(mask.start, mask.end) for mask in masks]),
        language=languages.language_of(text),
        words=sum(map(count_words, read_texts(parts))),
        masked_words=len({mask.word_index for mask in masks}),
    )


def of_new_result(parts: Sequence[DecodedPart], trial: bool) -> Searchable | None:  # noqa: FBT001 - the poller's Protocol
    """The same for parts that are not stored yet."""
    return searchable([(part.media_type, part.text) for part in parts], trial=trial)
