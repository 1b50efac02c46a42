"""A browser without a screen: speaks Streamlit's own protocol over a real WebSocket, and measures redraws.

It does what Streamlit's page does: asks for the first drawing, then has the live fragment drawn again for
each tick of the refresh component, telling which messages it still has so that unchanged ones come as hashes.
What it leaves out is the drawing itself, which costs the server nothing.
"""

import asyncio
import time
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

SILENCE, PATIENCE = 0.1, 60.0
"""Seconds without a message after which a drawing is over, once a run has ended; and that a first one may take."""


class Wire(ClientConnection):
    """A connection that counts what comes over the wire, compressed where both sides agreed to."""

    received = 0

    def data_received(self, data: bytes) -> None:
        """Count, and go on."""
        self.received += len(data)
        super().data_received(data)


class Visitor:
    """One open tab on the board."""

    def __init__(self, connection: Wire) -> None:
        self._connection = connection
        self._kept: set[str] = set()
        self._fragment = ""
        self._component = ""
        self._page = ""
        self._ticks = 0
        self.last = b""
        """What the last redraw brought, without what was unchanged."""

    @property
    def received(self) -> int:
        """Bytes that came over the wire so far."""
        return self._connection.received

    @classmethod
    async def open(cls, url: str, *, cookie: str = "") -> Self:
        """Connect, signed in by a ``Cookie`` header where there is one, and have the whole page drawn."""
        address = url.replace("http", "ws", 1) + "/_stcore/stream"
        headers = {"Cookie": cookie} if cookie else {}
        protocols = [Subprotocol("streamlit")]
        connection = await connect(
            address,
            subprotocols=protocols,
            max_size=None,
            additional_headers=headers,
            create_connection=Wire,
        )
        assert isinstance(connection, Wire)
        visitor = cls(connection)
        await visitor._ask(ClientState(cached_message_hashes=[]))
        if not visitor._fragment or not visitor._component:
            raise RuntimeError("the page has no live fragment with a refresh component")
        return visitor

    async def refresh(self) -> float:
        """One tick of the refresh component; gives back the seconds until everything has arrived."""
        self._ticks += 1
        state = ClientState(
            fragment_id=self._fragment, page_script_hash=self._page, cached_message_hashes=self._kept
        )
        state.widget_states.widgets.add(id=self._component, json_value=str(self._ticks))
        began = time.perf_counter()
        return await self._ask(state) - began

    async def close(self) -> None:
        """Leave the page."""
        await self._connection.close()

    async def _ask(self, state: ClientState) -> float:
        """Have something drawn; when the last message of it came."""
        self.last = b""
        await self._connection.send(BackMsg(rerun_script=state).SerializeToString())
        at, has_finished = time.perf_counter(), False
        while True:
            try:
                # One run may have asked for another one: it is over when nothing more comes.
                receiving = self._connection.recv(decode=False)
                raw = await asyncio.wait_for(receiving, SILENCE if has_finished else PATIENCE)
            except TimeoutError:
                if has_finished:
                    return at
                raise
            at = time.perf_counter()
            self.last += raw
            message = ForwardMsg.FromString(raw)
            self._note(message)
            has_finished = has_finished or message.WhichOneof("type") == "script_finished"

    def _note(self, message: ForwardMsg) -> None:
        if message.metadata.cacheable and message.hash:
            self._kept.add(message.hash)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._page = message.new_session.page_script_hash or self._page
        elif kind == "delta":
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                raise RuntimeError(f"the page failed: {element.exception.message}")
            if "autorefresh" in element.component_instance.component_name:
                self._component, self._fragment = element.component_instance.id, message.delta.fragment_id
