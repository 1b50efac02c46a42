// Says when somebody went back or forward, and puts the page's own corrections into the address without an entry in
// the history. Written as Streamlit's server writes it, letter by letter: for any other spelling it makes an entry.
function correct(mend) {
  const changes = Object.entries(mend);
  const params = new URLSearchParams(location.search);
  // Only over what the server has seen: meanwhile somebody may have gone elsewhere.
  if (!changes.length || changes.some(([name, { was }]) => (params.getAll(name).at(-1) ?? "") !== was)) return;
  for (const [name, { now }] of changes) now ? params.set(name, now) : params.delete(name);
  const query = params.toString().replaceAll("*", "%2A").replaceAll("%7E", "~");
  history.replaceState(history.state, "", location.pathname + (query ? `?${query}` : "") + location.hash);
}

export default function ({ data: [data], parentElement, setStateValue }) {
  correct(data.mend);
  if (!data.tells) return;
  window.removeEventListener("popstate", parentElement.went);
  const page = location.pathname;
  parentElement.went = () => {
    // On the way to another page, word from this one would lead back to it.
    if (location.pathname === page) setStateValue("went", Date.now());
  };
  window.addEventListener("popstate", parentElement.went);
  return () => window.removeEventListener("popstate", parentElement.went);
}
