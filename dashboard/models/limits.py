"""How much of one answer is judged, shown and searched. Whatever comes is kept whole; only the work is bounded.

Nothing people get from a scanner comes near these figures; a hostile or broken service must not be able to take the
memory or the time of everybody else.
"""

MOST_PARTS_APART = 10_000
"""Entries of ``results`` that become files of their own; the others are kept together in one more file."""

MOST_PARTS_SHOWN = 1_000
"""Files of a result that pages and the API list."""

MOST_PARTS_AT_ONCE = 50
"""Files of a result on one page."""

MOST_JUDGED = 5_000_000
"""Characters of a trial text in which asterisks are told apart."""

MOST_ASTERISKS = 100_000
"""Stretches of asterisks that are told apart; evaluation mode masks one word in ten, so this is a million words."""

MOST_MARKED = 5_000
"""Masked words that are marked in one page of a text."""

MOST_INDEXED = 5_000_000
"""Characters of a text that can be found by the search."""

LONGEST_WRITTEN = 5_000_000
"""Characters of a text that is written as Markdown or JSON; as plain text it comes at any length."""

TOO_MANY_ASTERISKS = "too many asterisks to judge"
"""Remark of a part whose masked words are not counted."""

NOT_JUDGED = "There are too many asterisks to judge, so no word is marked as masked. The text is kept whole."

ONLY_FIRST_PARTS = f"Only the first {MOST_PARTS_SHOWN:,} parts are shown; all are kept."
