"""How much text there is, as people count it in their language."""

import pytest

from dashboard.results.amounts import amount_of
from dashboard.results.word_counts import count_words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "0 words", id="nothing"),
        pytest.param("  \n ", "0 words", id="blanks"),
        pytest.param("one", "1 word", id="one"),
        pytest.param("to be read", "3 words", id="English"),
        pytest.param("一", "1 character", id="one character"),
        pytest.param("发票号码\n二零二六年 十一月", "12 characters", id="Chinese"),
        pytest.param("請求書の番号はカタカナです", "13 characters", id="Japanese"),
        pytest.param("ﾊﾝｶｸ ｶﾅ", "6 characters", id="narrow Japanese"),
        pytest.param("ใบแจ้งหนี้", "10 characters", id="Thai"),
        pytest.param("𠀀𠀁𠀂", "3 characters", id="rare characters"),
        pytest.param("송장 번호 이것은", "3 words", id="Korean"),
        pytest.param("发票 PO-2026-0001", "2 words", id="mostly a number"),
        pytest.param("Invoice 发票 from Shanghai", "4 words", id="mostly English"),
        pytest.param("*** *** ***", "3 words", id="no letters"),
        pytest.param("فاتورة رقم", "2 words", id="Arabic"),
        pytest.param("汉" * 600_000, "600,000 characters", id="long"),
    ],
)
def test_amounts(text: str, said: str) -> None:
    """Characters where words are not set apart, words elsewhere."""
    assert amount_of(text, count_words(text)) == said
