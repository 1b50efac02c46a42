"""What the regular result of the same image shows where the trial result has masks."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.results.comparison import compare
from dashboard.results.comparison_values import Comparison, Reading, Told

SAMPLES = Path(__file__).parent / "samples"


def _reading(text: str, *, trial: bool, flipped: frozenset[int] = frozenset()) -> Reading:
    return Reading(text=text, trial=trial, flipped=flipped)


def _compared(trial: str, regular: str) -> Comparison:
    return compare(_reading(trial, trial=True), _reading(regular, trial=False))


def _sample(name: str) -> str:
    return (SAMPLES / name).read_bytes().decode()


def test_the_published_pair_is_filled_completely() -> None:
    """All twelve words are read from the regular result, and nothing else differs."""
    compared = _compared(_sample("latin.trial.txt"), _sample("latin.regular.txt"))

    assert [filling.hidden for filling in compared.fillings] == (
        ["sit", "eu", "mea", "oporteat", "duo", "te", "electram", "vis", "modo", "erant", "Eam", "et"]
    )
    assert compared.masks == 12
    assert (compared.masks, compared.filled, compared.own, compared.unknown) == (12, 12, 0, 0)
    assert (compared.differences, compared.other_differences, compared.alike) == ((), 0, 1.0)


LEFT, RIGHT = "in the beginning there was", "and then came an end of it"

FILLED = [
    pytest.param("a ***, b", "a vis, b", ["vis"], id="punctuation stays"),
    pytest.param("a **-*** b", "a co-ope b", ["co-ope"], id="hyphen inside"),
    pytest.param("a *** **** b", "a one four b", ["one", "four"], id="two in a row"),
    pytest.param("a ***,sit,** b", "a one,sit,it b", ["one", "it"], id="two in one word"),
    pytest.param("the *** the *** the", "the one the two the", ["one", "two"], id="words that repeat"),
    pytest.param("a ****** b", "a to day b", None, id="two words in sum shorter than the mask"),
    pytest.param("a ***** b", "a to day b", ["to day"], id="the regular result has it in two words"),
    pytest.param("a *****, b", "a to day, b", ["to day"], id="in two words, with a comma"),
    pytest.param("a *** b", "a x one b", None, id="another word beside it"),
    pytest.param("a *** b", "a b", None, id="nothing there"),
    pytest.param("a *** b", "a four b", None, id="longer than the mask"),
    pytest.param("a *** b", "a ... b", None, id="no letters"),
    pytest.param("a ***, b", "a vis. b", None, id="other punctuation"),
    pytest.param("a *** **** b", "a one two b", None, id="one of two in a row does not fit"),
    pytest.param("a *** foo b", "a new cat b", None, id="beside a word that is quite another"),
    pytest.param("a *** teh b", "a one the b", ["one"], id="beside a word that is read a little otherwise"),
    pytest.param("a *** *** foo b", "a one two cat b", None, id="two beside a word that is quite another"),
    pytest.param("a ** b", "a שם b", ["שם"], id="Hebrew"),
    pytest.param("今天，**。很好", "今天，天气。很好", ["天气"], id="Chinese"),  # noqa: RUF001 - Chinese comma
]


@pytest.mark.parametrize(("trial", "regular", "hidden"), FILLED)
def test_gaps_are_filled_where_the_alignment_is_certain(
    trial: str, regular: str, hidden: list[str] | None
) -> None:
    """As many letters as asterisks, the same punctuation, sure neighbours; else the word stays unknown."""
    compared = _compared(f"{LEFT} {trial} {RIGHT}", f"{LEFT} {regular} {RIGHT}")

    if hidden is None:
        assert {filling.told for filling in compared.fillings} == {Told.UNKNOWN}
        assert {filling.hidden for filling in compared.fillings} == {None}
        assert compared.unknown == compared.masks > 0
    else:
        assert [filling.hidden for filling in compared.fillings] == hidden
        assert compared.filled == compared.masks == len(hidden)


@pytest.mark.parametrize(
    ("trial", "regular", "expected"),
    [
        pytest.param("a foo b", "a bar b", [("foo", "bar")], id="a word"),
        pytest.param("a foo b c", "a b c", [("foo", "")], id="only in the trial"),
        pytest.param("a b c", "a foo b c", [("", "foo")], id="only in the regular"),
        pytest.param("a foo bar b", "a faa bor b", [("foo bar", "faa bor")], id="two in a row are one"),
        pytest.param(
            "a foo *** bar b", "a fuo one bor b", [("foo", "fuo"), ("bar", "bor")], id="around a mask"
        ),
        pytest.param("a *** b", "a b", [], id="an unknown gap is no other difference"),
        pytest.param("a  foo\nb", "a foo b", [], id="white space does not count"),
    ],
)
def test_what_differs_otherwise_is_listed(trial: str, regular: str, expected: list[tuple[str, str]]) -> None:
    """Differences have their words and places on both sides; those about masks alone are not counted again."""
    first, second = f"{LEFT} {trial} {RIGHT}", f"{LEFT} {regular} {RIGHT}"
    compared = _compared(first, second)

    others = [difference for difference in compared.differences if not difference.only_masks]
    assert [(difference.trial, difference.regular) for difference in others] == expected
    assert compared.other_differences == len(expected)
    for difference in compared.differences:
        assert first[difference.trial_start : difference.trial_end] == difference.trial
        assert difference.regular in second


def test_asterisks_that_the_regular_result_has_too_are_the_texts_own() -> None:
    """The regular result proves that nothing is hidden there: somebody may flip it."""
    text = f"{LEFT} Hotel Adler **** {RIGHT}"
    compared = _compared(text, text)

    assert [(filling.told, filling.hidden) for filling in compared.fillings] == [(Told.OWN, None)]
    assert (compared.masks, compared.own, compared.filled) == (1, 1, 0)


def test_flips_decide_what_is_a_gap() -> None:
    """A flipped mask is no gap; a flipped asterisk of its own is one, and is filled."""
    trial, regular = f"{LEFT} 张** saw *** {RIGHT}", f"{LEFT} 张小明 saw one {RIGHT}"
    flipped = frozenset({trial.index("**"), trial.index("***")})

    compared = compare(_reading(trial, trial=True, flipped=flipped), _reading(regular, trial=False))

    assert [(filling.start, filling.end, filling.hidden) for filling in compared.fillings] == [
        (trial.index("**"), trial.index("**") + 2, "小明")
    ]
    assert [(difference.trial, difference.regular) for difference in compared.differences] == [("***", "one")]


def test_texts_of_different_images_fill_nothing() -> None:
    """Where little is alike, a word of the right length is chance."""
    compared = _compared("so *** it one two three four five", "so cat it uno due tre quattro cinque")

    assert (compared.filled, compared.unknown) == (0, 1)
    assert compared.alike == pytest.approx(2 / 7)


TWO_TRIALS = "Both texts are from evaluation mode. Masked words are read from a regular result only"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("a *** b", "a one *", id="different masks"),
        pytest.param("a *** b", "a *** b", id="the same"),
        pytest.param("no masks", "none here", id="without masks"),
        pytest.param("", "", id="empty"),
    ],
)
def test_two_trial_texts_are_never_combined(first: str, second: str) -> None:
    """Masks are not to be defeated by laying several trial results over each other."""
    with pytest.raises(ValueError, match=TWO_TRIALS):
        compare(_reading(first, trial=True), _reading(second, trial=True))


@pytest.mark.parametrize("trial", [True, False])
def test_without_a_trial_text_there_is_nothing_to_fill(trial: bool) -> None:  # noqa: FBT001 - a table
    """The first text has to be the trial."""
    with pytest.raises(
        ValueError, match="The first text is not from evaluation mode, so no word of it is masked"
    ):
        compare(_reading("a b", trial=False), _reading("a b", trial=trial))


def test_a_trial_text_that_is_called_regular_is_refused() -> None:
    """A word that the trial shows and the other hides gives the other away."""
    with pytest.raises(ValueError, match="The second text hides words that the first one shows"):
        _compared(f"{LEFT} *** two {RIGHT}", f"{LEFT} one *** {RIGHT}")


WORD = st.sampled_from(["a", "to", "the", "cat", "dog", "word", "so,", "end.", "5", "*", "**bold**"])


@given(st.lists(WORD, max_size=25), st.data())
def test_fillings_and_differences_make_the_regular_text(words: list[str], data: st.DataObject) -> None:
    """Whatever was masked, lost, added or read otherwise: put in place, it gives the regular words again."""
    regular = " ".join(words)
    changed = [
        data.draw(
            st.sampled_from([[word], [word], [re.sub(r"[a-z]", "*", word)], [], [word, "new"], ["nwe"]])
        )
        for word in words
    ]
    trial = "\n".join(word for some in changed for word in some)
    try:
        compared = _compared(trial, regular)
    except ValueError as refusal:
        assert "hides words" in str(refusal)  # noqa: PT017 - only where "**bold**" or "*" met a word
        return

    pieces = [(gap.start, gap.end, gap.hidden) for gap in compared.fillings if gap.hidden]
    pieces += [(other.trial_start, other.trial_end, f" {other.regular} ") for other in compared.differences]
    done, joined = 0, ""
    for start, end, instead in sorted(pieces):
        assert done <= start
        joined += trial[done:start] + instead
        done = end
    assert (joined + trial[done:]).split() == regular.split()
    assert compared.masks == compared.filled + compared.own + compared.unknown


@given(
    st.lists(st.sampled_from(["a", "to", "the", "cat", "dog", "word", "end."]), min_size=1, max_size=30),
    st.data(),
)
def test_only_masked_and_nothing_else_is_filled_with_the_truth(words: list[str], data: st.DataObject) -> None:
    """Where the service did nothing but mask, every filling is the hidden word."""
    hidden = data.draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    masked = [re.sub(r"\w", "*", word) if hide else word for word, hide in zip(words, hidden, strict=True)]
    trial, regular = "\n".join(masked), "\n".join(words)

    for filling in _compared(trial, regular).fillings:
        if filling.told is Told.FILLED:
            assert filling.hidden == regular[filling.start : filling.end]


def test_a_hundred_thousand_words_are_compared() -> None:
    """A long text whose pages repeat, with a mask on every line and one word read otherwise."""
    trial = "\n".join(_sample("latin.trial.txt").replace("ipsum", f"ipsum{page}") for page in range(800))
    regular = "\n".join(_sample("latin.regular.txt").replace("ipsum", f"ipsum{page}") for page in range(800))

    compared = _compared(trial, "one more " + regular.replace("affert", "afert"))

    assert (compared.masks, compared.filled, compared.other_differences) == (9600, 9600, 801)
