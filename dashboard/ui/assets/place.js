// Where somebody is on a page: how far down it is scrolled, for each address, in this tab. Back, Forward, reload and
// our own way back from a task lead there again; any other link begins at the top. Streamlit scrolls an element of
// its own, so browsers do not do this for it.
const SCROLLED = "ocr-dashboard scrolled";
const LIST = "ocr-dashboard list";
const ROWS = "ocr-dashboard rows"; // the tasks of that list, in its order, for the ways to the next one
const RETURN = "ocr-dashboard return";
const MOST = 50; // addresses
const PATIENCE = 6000; // ms until a page that has become shorter is taken as it is

const here = () => location.pathname + location.search;
const pane = () => document.querySelector("[data-testid=stMain]");

function read(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null;
  }
}

function write(name, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    // A browser without storage: every page begins at the top.
  }
}

function keep(top) {
  const others = (read(SCROLLED) ?? []).filter(([address]) => address !== here());
  write(SCROLLED, [...others, [here(), top]].slice(-MOST));
}

const kept = () => (read(SCROLLED) ?? []).find(([address]) => address === here())?.[1] ?? 0;

// The table of the board tells its rows; other lists are links on the page, with a word of where they begin.
function rows(list) {
  const told = window.ocrDashboardRows;
  if (told?.list === list) return told;
  const links = document.querySelectorAll("[data-testid=stMain] a[href*='task?id=']");
  const { first = 1, total = links.length } = document.querySelector("[data-testid=stMain] [data-total]")?.dataset ?? {};
  const ids = [...links].map((link) => Number(new URL(link.href).searchParams.get("id")));
  return { ids: [...new Set(ids)], first: Number(first), total: Number(total) };
}

function install() {
  const place = { wanted: null, list: null };
  let timer = null;
  let height = 0;

  place.release = () => {
    clearInterval(timer);
    place.wanted = null;
  };
  place.restore = (top) => {
    place.release();
    place.wanted = { address: here(), top };
    const until = Date.now() + PATIENCE;
    let still = 0;
    // Rows arrive bit by bit, and the pane is scrolled only as far as they reach.
    timer = setInterval(() => {
      const element = pane();
      if (!element) return;
      if (Math.abs(element.scrollTop - top) > 1) element.scrollTop = top;
      const settled = !document.querySelector('[data-testid=stApp][data-test-script-state="running"]');
      still = Math.abs(element.scrollTop - top) <= 1 && settled ? still + 1 : 0;
      if (still > 4 || Date.now() > until || here() !== place.wanted.address) place.release();
    }, 60);
  };

  document.addEventListener("scroll", (event) => {
    if (event.target !== pane()) return;
    const shorter = event.target.scrollHeight < height; // then nobody has scrolled: rows have gone
    height = event.target.scrollHeight;
    if (place.wanted === null && !shorter) keep(event.target.scrollTop);
  }, true);
  for (const name of ["wheel", "touchmove", "keydown", "mousedown"]) {
    document.addEventListener(name, place.release, { capture: true, passive: true });
  }
  window.addEventListener("popstate", () => place.restore(kept()));
  window.addEventListener("pagehide", () => {
    if (!place.list) return;
    write(LIST, { address: here(), name: place.list });
    write(ROWS, rows(place.list));
  });

  const [how] = performance.getEntriesByType("navigation");
  const returns = read(RETURN) === here();
  sessionStorage.removeItem(RETURN);
  if (returns || how?.type === "back_forward" || how?.type === "reload") place.restore(kept());
  return place;
}

export default function ({ data: [data] }) {
  const place = (window.ocrDashboardPlace ??= install());
  place.list = data.list;
}
