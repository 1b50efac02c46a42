// Clears a page whose sign-in has ended. The server closes its WebSocket with 1008 then; where the connection broke
// otherwise (a restart, a network that went away), it is asked whether this browser still belongs here.
(() => {
  const ENDED = 1008, ASK_EVERY = 2000, Plain = window.WebSocket;
  let asking = 0;

  const clear = () => {
    clearInterval(asking);
    const gone = document.createElement("p");
    gone.textContent = "This sign-in has ended. Load the page again.";
    (document.body ?? document.documentElement).replaceChildren(gone);
    location.reload(); // leads to the way in, or to what a smaller role may see
  };
  const ask = async () => {
    try {
      const answer = await fetch("./standing.js", { cache: "no-store", credentials: "same-origin" });
      if (answer.status === 401) clear();
    } catch { /* the server is away; it is asked again */ }
  };
  const on = {
    open: () => clearInterval(asking),
    close: (event) => {
      if (event.code === ENDED) return clear();
      clearInterval(asking);
      asking = setInterval(ask, ASK_EVERY);
    },
  };
  window.WebSocket = class extends Plain {
    constructor(url, protocols) {
      super(url, protocols);
      if (!new URL(url, location.href).pathname.endsWith("/_stcore/stream")) return;
      this.addEventListener("open", on.open);
      this.addEventListener("close", on.close);
    }
  };
})();
