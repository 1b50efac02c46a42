"""A table of trial texts: which asterisks are masked words, which are their own, and what a person may flip.

Each case spells its masks between guillemets, so that it shows where they are: ``to «****» at``.
"""

# ruff: noqa: RUF001 - many scripts, and what looks like an asterisk, are the point

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.results.masks import (
    MaskReport,
    find_asterisks,
    find_masks,
    flip,
    mask_report,
)

SAMPLES = Path(__file__).parent / "samples"
TEN = "one two three four five six seven eight nine ten"

CASES = {
    # a mask stands where a word stands, whatever punctuation is around it
    "documented sample": "Meeting moved to «******» at the «*******» office.",
    "comma": "came «****», saw",
    "colon and semicolon": "the «****»: a «***»; b",
    "possessive": "the «****»'s hat",
    "curly possessive": "the «****»’s hat",
    "elision": "dans l'«****» même",
    "quoted, with comma": "he said “«****»,” twice",
    "Japanese quotation": "彼は「«***»」と言った",
    "parentheses and full stop": "so it was («***»).",
    "brackets": "see [«*****»] there",
    "Greek question mark": "τι «****»; ναι",
    "guillemets of its own": "dit › «****» ‹ alors",
    "two dashes": "one--«****»--two",
    "ellipsis": "and «****»… then",
    "five words only": "we met «***» last night",
    "one word only, with punctuation": "«*****»!",
    "hyphenated, both halves": "a «****-*****» word",
    "hyphenated, three parts": "my «******-**-***» here",
    "hyphen after a readable half": "a well-«*****» one",
    "soft hyphen inside": "a «****\u00ad****» word",
    "non-breaking hyphen": "a «***\u2011***» word",
    "apostrophe inside": "we «***'*» go",
    "two words with a comma, one word to the service": "«***,***» here",
    "two masks around a readable word": "«***»,sit,«***» here",
    "no space after a full stop": "end.«***» begins",
    "a letter of its own": "it is «*» fine day",
    "a letter that ends a sentence": "vitamin «*».",
    "a letter that opens a quotation, direction mark": 'he said "\u200e«*» good idea"',
    "a long word after a type": "the char «*****» was lost",
    "longer than any rating": "Rating: «***********»",
    "longer than any footnote mark": "* item\n«****» of it",
    "next to a number": "in 1999 «****» came",
    "a number masked like a word": "the year «****» was good",
    # other scripts
    "Cyrillic": "в «*****», где",
    "Greek": "η «****» της",
    "Arabic with its comma": "إلى «****»، ثم",
    "Arabic question": "هل «***»؟ نعم",
    "Arabic between direction marks": "في \u200f«****»\u200f هنا",
    "isolated direction": "in \u2068«****»\u2069 here",
    "Hebrew": "של «****» הוא",
    "Hebrew prefix with maqaf": "אל־«***» היום",
    "vowel points beside it": "שָׁלוֹם «****» לָךְ",
    "Hindi": "यह «****» है।",
    "Hindi danda": "यह «****»।",
    "combining accents beside it": "cafe\u0301 «****» re\u0301sume\u0301",
    "Chinese with spaces": "天气 «**» 很好",
    "Chinese between punctuation": "今天，«****»。很好",
    "Japanese between punctuation": "東京、«***»。",
    "ideographic space": "東京\u3000«**»\u3000大阪",
    "Thai with spaces": "สวัสดี «****» ครับ",
    "emoji as a word": "🎉 «***» 🎉",
    "emoji attached": "so «****»😀 good",
    "joined emoji attached": "so «****»👩\u200d🚀 good",
    "byte order mark": "\ufeff«****» begins here",
    # touches a letter: whole words are masked, never parts; also in scripts without spaces
    "Chinese touched": "今天**天气",
    "Chinese name half hidden": "姓名：张**",
    "Japanese touched": "東京***です",
    "Thai touched": "ที่**นี่",
    "Korean particle": "김**는 집에",
    "Arabic touched": "و****",
    "combining mark on an asterisk": "so ***\u0301 odd",
    "zero width joiner and letter": "می\u200c*** است",
    "bold": "a **bold** word",
    "bold words": "a **bold move** it is",
    "bold with inner punctuation": "a **well-known** word",
    "slanted": "a *slanted* word",
    "bold Chinese": "这是**粗体**字",
    "censored, first letter kept": "what the f*** is",
    "censored in the middle": "oh sh*t and f**k it",
    "censored, last letter kept": "a **shole",
    "footnote at a word": "price** and rate***",
    "wildcard": "all *.txt files, a*.log too",
    "password rule": "pass*word",
    "pointer to a letter": "char *p = *q;",
    "pointer to pointer": "int **argv here",
    "call": "select COUNT(*) here",
    # digits: a number that somebody else has hidden
    "card": "card ****-****-****-1234 charged",
    "card ends with digits": "card ****1234 charged",
    "phone": "call 138****5678 now",
    "percent": "about **% of it",
    "price": "just $** only",
    "product": "so 5*3 is 15",
    "power": "so 2**8 is 256",
    # signs and marks
    "bullet": "* first\n* second",
    "bullet after spaces": "list:\n   * first",
    "bullet in Arabic, direction mark": "\u200f* مرحبا بكم",
    "footnote mark with a direction mark": "price (*\u200e) and",
    "keycap": "press *\ufe0f\u20e3 now",
    "spaced product": "is 5 * 3 here",
    "spaced product of prices": "is $5 * 3 here",
    "spaced product of measures": "is 5kg * 3 here",
    "spaced product, parentheses": "is (a + b) * c here",
    "spaced power": "is 2 ** 8 here",
    "multiplication table": "1 * 7 = 7\n2 * 7 = 14\n3 * 7 = 21",
    "multiplication table, header": "* 1 2 3\n1 1 2 3",
    "named product": "area = width * height",
    "equation reversed": "width * height = area",
    "footnote line": "Total 5.00\n*) incl. VAT",
    "footnote, reference at line end": "All prices *\n* incl. VAT",
    "double footnote": "Rate one *\nRate two\n* fixed\n** floating",
    "nested bullets": "* one\n** two\n*** three",
    "mark on a form": "Fields marked * must be filled",
    "an asterisk named": "those with an * are new",
    "SQL": "SELECT * FROM tasks",
    "SQL in lower case": "select * from tasks",
    "Python import": "from os import *",
    "untyped pointer": "static void * start here",
    "pointer in a cast": "x (char *) y",
    "pointer to pointer, spaced": "char ** argv, int count",
    "comment": "/* a note */",
    "documentation comment": "/**\n * A note.\n */",
    "cron": "30 4 * * 1 backup",
    "regular expression": "match .* or [a-z]* here",
    "operators of C": "x *= 2; y **= 3;",
    # rules, ornaments, stars
    "rule": "*" * 60,
    "rule within a line": "Total " + "*" * 30 + " 5.00",
    "rule with words after": "one two\n*******\nthree",
    "spaced rule": "* * * * *",
    "spaced rule within a text": f"{TEN}\n* * * * *\n{TEN}",
    "banner": "*** NOTICE ***\nread this",
    "box": "* Welcome home *",
    "box within a text": f"{TEN} {TEN}\n* Welcome home *",
    "fleurons": "-=***=-",
    "rating by label": "Rating: ****",
    "rating by label, German": "Bewertung: *****",
    "rating by number": "Service *** 3/5",
    "rating by count": "Service *** (3)",
    "password by label": "Password: ********",
    "password by label, no space": "Password:********",
    "password by label, spaced colon": "Mot de passe : ********",
    "password in Russian": "Пароль: ******",
    "password in Chinese": "密码：******",
    "PIN by label": "PIN: ****",
    "user and password": "User jdoe Password = ******** ok",
    # look-alikes are not asterisks
    "full width": "to ＊＊＊ at",
    "operator": "to ∗∗∗ at",
    "heavy": "to ✱✱✱ at",
    "dots": "to •••• at",
    # doubtful ones are believed within the documented tenth only
    "line of its own, within the tenth": f"{TEN}\n«*****»",
    "line of its own, under ten words": "one two\n*****\nthree",
    "line of its own, the tenth used up": f"{TEN} «***» one\n*****",
    "banner within the tenth": f"{TEN} {TEN}\n«***» of «***»",
    "masks at list items": f"* {TEN}\n«***» {TEN}",
    # what cannot be told: judged by its place, for a person to flip
    "stars of a hotel": "Hotel Adler «****» Wien",
    "password without a label": "enter «********» here",
}


def _case(marked: str) -> tuple[str, list[tuple[int, int]]]:
    text, spans, opened = "", [], 0
    for character in marked:
        if character == "«":
            opened = len(text)
        elif character == "»":
            spans.append((opened, len(text)))
        else:
            text += character
    return text, spans


def _sample(name: str) -> str:
    return (SAMPLES / name).read_bytes().decode()


@pytest.mark.parametrize("marked", CASES.values(), ids=CASES)
def test_masks_stand_where_the_table_says(marked: str) -> None:
    """Every mask of the table is found with its exact place, and nothing else is taken for one."""
    text, expected = _case(marked)

    assert [(mask.start, mask.end) for mask in find_masks(text)] == expected
    words = len(text.split())
    report = mask_report(text, trial=True)
    masked = {len(text[:end].split()) for _, end in expected}
    assert (report.words, report.masks) == (words, len(masked))


@pytest.mark.parametrize("marked", CASES.values(), ids=CASES)
def test_regular_texts_never_have_masks(marked: str) -> None:
    """In a regular task's text no asterisk is a mask, not even where somebody has flipped one."""
    text, _ = _case(marked)
    every = frozenset(range(len(text)))

    assert mask_report(text, trial=False).masks == 0
    assert mask_report(text, trial=False, flipped=every).masks == 0


@pytest.mark.parametrize("marked", CASES.values(), ids=CASES)
def test_every_asterisk_can_be_flipped(marked: str) -> None:
    """Each asterisk belongs to one stretch; flipping it turns that one around and leaves the others alone."""
    text, expected = _case(marked)
    stretches = find_asterisks(text)

    inside = [place for found in stretches for place in range(found.start, found.end)]
    assert {place for place, character in enumerate(text) if character == "*"} <= set(inside)
    assert len(inside) == len(set(inside))
    assert [(found.start, found.end) for found in stretches if found.masked] == expected
    for found in stretches:
        flipped = flip(text, frozenset(), found.end - 1)
        turned = find_asterisks(text, flipped=flipped)
        assert [again.start for again in turned if again.flipped] == [found.start]
        changed = [new.start for old, new in zip(stretches, turned, strict=True) if old.masked != new.masked]
        assert changed == [found.start]
        assert flip(text, flipped, found.start) == frozenset()


def test_the_published_pair_has_twelve_masks_in_the_trial_and_none_in_the_regular() -> None:
    """12 of 123 words, each of them readable at the same place of the regular result."""
    trial, regular = _sample("latin.trial.txt"), _sample("latin.regular.txt")

    report = mask_report(trial, trial=True)
    assert (report.words, report.masks) == (123, 12)
    assert report.masks == report.documented
    assert mask_report(regular, trial=False).masks == 0
    assert [regular[mask.start : mask.end] for mask in find_masks(trial)] == (
        ["sit", "eu", "mea", "oporteat", "duo", "te", "electram", "vis", "modo", "erant", "Eam", "et"]
    )


def test_a_flip_recounts_the_published_trial() -> None:
    """One mask less is 11 of 123; flipped back it is 12 again."""
    text = _sample("latin.trial.txt")
    first = find_masks(text)[0]

    flipped = flip(text, frozenset(), first.start)

    assert mask_report(text, trial=True, flipped=flipped).masks == 11
    assert first not in find_masks(text, flipped=flipped)
    assert mask_report(text, trial=True, flipped=flip(text, flipped, first.start)).masks == 12


def test_an_asterisk_of_its_own_can_be_made_a_mask() -> None:
    """What a person knows better counts: the hidden half of a name is a mask once somebody says so."""
    text = "姓名：张** 您好"
    flipped = flip(text, frozenset(), text.index("*"))

    assert [(mask.start, mask.word_index, mask.line) for mask in find_masks(text, flipped=flipped)] == [
        (4, 0, 1)
    ]
    assert mask_report(text, trial=True, flipped=flipped).masks == 1


def test_a_flip_does_not_change_the_judgement_of_others() -> None:
    """The tenth is weighed as the machine sees it, so that turning one thing never moves another."""
    text = f"{TEN}\n*****\n*****"
    flipped = flip(text, frozenset(), text.index("*"))

    assert len(find_masks(text)) == 0
    assert len(find_masks(text, flipped=flipped)) == 1


@pytest.mark.parametrize("offset", [-1, 0, 3, 7, 10, 11, 99])
def test_only_asterisks_can_be_flipped(offset: int) -> None:
    """A click beside them is refused with a sentence."""
    with pytest.raises(ValueError, match=f"There is no asterisk at character {offset} of this text"):
        flip("one *** two", frozenset(), offset)


def test_flips_of_another_text_do_no_harm() -> None:
    """Offsets at which no stretch begins are passed over."""
    assert find_masks("to *** at", flipped=frozenset({0, 4, 99})) == find_masks("to *** at")


@pytest.mark.parametrize(("words", "masks"), [(0, 0), (9, 0), (10, 1), (19, 1), (123, 12)])
def test_the_documented_tenth_is_rounded_down(words: int, masks: int) -> None:
    """As observed: 12 of 123; nine words have none."""
    assert MaskReport(words=words, masks=0).documented == masks


ANY_TEXT = st.text(alphabet=st.sampled_from("**** ab5=,.'():-/\r\n\u200f今\u0301😀_"), max_size=60)


@given(ANY_TEXT, st.data())
def test_flipping_twice_is_identity(text: str, data: st.DataObject) -> None:
    """Whatever was flipped before, the same click twice changes nothing; once changes exactly one stretch."""
    starts = [found.start for found in find_asterisks(text)]
    before = frozenset(data.draw(st.sets(st.sampled_from(starts)) if starts else st.just(set())))
    for found in find_asterisks(text, flipped=before):
        assert found.flipped == (found.start in before)
        once = flip(text, before, found.start)
        assert once ^ before == {found.start}
        assert flip(text, once, found.start) == before
    assert [mask.start for mask in find_masks(text, flipped=before)] == [
        found.start for found in find_asterisks(text, flipped=before) if found.masked
    ]


@pytest.mark.parametrize(
    "piece", [",*", ".*,.*", "*\u200d,", "***'", "*/", "(*", "* ", "*\n", "* = ", "Password: * ", "a*"]
)
def test_hostile_texts_take_no_longer_than_long_ones(piece: str) -> None:
    """One word of a hundred thousand marks would take hours if each looked at the whole word again."""
    text = piece * 100_000

    assert len(find_asterisks(text)) >= 1
