"""Languages of texts, where they can be told."""

from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import pytest
from py3langid.langid import LanguageIdentifier

from dashboard.results import languages
from dashboard.results.languages import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The total amount due by the end of the month is one hundred Euro.", "en"),
        ("Die Rechnung über einhundert Euro ist bis zum Ende des Monats zu bezahlen.", "de"),
        ("Le montant total de la facture est à payer avant la fin du mois.", "fr"),
        ("Общая сумма счёта должна быть оплачена до конца месяца.", "ru"),
        ("يجب دفع المبلغ الإجمالي للفاتورة قبل نهاية الشهر", "ar"),
        ("この請求書の合計金額は月末までにお支払いください。よろしくお願いいたします。", "ja"),
        ("", ""),
        ("12.50 100 7", ""),
        ("****** *** **** *****", ""),
        ("ok", ""),
        ("\x00\ud800" * 100, ""),
    ],
)
def test_language(text: str, language: str) -> None:
    """Numbers, masks and a word or two tell nothing."""
    assert language_of(text) == language


def test_without_room_for_the_model_no_language_is_told() -> None:
    """Until there is: it is unpacked into a file, and results are kept meanwhile."""
    languages._read.cache_clear()
    text = "The total amount due by the end of the month."
    with patch.object(LanguageIdentifier, "from_model_file", side_effect=OSError(28, "No space left")):
        assert language_of(text) == ""
    assert language_of(text) == "en"


def test_the_model_is_read_once_by_many_threads() -> None:
    """Each time takes half a second and a lot of memory."""
    languages._read.cache_clear()
    read = LanguageIdentifier.from_model_file
    with patch.object(LanguageIdentifier, "from_model_file", side_effect=read) as reading:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(language_of, ["The total amount due by the end of the month."] * 8))
        assert reading.call_count == 1
    assert set(found) == {"en"}


ENGLISH = "The total amount due by the end of the month is one hundred Euro, as agreed with your office. "
GERMAN = "Der Rechnungsbetrag ist bis zum Ende des Monats ohne Abzug auf unser Konto zu überweisen. "


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH * 20, "en"),
        (GERMAN * 40, "de"),
        (ENGLISH * 4 + GERMAN * 36, "de"),
        ("12.50 100 7\n" * 40 + GERMAN * 20 + "12.50 100 7\n" * 40, "de"),
    ],
    ids=["English", "German", "English letterhead", "numbers around it"],
)
def test_language_of_a_long_text(text: str, language: str) -> None:
    """The one that most of it is in; its beginning alone does not decide."""
    assert language_of(text) == language
