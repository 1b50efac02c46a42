"""What a tab is sent when it opens an address, without a browser: Streamlit's own protocol over a real WebSocket."""

from dataclasses import dataclass, field
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Subprotocol


@dataclass(slots=True)
class Drawing:
    """What one run of the pages' script has sent."""

    page: str = ""
    """Which page it is, by Streamlit's own mark; a tab that is still open sends it after a restart."""
    menu: list[str] = field(default_factory=list)
    """Every page there is, in our order."""
    paths: set[str] = field(default_factory=set)
    """And where they are."""
    titles: list[str] = field(default_factory=list)
    has_logo: bool = False
    problems: list[str] = field(default_factory=list)
    """Exceptions, and Streamlit's own words about an unknown page."""

    @classmethod
    def of(cls, url: str, *, page: str = "", query: str = "", cookie: str = "", known_as: str = "") -> Self:
        """Connect and draw once.

        Args:
            url: of the dashboard.
            page: the address behind it, as a tab that is new to it names it.
            query: the address's own.
            cookie: a ``Cookie`` header of somebody who is signed in.
            known_as: what the page was called in an earlier drawing.
        """
        state = ClientState(page_name=page, page_script_hash=known_as, query_string=query)
        drawing = cls()
        with connect(
            url.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            additional_headers={"Cookie": cookie} if cookie else {},
            max_size=None,
        ) as socket:
            socket.send(BackMsg(rerun_script=state).SerializeToString())
            while drawing._takes(ForwardMsg.FromString(socket.recv(timeout=30, decode=False))):
                pass
        return drawing

    def _takes(self, message: ForwardMsg) -> bool:
        """Note one message; False after the last one."""
        kind = message.WhichOneof("type")
        if kind == "navigation":
            self.page = message.navigation.page_script_hash
            self.menu = [it.page_name for it in message.navigation.app_pages]
            self.paths = {f"/{it.url_pathname}" for it in message.navigation.app_pages}
        elif kind == "logo":
            self.has_logo = True
        elif kind == "page_not_found":
            self.problems.append("page not found")
        elif kind == "delta":
            element = message.delta.new_element
            if element.WhichOneof("type") == "heading":
                self.titles.append(element.heading.body)
            if element.WhichOneof("type") == "exception":
                self.problems.append(element.exception.message)
        return kind != "script_finished"
