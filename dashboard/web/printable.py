"""Sentences about what was sent in, as text that can be sent back."""


def printable(text: str) -> str:
    """Text that can be sent as UTF-8: JSON may carry halves of characters."""
    return text.encode(errors="replace").decode()
