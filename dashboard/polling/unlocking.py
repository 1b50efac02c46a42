"""Plain tokens live only while a call is made."""

from typing import Protocol

from dashboard.errors import SecretsUnreadable, TokenRejected
from dashboard.models import Answer, TaskAddress
from dashboard.polling.ports import OcrApi


class Unlock(Protocol):
    """Decrypts what the store keeps encrypted."""

    def decrypt(self, ciphertext: str) -> str:
        """Give back the secret; raises SecretsUnreadable."""
        ...


class UnlockingApi:
    """An :class:`OcrApi` that takes encrypted tokens, so that plain ones live only while a call is made."""

    def __init__(self, api: OcrApi, box: Unlock) -> None:
        self._api = api
        self._box = box

    def fetch(self, address: TaskAddress, *, access_token: str | None) -> Answer:
        """Decrypt and ask; an unreadable token counts as rejected, with the reason in words."""
        if access_token is None or address.trial:
            return self._api.fetch(address, access_token=None)
        try:
            plain = self._box.decrypt(access_token)
        except SecretsUnreadable as error:
            raise TokenRejected(str(error)) from None
        return self._api.fetch(address, access_token=plain)
