"""A tab without a browser: speaks Streamlit's protocol over a real WebSocket, also as no browser would."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

PATIENCE = 30.0


class Tab:
    """One open page."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.page = ""
        """Hash of the page that is shown."""
        self.session = ""
        """What Streamlit calls this page's session."""
        self.fragment = ""
        """The live fragment that was drawn last."""
        self.messages: list[ForwardMsg] = []
        """Everything that came."""

    @classmethod
    @contextmanager
    def open(cls, url: str, *, cookie: str = "", page: str = "", query: str = "") -> Iterator[Self]:
        """Open a page of a dashboard, and wait until it is drawn."""
        address = url.replace("http", "ws", 1) + "/_stcore/stream"
        headers = {"Cookie": cookie} if cookie else {}
        protocols = [Subprotocol("streamlit")]
        with connect(
            address, subprotocols=protocols, max_size=None, additional_headers=headers
        ) as connection:
            tab = cls(connection)
            tab.send(BackMsg(rerun_script=ClientState(page_name=page, query_string=query)))
            tab.until("script_finished")
            yield tab

    def send(self, message: BackMsg) -> None:
        """Say something."""
        self.connection.send(message.SerializeToString())

    def rerun(self) -> None:
        """Have the page drawn again, and wait for it."""
        self.send(BackMsg(rerun_script=ClientState(page_script_hash=self.page)))
        self.until("script_finished")

    def until(self, kind: str) -> ForwardMsg:
        """Listen until a message of this kind comes."""
        while True:
            message: ForwardMsg = ForwardMsg.FromString(self.connection.recv(timeout=PATIENCE, decode=False))
            self.messages.append(message)
            self.fragment = message.delta.fragment_id or self.fragment
            self.page = message.new_session.page_script_hash or self.page
            self.session = message.new_session.initialize.session_id or self.session
            if message.WhichOneof("type") == kind:
                return message

    def make(self, file_id: str) -> str:
        """Press a download button; gives back the file's address, empty when there is none."""
        asked = BackMsg()
        asked.backend_operation_request.request_id = file_id
        asked.backend_operation_request.session_id = self.session
        asked.backend_operation_request.deferred_file.file_id = file_id
        self.send(asked)
        address: str = self.until("backend_operation_response").backend_operation_response.deferred_file.url
        return address

    def downloads(self) -> list[str]:
        """The IDs behind the download buttons."""
        drawn = [message.delta.new_element.download_button for message in self.messages]
        return [button.deferred_file_id for button in drawn if button.deferred_file_id]

    def pictures(self) -> list[str]:
        """The addresses of pictures that the page made."""
        return [one.url for message in self.messages for one in message.delta.new_element.imgs.imgs]

    def first(self, kind: str) -> str:
        """The ID of the first element of a kind."""
        drawn = [message.delta.new_element for message in self.messages]
        return next(str(getattr(one, kind).id) for one in drawn if one.WhichOneof("type") == kind)

    def html(self) -> str:
        """Everything that was drawn as HTML."""
        return "".join(message.delta.new_element.html.body for message in self.messages)

    def exceptions(self) -> list[str]:
        """What Streamlit itself says went wrong."""
        drawn = [message.delta.new_element for message in self.messages]
        return [one.exception.message for one in drawn if one.WhichOneof("type") == "exception"]
