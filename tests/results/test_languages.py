"""Languages of texts, where they can be told."""

import pytest

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
