"""Which asterisks are masked words, and which are asterisks."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.results.asterisk_words import LONGEST_WORD
from dashboard.results.masks import find_masks, mask_report
from dashboard.results.word_counts import count_words

SAMPLES = Path(__file__).parent / "samples"
MASKED_POSITIONS = [3, 5, 11, 22, 33, 56, 57, 74, 87, 88, 100, 122]

TEXTS_AND_MASKS = [
    pytest.param("", [], id="empty"),
    pytest.param("no masks at all", [], id="nothing"),
    pytest.param("moved to ****** at the ******* office.", ["******", "*******"], id="documented sample"),
    pytest.param("*** eu mundi", ["***"], id="first word"),
    pytest.param("sit amet ***", ["***"], id="last word"),
    pytest.param("appetere **.", ["**"], id="full stop stays"),
    pytest.param("ullamcorper ***, an", ["***"], id="comma stays"),
    pytest.param("is it ****?", ["****"], id="question mark stays"),
    pytest.param("so ***... on", ["***"], id="dots stay"),
    pytest.param("the (****) way", ["****"], id="parentheses stay"),
    pytest.param('he said "****" twice', ["****"], id="quotes stay"),
    pytest.param("er sagte „****“ und", ["****"], id="German quotes stay"),
    pytest.param("¿****? ¡***!", ["****", "***"], id="Spanish marks stay"),
    pytest.param("one —**** two", ["****"], id="dash stays"),
    pytest.param("say ***'* not", ["***'*"], id="apostrophe inside"),
    pytest.param("say ***’* not", ["***’*"], id="curly apostrophe inside"),  # noqa: RUF001 - the point
    pytest.param("a ****-***** word", ["****-*****"], id="hyphen inside"),
    pytest.param("take ***/** of it", ["***/**"], id="slash inside"),
    pytest.param("the *.*. order", ["*.*"], id="abbreviation"),
    pytest.param("and **'* here", ["**'*"], id="we'd"),
    pytest.param("and *'* here", ["*'*"], id="I'd"),
    pytest.param("Sit,*** amet", ["***"], id="missing space after comma"),
    pytest.param("***,Sit", ["***"], id="missing space before word"),
    pytest.param("***,Sit,***", ["***", "***"], id="two in one word"),
    pytest.param("that is * good idea", ["*"], id="single letter"),
    pytest.param("that is *, good", ["*"], id="single letter with comma"),
    pytest.param("what a plan *", ["*"], id="single letter at the end"),
    pytest.param("Was it *?", ["*"], id="single letter with question mark"),
    pytest.param('he said "* good idea"', ["*"], id="single letter opens a quotation"),
    pytest.param("(* good idea)", ["*"], id="single letter opens a parenthesis"),
    pytest.param("(such as *) here", ["*"], id="single letter closes a parenthesis"),
    pytest.param("** bold ** words", ["**", "**"], id="two-letter words"),
    pytest.param("*** ***** amet", ["***", "*****"], id="two in a row"),
    pytest.param("x\r\n\r\nto **** it\rsee *** too", ["****", "***"], id="all line ends"),
    pytest.param("in\u00a0****\u00a0it", ["****"], id="no-break spaces"),
    pytest.param("слово **** текст", ["****"], id="Cyrillic"),
    pytest.param("مرحبا **** بكم", ["****"], id="Arabic"),
    pytest.param("to " + "*" * LONGEST_WORD + " it", ["*" * LONGEST_WORD], id="longest word"),
    # asterisks of their own
    pytest.param("* item one\n* item two", [], id="bullets"),
    pytest.param("  * indented item", [], id="indented bullet"),
    pytest.param("Total 5.00\n* incl. VAT", [], id="footnote below"),
    pytest.param("this is **bold** text", [], id="bold word"),
    pytest.param("this is **bold text** too", [], id="bold words"),
    pytest.param("this is *slanted* text", [], id="slanted"),
    pytest.param("***wow", [], id="touches a letter after"),
    pytest.param("f*** and sh**", [], id="swearing"),
    pytest.param("5*3", [], id="product"),
    pytest.param("is 5 * 3 here", [], id="spaced product"),
    pytest.param("is 1,50 * -3.2 here", [], id="spaced product of decimals"),
    pytest.param("let x * y be", [], id="formula"),
    pytest.param("a*b", [], id="tight formula"),
    pytest.param("2**8", [], id="power"),
    pytest.param("** 5*3 **2", ["**"], id="only the one that stands alone"),
    pytest.param("price*", [], id="footnote mark at a word"),
    pytest.param("price*) and", [], id="footnote mark with bracket at a word"),
    pytest.param("*) incl. VAT", [], id="footnote"),
    pytest.param("price *) and", [], id="footnote mark"),
    pytest.param("(closed) price *) and", [], id="footnote mark after a closed parenthesis"),
    pytest.param("price (*) and", [], id="footnote mark in parentheses"),
    pytest.param("price [*] and", [], id="footnote mark in brackets"),
    pytest.param('all of "*" here', [], id="quoted asterisk"),
    pytest.param("-*- mode", [], id="editor mode line"),
    pytest.param("card ****1234", [], id="card number"),
    pytest.param("card ****-****-1234", [], id="hyphenated card number"),
    pytest.param("SSN ***-**-1234", [], id="number somebody else has hidden"),
    pytest.param("*1 see below", [], id="numbered footnote"),
    pytest.param("/* comment */", [], id="C comment"),
    pytest.param("/** doc **/", [], id="doc comment"),
    pytest.param("rm *.* now", [], id="all files"),
    pytest.param("rm *.txt now", [], id="some files"),
    pytest.param("rm **/*.py now", [], id="files in folders"),
    pytest.param("grep .* now", [], id="pattern"),
    pytest.param("char **argv, *p", [], id="pointers"),
    pytest.param("$*** and #**", [], id="symbols"),
    pytest.param("***@***.com", [], id="address with letters left"),
    pytest.param("snake_***", [], id="underscore"),
    pytest.param("*-*-*-*-* here", [], id="ornament within a line"),
    pytest.param("Total " + "*" * 30 + " 5.00", [], id="leader"),
    pytest.param("*" * 40, [], id="long rule"),
    pytest.param("one two\n* * *\nthree", [], id="spaced ornament"),
    pytest.param("one two\n***\nthree four", [], id="ornament beyond the one in ten"),
    pytest.param("one two\n*\nthree four", [], id="lone asterisk on a line"),
    pytest.param("*****", [], id="nothing but a run"),
    pytest.param("今天**天气", [], id="touches Chinese"),
    # a line of nothing but asterisks: within one in ten it is a word
    pytest.param("a b c d e f g h i j\n*****", ["*****"], id="run alone in a long text"),
    pytest.param("a b c d e f ** h i j\n*****", ["**"], id="run alone, but one in ten is reached"),
    pytest.param("a b c d e f g h i j\n*****\n*****", [], id="two rules"),
    pytest.param("a b c d e f g h i j\n*****.", ["*****"], id="run with punctuation alone"),
    pytest.param("a b c d e f g h i j k l m n o p q r s\n*** ****", ["***", "****"], id="two words alone"),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS_AND_MASKS)
def test_masks_are_told_from_other_asterisks(text: str, expected: list[str]) -> None:
    """A run of asterisks is a mask exactly where it stands for a whole word."""
    assert [text[mask.start : mask.end] for mask in find_masks(text)] == expected


def _sample(name: str) -> str:
    return (SAMPLES / name).read_bytes().decode()


def test_the_published_trial_result_has_its_twelve_masks() -> None:
    """The real trial result has 12 of 123 words masked, at the known places."""
    text = _sample("latin.trial.txt")

    assert [mask.word_index for mask in find_masks(text)] == MASKED_POSITIONS
    report = mask_report(text, trial=True)
    assert (report.words, report.masks) == (123, 12)
    assert report.share == pytest.approx(0.0976, abs=1e-4)


def test_masks_hide_whole_words_of_the_published_regular_result() -> None:
    """Where the trial result has a mask, the regular result of the same picture has letters only."""
    regular, trial = _sample("latin.regular.txt"), _sample("latin.trial.txt")

    assert find_masks(regular) == ()
    for mask in find_masks(trial):
        hidden = regular[mask.start : mask.end]
        assert hidden.isalpha()
        assert regular.split()[mask.word_index].strip(",.") == hidden
        assert regular.count("\n", 0, mask.start) + 1 == mask.line


def test_regular_tasks_have_no_masks() -> None:
    """The very same text of a regular task holds no mask: its asterisks are its own."""
    report = mask_report(_sample("latin.trial.txt"), trial=False)

    assert (report.words, report.masks, report.share) == (123, 0, 0.0)


def test_two_stretches_in_one_word_are_one_masked_word() -> None:
    """Masked words are counted, not runs of asterisks."""
    assert mask_report("***,Sit,*** ok", trial=True).masks == 1


def test_an_empty_text_has_no_share() -> None:
    """No words, no masks, no division by zero."""
    assert mask_report(" \n", trial=True).share == 0.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", 0, id="empty"),
        pytest.param(" \t\r\n", 0, id="blank"),
        pytest.param("one", 1, id="one"),
        pytest.param(" one  two\r\nthree\u00a0four ", 4, id="all kinds of space"),
        pytest.param("hyphen-ated it's 1,000", 3, id="punctuation does not split"),
    ],
)
def test_words_are_split_at_white_space(text: str, words: int) -> None:
    """Words are counted as the service counts them."""
    assert count_words(text) == words


@given(st.text(alphabet=st.sampled_from("**** ab5,.'()-/\"\r\n\u2028\x1c@_"), max_size=80))
def test_masks_are_consistent_for_any_text(text: str) -> None:
    """Masks come in order, do not overlap, hold no letters, and know their word and line."""
    words, end_before = text.split(), 0
    for mask in find_masks(text):
        piece = text[mask.start : mask.end]
        assert mask.start >= end_before
        assert piece[0] == piece[-1] == "*"
        assert not any(character.isalnum() for character in piece)
        assert piece in words[mask.word_index]
        before = text[: mask.start].replace("\r\n", "\n").replace("\r", "\n")
        assert mask.line == before.count("\n") + 1
        end_before = mask.end
    report = mask_report(text, trial=True)
    assert report.masks <= report.words == len(words)
    assert 0 <= report.share <= 1
