"""Full-text search behind one function: FTS5 on SQLite, tsvector with GIN on PostgreSQL.

Words are folded before (:mod:`dashboard.store.search_folding`), so both databases only compare them. Nothing
somebody typed becomes part of a statement: expressions are built of folded words, quoted, and bound.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import (
    TEXT,
    BindParameter,
    Integer,
    Select,
    TableClause,
    and_,
    bindparam,
    cast,
    column,
    except_,
    intersect,
    literal_column,
    or_,
    select,
    table,
    text,
    union,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import CompoundSelect
from sqlmodel import Session

from dashboard.store.search_folding import folded_text
from dashboard.store.search_query import Query, Term

Ids = Select[tuple[int]] | CompoundSelect[tuple[int]]
"""Selects the IDs of tasks."""

_CHUNK = 12_000
"""Words in one row on PostgreSQL, whose positions end at 16,383 and whose vectors end at 1 MB."""

_OVERLAP = 20
"""Words that two rows share, so that no phrase is torn."""

_WORD = re.compile(r"[^ ]+")

_MOST_PLACES = 255
"""Of one word in one row; PostgreSQL drops more."""

_ROWS = table(
    "search_text",
    column("rowid", Integer),
    column("task_ref", Integer),
    column("chunk", Integer),
    column("vector"),
)


def put(
    *, session: Session, task_ref: int, text: str, masks: Sequence[tuple[int, int]] = (), before: str = ""
) -> None:
    """Index the text of a task; what was there before is replaced.

    Args:
        session: a writing one.
        task_ref: our ID of a task that exists.
        text: anything.
        masks: start and end of each masked word.
        before: words that come first and are folded already
            (:func:`dashboard.store.search_folding.folded_text`).
    """
    remove(session=session, task_ref=task_ref)
    put_new(session=session, words={task_ref: f"{before} {folded_text(text, masks)}".strip()})


def put_new(*, session: Session, words: Mapping[int, str]) -> None:
    """Index tasks that are not in the index: by our ID the words of each, folded and parted by blanks."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.execute(_INSERT_SQLITE, [{"task": of, "words": folded} for of, folded in words.items()])
        return
    rows = [
        {"task": of, "chunk": number, "vector": vector}
        for of, folded in words.items()
        for number, vector in _vectors(folded)
    ]
    connection.execute(_INSERT_POSTGRESQL, rows)


def remove(*, session: Session, task_ref: int) -> None:
    """Take a task out of the index; a deleted task leaves by itself."""
    remove_many(session=session, task_refs=[task_ref])


def remove_many(*, session: Session, task_refs: Sequence[int]) -> None:
    """Do the same for several."""
    connection = session.connection()
    statement = _DELETE_SQLITE if connection.dialect.name == "sqlite" else _DELETE_POSTGRESQL
    connection.execute(statement, {"tasks": task_refs})


def matching(*, session: Session, query: Query, gaps: bool = False) -> Ids | None:
    """Select the tasks of all teams whose text matches; the caller narrows it to one team's.

    Args:
        session: tells the database.
        query: what to look for.
        gaps: instead those in which a masked word of the right length could be one of the words, and which
            do not match as they are.

    Returns:
        None when nothing can match: no word is wanted.
    """
    if not query.wanted:
        return None
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        of = _on_sqlite
    else:
        # Without long texts the database may stop as soon as it has a page; a union is always made whole.
        has_long = connection.scalar(_HAS_LONG)
        of = _on_postgresql if has_long else _on_postgresql_short
    if not gaps:
        return of((query,))
    variants = tuple(query.with_gaps())
    return _without(of(variants), of((query,))) if variants else None


@dataclass(frozen=True, slots=True)
class Stream:
    """Rows of the index that match, which come in the order of their tasks without any sorting.

    Attributes:
        rows: to select from.
        task_ref: names the task, to join by.
        order: the same, to sort by.
        matches: the condition.
    """

    rows: TableClause
    task_ref: ColumnElement[int]
    order: ColumnElement[int]
    matches: ColumnElement[bool]


def stream(*, session: Session, query: Query) -> Stream | None:
    """The same as :func:`matching` for a page of the newest or oldest, which then reads no more than it shows.

    SQLite only: a word that is in most texts would otherwise be read to its last text. PostgreSQL plans that
    by itself.
    """
    if not query.wanted or session.connection().dialect.name != "sqlite":
        return None
    # The plus sign keeps SQLite from walking through all tasks and asking the index about each.
    task_ref: ColumnElement[int] = literal_column("+search_text.rowid", Integer)
    return Stream(_ROWS, task_ref, _ROWS.c.rowid, _fts5_matches((query,)))


def _without(these: Ids, those: Ids) -> Ids:
    return except_(these, those)


_INSERT_SQLITE = text("INSERT INTO search_text (rowid, words) VALUES (:task, :words)")
_SEVERAL: BindParameter[Sequence[int]] = bindparam("tasks", expanding=True)
_DELETE_SQLITE = text("DELETE FROM search_text WHERE rowid IN :tasks").bindparams(_SEVERAL)
_INSERT_POSTGRESQL = text(
    "INSERT INTO search_text (task_ref, chunk, vector) VALUES (:task, :chunk, CAST(:vector AS tsvector))"
)
_DELETE_POSTGRESQL = text("DELETE FROM search_text WHERE task_ref IN :tasks").bindparams(_SEVERAL)
_HAS_LONG = text("SELECT EXISTS (SELECT 1 FROM search_text WHERE chunk > 0)")


# SQLite


def _on_sqlite(queries: Sequence[Query]) -> Ids:
    return select(_ROWS.c.rowid).where(_fts5_matches(queries))


def _fts5_matches(queries: Sequence[Query]) -> ColumnElement[bool]:
    expression = " OR ".join(f"({_fts5(query)})" for query in queries)
    # The hidden column of an FTS5 table bears the table's name.
    match: ColumnElement[bool] = literal_column("search_text").op("MATCH")(bindparam(None, expression, TEXT))
    return match


def _fts5(query: Query) -> str:
    wanted = " AND ".join(map(_fts5_term, query.wanted))
    if not query.unwanted:
        return wanted
    return f"({wanted}) NOT ({' OR '.join(map(_fts5_term, query.unwanted))})"


def _fts5_term(term: Term) -> str:
    # Folded words hold no quotation marks; doubling them costs nothing.
    phrase = " ".join(term.words).replace('"', '""')
    return f'"{phrase}"{"*" if term.prefix else ""}'


# PostgreSQL: texts of one row (chunk 0, nearly all) are matched by one expression. Of a longer one every term
# may be in another row (chunks from 1), so the terms are looked for one by one.


def _on_postgresql_short(queries: Sequence[Query]) -> Ids:
    matches = or_(*(_matches(_tsquery(query)) for query in queries))
    return select(_ROWS.c.task_ref).where(_ROWS.c.chunk == literal_column("0"), matches)


def _on_postgresql(queries: Sequence[Query]) -> Ids:
    pieces: list[Ids] = [_on_postgresql_short(queries)]
    pieces += [_in_several_rows(query) for query in queries]
    return union(*pieces)


def _in_several_rows(query: Query) -> Ids:
    def having(term: Term) -> Select[tuple[int]]:
        return select(_ROWS.c.task_ref).where(
            and_(_ROWS.c.chunk > literal_column("0"), _matches(_tsquery_term(term)))
        )

    wanted = [having(term) for term in query.wanted]
    found: Ids = intersect(*wanted) if len(wanted) > 1 else wanted[0]
    for term in query.unwanted:
        found = _without(found, having(term))
    return found


def _matches(expression: str) -> ColumnElement[bool]:
    bound = cast(bindparam(None, expression, TEXT), TSQUERY)
    found: ColumnElement[bool] = _ROWS.c.vector.op("@@")(bound)
    return found


def _tsquery(query: Query) -> str:
    terms = [_tsquery_term(term) for term in query.wanted]
    return " & ".join([*terms, *(f"!{_tsquery_term(term)}" for term in query.unwanted)])


def _tsquery_term(term: Term) -> str:
    words = [_quoted(word) for word in term.words]
    if term.prefix:
        words[-1] += ":*"
    return f"({' <-> '.join(words)})"


def _quoted(word: str) -> str:
    if "\\" in word or "'" in word:
        word = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{word}'"


def _vectors(folded: str) -> Iterator[tuple[int, str]]:
    """Numbered literals of a text's rows: 0 for the only one, else from 1."""
    rest = (found[0] for found in _WORD.finditer(folded))
    words = list(islice(rest, _CHUNK + 1))
    if len(words) <= _CHUNK:
        yield 0, _vector(words)
        return
    number = 1
    while words:
        yield number, _vector(words[:_CHUNK])
        number += 1
        words = words[_CHUNK - _OVERLAP :]
        words += islice(rest, _CHUNK - len(words) + 1)
        if len(words) <= _OVERLAP:
            return


def _vector(words: Sequence[str]) -> str:
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words, 1):
        places.setdefault(word, []).append(str(place))
    return " ".join(
        f"{_quoted(word)}:{','.join(islice(found, _MOST_PLACES))}" for word, found in places.items()
    )
