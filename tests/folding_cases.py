"""Texts as recognition, Word and browsers write them, and how people look for them: the same in every search."""

CASES: list[tuple[str, str, bool]] = [
    # Broken at a line end.
    ("Die Rech-\nnung liegt bei", "Rechnung", True),
    ("Die Rech-\nnung liegt bei", '"die rechnung liegt"', True),
    ("Die Rech-\r\n   nung liegt bei", "rechnung", True),
    ("Die Rech- \nnung liegt bei", "rechnung", True),
    ("Die Rech\u00ad\nnung liegt bei", "rechnung", True),
    ("Die Rech\u2010\nnung liegt bei", "rechnung", True),
    ("Die Rech\u2011\nnung liegt bei", "rechnung", True),
    ("Die Rech\u2027\nnung liegt bei", "rechnung", True),
    ("Die Rech\u00ac\nnung liegt bei", "rechnung", True),
    ("Die Rech-\u2028nung liegt bei", "rechnung", True),
    ("RECH-\nNUNG", "rechnung", True),
    ("die Sträu-\nße", "strausse", True),
    ("счёт на оп-\nлату", "оплату", True),  # noqa: RUF001 - Russian
    ("Rech\u00adnung", "rechnung", True),
    ("Rech\u2027nung", "rechnung", True),
    ("Rechnung", "Rech\u00adnung", True),
    ("Rechnung", "Rech-\nnung", True),
    ("a well-\nknown author", "well-known", True),
    ("a well-\nknown author", '"a well-known author"', True),
    ("a well-\nknown author", "known", True),
    ("a state-of-\nthe-art camera", "state-of-the-art", True),
    ("Müller-\nLüdenscheidt", "müller-lüdenscheidt", True),
    ("Müller-\nLüdenscheidt", "müllerlüdenscheidt", False),
    ("from 2019-\n2020 on", "2019-2020", True),
    ("from 2019-\n2020 on", "20192020", False),
    ("Rech- nung", "rechnung", False),
    ("Rech -\nnung", "rechnung", False),
    ("Rech-\n\nnung", "rechnung", False),
    # Letters.
    ("the ﬁnal oﬃce", "final office", True),
    ("the final office", "ﬁnal oﬃce", True),
    ("a ﬂuﬀy ﬆeam engine", "fluffy steam", True),
    ("cafe\u0301 noir", "café", True),
    ("CAFÉ noir", "cafe\u0301", True),
    ("Crème brûlée", "creme brulee", True),
    ("\u1112\u1161\u11ab국어", "한국어", True),
    ("か\u3099くせい", "がくせい", True),
    ("и\u0306од", "йод", True),  # noqa: RUF001 - Russian
    ("Lange Straße 5", "STRASSE", True),
    ("LANGE STRASSE 5", "straße", True),
    ("LANGE STRAẞE 5", "strasse", True),
    ("İstanbul Invoice", "istanbul", True),
    ("İstanbul Invoice", "INVOICE", True),
    ("İSTANBUL", "ıstanbul", True),  # noqa: RUF001 - as typed in Turkey
    ("ΟΔΟΣ", "οδός", True),
    ("Ｉｎｖｏｉｃｅ １２", "invoice 12", True),  # noqa: RUF001 - as written in Japan
    ("رقم ١٢", "12", True),
    # Blanks and line ends.
    ("sum of 10\u00a0000 Euro", "10 000", True),
    ("the total\u202famount", '"total amount"', True),
    ("the total\u3000amount", "total\u00a0amount", True),
    ("the total \t amount", '"total amount"', True),
    ("the total\namount due", '"total amount due"', True),
    ("the total\r\n\r\n  amount", '"total amount"', True),
    # Quotes, apostrophes, dashes.
    ("the total amount due", "“total amount”", True),
    ("the total amount due", "„total amount“", True),
    ("the total amount due", "«total amount»", True),
    ("the total amount due", "“amount total”", False),
    ("L’été indien", "l'été", True),  # noqa: RUF001 - as typeset
    ("L'été indien", "L’ETE", True),  # noqa: RUF001 - as typeset
    ("don\u02bct", "don't", True),
    ("don\u00b4t", "don`t", True),
    ("Hawai\u02bbi", "hawai‘i", True),  # noqa: RUF001 - as typeset
    ("pages 12\u201315", "12-15", True),  # a dash
    ("well\u2011known", "well-known", True),
]
"""Text, what is typed, and whether it is found."""
