"""Where single sign-on lives, for those who link to it without speaking to a provider themselves."""

from urllib.parse import urlencode, urlsplit

SSO_PATH = "/sso/"
LOGIN_PATH = f"{SSO_PATH}login"
CALLBACK_PATH = f"{SSO_PATH}callback"

NEXT = "next"
"""Query parameter that names the page somebody wanted."""

_LONGEST = 500  # several of them fit into a cookie


def local_path(wanted: object) -> str:
    """A path of ours with its query, as it came; the board for everything that could lead elsewhere."""
    if not isinstance(wanted, str) or len(wanted) > _LONGEST or not wanted.startswith("/"):
        return "/"
    if wanted.startswith("//") or any(it == "\\" or not it.isprintable() for it in wanted):
        return "/"
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else wanted


def login_href(*, root_path: str, path: str, query: str) -> str:
    """The link that signs somebody in and brings them back to where they are."""
    wanted = local_path(f"{path}?{query}" if query else path)
    return f"{root_path}{LOGIN_PATH}?{urlencode({NEXT: wanted})}"
