"""Which languages the reader on this machine reads, in the service's spelling (fact sheet 3.4).

Its model knows Latin letters with all their marks, Chinese and Japanese; no Cyrillic, Greek, Arabic or Indian letters,
and no handwriting.
"""

_LATIN = (
    *(
        "Afrikaans",
        "Albanian",
        "Bosnian",
        "Catalan",
        "Croatian",
        "Czech",
        "Danish",
        "Dutch",
        "English",
        "Estonian",
    ),
    *("Finnish", "French", "Galician", "German", "Hungarian", "Indonesian", "Italian", "Latin", "Latvian"),
    *(
        "Lithuanian",
        "Low_German",
        "Malay",
        "Netherlands",
        "Norwegian",
        "Occitan",
        "Polish",
        "Portuguese",
        "Quechua",
    ),
    *("Romanian", "Slovak", "Slovene", "Spanish", "Swahili", "Swedish", "Tagalog", "Turkish"),
)
READS = frozenset((*_LATIN, "Chinese", "Japanese"))
"""One model for all of them: which of these is asked for makes no difference."""


def why_not(language: str) -> str:
    """Why an image in this language is not read, for people; empty when it is."""
    if language in READS:
        return ""
    return (
        f"The reader on this machine does not read {language}. It reads {', '.join(sorted(READS))}; "
        "the real service reads the others too."
    )
