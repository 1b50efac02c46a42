// Updates every <time data-expires> and <time data-since> on the page once a second, without asking the server.
// The server's clock counts: the browser's may be wrong.
const two = (n) => String(n).padStart(2, "0");

function left(seconds) {
  if (seconds <= 0) return "now";
  if (seconds > 172800) {
    const hours = Math.ceil(seconds / 3600);
    return `${Math.floor(hours / 24)} days${hours % 24 ? ` ${hours % 24} h` : ""}`;
  }
  const s = Math.ceil(seconds);
  const h = Math.floor(s / 3600);
  return h ? `${h}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

function ago(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 172800) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86400)} days ago`;
}

export default function ({ data }) {
  const offset = Date.now() / 1000 - data.now;
  const set = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };
  const tick = () => {
    const now = Date.now() / 1000 - offset;
    for (const e of document.querySelectorAll("time[data-expires]")) {
      const seconds = Number(e.dataset.expires) - now;
      set(e, left(seconds));
      if (!e.dataset.calm) e.dataset.urgency = seconds < 3600 ? "high" : seconds < 14400 ? "some" : "none";
    }
    for (const e of document.querySelectorAll("time[data-since]")) set(e, ago(now - Number(e.dataset.since)));
  };
  tick();
  const timer = setInterval(tick, 1000);
  return () => clearInterval(timer);
}
