// Updates every <time data-expires> and <time data-since> on the page once a second, without asking the server.
// The server's clock counts: the browser's may be wrong.
export default function ({ data }) {
  const offset = Date.now() / 1000 - data.now;
  const tick = () => {
    const now = Date.now() / 1000 - offset;
    for (const e of document.querySelectorAll("time[data-expires]")) {
      const seconds = Number(e.dataset.expires) - now;
      set(e, "words" in e.dataset ? inWords(seconds) : left(seconds));
      if (!e.dataset.calm) e.dataset.urgency = urgency(seconds);
    }
    for (const e of document.querySelectorAll("time[data-since]")) set(e, ago(now - Number(e.dataset.since)));
  };
  tick();
  const timer = setInterval(tick, 1000);
  return () => clearInterval(timer);
}
