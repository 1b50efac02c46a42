// Says that the server is away in words of ours, and that the page goes on by itself. Streamlit would put a dialog of
// its own over the page after the sixth question in vain: it hears the answer to each one only when there is a good one.
(() => {
  const GRACE = 2500, FIRST = 10000, ASK_EVERY = 2000, ANSWER_WITHIN = 10000, ENDED = 401;
  const Plain = window.WebSocket, ask = window.fetch.bind(window);
  const shown = [];
  let timer = 0, wasOpen = false;

  const say = () => {
    if (shown.length) return;
    const note = document.createElement("p");
    note.setAttribute("role", "status");
    note.textContent = "The dashboard does not answer at the moment. This page goes on by itself as soon as it does.";
    note.style.cssText = "position:fixed;bottom:1rem;left:50%;transform:translateX(-50%);z-index:2147483000;margin:0;"
      + "box-sizing:border-box;width:max-content;max-width:calc(100vw - 2rem);padding:.7rem 1.1rem;border-radius:.5rem;"
      + "font:1rem/1.4 system-ui,sans-serif;color:#fff;background:#8a4b08;box-shadow:0 2px 12px #0006";
    const hiding = document.createElement("style");
    hiding.textContent = "[data-testid=stConnectionStatus]{display:none}";
    shown.push(note, hiding);
    document.body.append(...shown);
  };
  const wait = (milliseconds) => {
    clearTimeout(timer);
    timer = setTimeout(say, milliseconds);
  };
  const on = {
    open: () => {
      wasOpen = true;
      clearTimeout(timer);
      for (const element of shown.splice(0)) element.remove();
    },
    close: () => wait(GRACE),
  };

  window.WebSocket = class extends Plain {
    constructor(url, protocols) {
      super(url, protocols);
      if (!new URL(url, location.href).pathname.endsWith("/_stcore/stream")) return;
      this.addEventListener("open", on.open);
      this.addEventListener("close", on.close);
    }
  };

  // Before the first connection Streamlit also asks at addresses where it may not be. A proxy has its own answers for
  // a server that is away; afterwards nothing else can be meant by them.
  const isAnswer = (answer) => answer.ok || answer.status === ENDED || (!wasOpen && answer.status < 500);
  const askUntilAnswered = async (url) => {
    if (!timer) wait(FIRST);
    for (;;) {
      try {
        const answer = await ask(url, { signal: AbortSignal.timeout(ANSWER_WITHIN) });
        if (isAnswer(answer)) return answer;
      } catch { /* the server is away; it is asked again */ }
      await new Promise((done) => setTimeout(done, ASK_EVERY));
    }
  };
  window.fetch = (what, how) => {
    const url = new URL(what instanceof Request ? what.url : what, location.href);
    return /\/_stcore\/(health|host-config)$/.test(url.pathname) ? askUntilAnswered(url) : ask(what, how);
  };
})();
