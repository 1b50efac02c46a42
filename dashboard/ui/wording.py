"""How states, reasons and operations are said to people: a word, an icon, a tone and a sentence. Pure.

A tone is one of ``good``, ``busy``, ``warn``, ``bad``, ``quiet``; it never stands alone, the word is always there.
"""

from dataclasses import dataclass

from dashboard.models import Operation, ParkReason, State


@dataclass(frozen=True, slots=True)
class Wording:
    """One thing as people see it."""

    word: str
    icon: str
    """A single text character, so that no icon font is needed inside tables."""
    tone: str
    sentence: str


STATES = {
    State.PENDING: Wording("Pending", "○", "busy", "Waiting for the service to start on it. We keep asking."),
    State.PROCESSING: Wording("Processing", "◐", "busy", "The service is reading the image. We keep asking."),
    State.COMPLETED: Wording("Completed", "✓", "good", "The result is saved here and does not expire."),
    State.COMPLETED_WITH_NOTICES: Wording(
        "Completed with notices",
        "✓",
        "good",
        "The result is saved here and does not expire. The service added a notice: see below.",
    ),
    State.COMPLETED_EMPTY: Wording(
        "Completed, no text",
        "∅",
        "warn",
        "The service finished and returned no text. Blank, very faint or rotated images do this.",
    ),
    State.PARTIAL: Wording(
        "Partial",
        "◔",
        "warn",
        "The service says some of the result is missing. What there was is saved here and does not expire.",
    ),
    State.FAILED: Wording(
        "Failed",
        "✕",
        "bad",
        "The service could not read the image. Its own words are below; sending the image again makes a new task.",
    ),
    State.NOT_FOUND: Wording(
        "Not found",
        "?",
        "bad",
        "The service does not know this ID: a typo, another operation, another account, or older than 24 hours.",
    ),
    State.EXPIRED: Wording(
        "Expired",
        "⌛",
        "bad",
        "It existed, but the service has deleted the result by now. Send the image again.",
    ),
    State.DATA_LOST: Wording(
        "Data lost", "✕", "bad", "The service finished it and then lost the result. Send the image again."
    ),
    State.CANCELLED: Wording("Cancelled", "–", "quiet", "It was cancelled from here."),  # noqa: RUF001 - a dash as icon
}

REASONS = {
    ParkReason.TOKEN_MISSING: Wording(
        "Needs a token", "⏸", "warn", "Regular tasks need a token. Register one on Tokens and it continues."
    ),
    ParkReason.TOKEN_REJECTED: Wording(
        "Token rejected",
        "⏸",
        "warn",
        "The service refused the token. Test it, or paste another one on Tokens.",
    ),
    ParkReason.TOKEN_EXPIRED: Wording(
        "Token expired",
        "⏸",
        "warn",
        "Its access token has ended; they do after an hour. Paste a new one on Tokens and it continues.",
    ),
    ParkReason.PLAN_REFUSED: Wording(
        "Not allowed",
        "⏸",
        "warn",
        "The service does not allow this with the token: look at the plan of the account. We try again.",
    ),
    ParkReason.LOGIN_LOCKED: Wording(
        "Login locked",
        "⏸",
        "warn",
        "Too many logins with a wrong secret: the service takes none for some minutes. We try again.",
    ),
    ParkReason.RATE_LIMITED: Wording(
        "Rate limited", "⏸", "warn", "The service asked us to slow down. We ask again when it allows."
    ),
    ParkReason.BUDGET_REACHED: Wording(
        "Budget reached",
        "⏸",
        "warn",
        "The call budget of this token is used up. Raise it on Tokens, or wait until it begins anew.",
    ),
    ParkReason.SERVICE_NOT_LISTED: Wording(
        "Service not listed",
        "⏸",
        "warn",
        "The dashboard may not call this service. Whoever runs it can add it to OCR_DASHBOARD_MORE_API_URLS.",
    ),
    ParkReason.KEY_MISSING: Wording(
        "Key missing",
        "⏸",
        "warn",
        "This server lacks the key the token is encrypted with. Whoever runs it: restart it with the present keys.",
    ),
    ParkReason.UNREACHABLE: Wording(
        "Service unreachable", "⏸", "warn", "The service does not answer properly. We keep trying."
    ),
}

OPERATIONS = {
    Operation.RECOGNIZE_IMAGE: "Image",
    Operation.RECOGNIZE_PDF: "PDF",
    Operation.RECOGNIZE_RECEIPT: "Receipt",
    Operation.RECOGNIZE_TABLE: "Table",
    Operation.RECOGNIZE_REGIONS: "Regions",
    Operation.RECOGNIZE_LABEL: "Label",
    Operation.RECOGNIZE_INVOICE: "Invoice",
    Operation.IDENTIFY_FONT: "Font",
    Operation.DETECT_REGIONS: "Find regions",
    Operation.DJVU_TO_PDF: "DjVu to PDF",
    Operation.BINARIZE_IMAGE: "Binarize",
    Operation.DESKEW_IMAGE: "Deskew",
    Operation.DEWARP_IMAGE: "Dewarp",
    Operation.UPSCALE_IMAGE: "Upscale",
    Operation.TEXT_TO_SPEECH: "Text to speech",
}


def operation_name(operation: str, *, trial: bool) -> str:
    """An operation in a few words, with the service's own name where we have none."""
    try:
        name = OPERATIONS[Operation(operation)]
    except ValueError:
        name = operation
    return f"{name}, trial" if trial else name


TYPE_ICONS = {
    Operation.RECOGNIZE_IMAGE: "image",
    Operation.RECOGNIZE_PDF: "picture_as_pdf",
    Operation.RECOGNIZE_RECEIPT: "receipt_long",
    Operation.RECOGNIZE_TABLE: "table",
    Operation.RECOGNIZE_REGIONS: "crop_free",
    Operation.RECOGNIZE_LABEL: "label",
    Operation.RECOGNIZE_INVOICE: "request_quote",
    Operation.IDENTIFY_FONT: "font_download",
    Operation.DETECT_REGIONS: "select_all",
    Operation.DJVU_TO_PDF: "menu_book",
    Operation.TEXT_TO_SPEECH: "volume_up",
}
"""Names in Streamlit's own icon font."""

USUAL_ICON = "auto_fix_high"
"""Of operations that make another image."""


def of_task(state: State, parked: ParkReason | None) -> Wording:
    """What a task is called now: why it is parked while it is open, else its state."""
    return REASONS[parked] if parked is not None and state.is_open else STATES[state]


_LANGUAGES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish",
    "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "eu": "Basque",
    "fa": "Persian", "fi": "Finnish", "fr": "French", "ga": "Irish", "gl": "Galician", "he": "Hebrew",
    "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "is": "Icelandic",
    "it": "Italian", "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh", "ko": "Korean", "la": "Latin",
    "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "mr": "Marathi", "ms": "Malay", "mt": "Maltese",
    "nb": "Norwegian", "nl": "Dutch", "nn": "Norwegian", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian", "sr": "Serbian",
    "sv": "Swedish", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian",
    "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def language_name(code: str) -> str:
    """The English name of a language; its ISO 639-1 code when it is a rare one."""
    return _LANGUAGES.get(code, code)
