"""Which OCR services may be called: whoever runs the dashboard decides, nobody who merely uses it.

A URL that a member could choose would let them have this machine ask addresses inside its network, and read the
answers. So every way in is checked, and so is every call: rows may be older than the list. What is stored and called
is always the operator's own spelling, never the one that was given.
"""

from collections.abc import Callable, Sequence

from dashboard.errors import InputRefused, ServiceNotListed
from dashboard.models import SANDBOX_URL
from dashboard.service_urls import normal_api_url, place_of


class ServiceList:
    """The operator's list, and the sandbox of this server.

    Args:
        listed: base URLs as :func:`~dashboard.service_urls.normal_api_url` writes them, the default one first.
        sandbox_url: where the sandbox inside this process listens now; None while it is off.
        resolve_sandbox: its address to call; raises NoAnswer while it is off.
    """

    def __init__(
        self,
        listed: Sequence[str],
        *,
        sandbox_url: Callable[[], str | None] = lambda: None,
        resolve_sandbox: Callable[[str], str] = lambda url: url,
    ) -> None:
        self._by_place = {place: url for url in reversed(listed) if (place := place_of(url)) is not None}
        self._names = frozenset(self._by_place.values())
        self._sandbox_url = sandbox_url
        self._resolve_sandbox = resolve_sandbox

    def find(self, api_url: str) -> str | None:
        """The name under which this service is stored and called, or None when it is not on the list.

        The sandbox of this server has one name, though its address changes with every start.
        """
        if api_url == SANDBOX_URL or api_url in self._names:  # as stored; asked twice about every call
            return api_url
        place = place_of(api_url)
        if place is None:
            return None
        found = self._by_place.get(place)
        sandbox_url = self._sandbox_url() if found is None else None
        return SANDBOX_URL if sandbox_url is not None and place == place_of(sandbox_url) else found

    def checked(self, api_url: str) -> str:
        """A service as it is stored, from what somebody wrote.

        Raises:
            InputRefused: when it is no service URL, or not on the list; never repeats it.
        """
        found = self.find(api_url)
        if found is not None:
            return found
        try:
            normal_api_url(api_url)
        except ValueError as error:
            raise InputRefused(f"The service URL cannot be used: {error}.") from None
        raise InputRefused(
            "This dashboard does not call that service. Whoever runs it can add the address to "
            "OCR_DASHBOARD_MORE_API_URLS."
        )

    def require(self, api_url: str) -> str:
        """The same for a service that is stored, before anything is done towards a call.

        Raises:
            ServiceNotListed: when it is not on the list, maybe not any more. No call is made; tasks wait.
        """
        found = self.find(api_url)
        if found is None:
            raise ServiceNotListed
        return found

    def resolve(self, api_url: str) -> str:
        """The address to call now for a stored service.

        Raises:
            ServiceNotListed: as for :meth:`require`.
            NoAnswer: when it is the sandbox, and it is off.
        """
        found = self.require(api_url)
        return self._resolve_sandbox(found) if found == SANDBOX_URL else found


def service_name(api_url: str) -> str:
    """A service's base URL as people see it."""
    return "Sandbox" if api_url == SANDBOX_URL else api_url.removeprefix("https://")
