// How long until and since, in the words of dashboard/ui/times.py; stands before what ticks.
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

function inWords(seconds) {
  const minutes = Math.floor(Math.max(0, seconds) / 60);
  const h = Math.floor(minutes / 60), rest = minutes % 60 ? `${minutes % 60} min` : "";
  return h ? `${h} h ${rest}`.trim() : rest || "less than a minute";
}

function ago(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 172800) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86400)} days ago`;
}

const urgency = (seconds) => (seconds < 3600 ? "high" : seconds < 14400 ? "some" : "none");

