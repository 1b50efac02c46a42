// Walks through the masked words of the text on this page: buttons, keys, a strip and a list.
// The text stays where it is; everything shown here is set as text.
const SHOWN = "data-current-gap";

export default function ({ data: [data], parentElement }) {
  const root = parentElement.querySelector(".walker");
  const seen = JSON.stringify(data);
  if (root.seen === seen) return; // a rerun of the page must not take the place away
  root.seen = seen;
  root.replaceChildren();
  let current = 0;

  const bar = make("div", root, "", { class: "bar" });
  const back = make("button", bar, "‹", { type: "button", title: "Previous masked word (key: p)", "aria-label": "Previous masked word", "aria-keyshortcuts": "p" });
  const strip = make("div", bar, "", { class: "strip", title: "Where in the text words are masked" });
  const next = make("button", bar, "›", { type: "button", title: "Next masked word (key: n)", "aria-label": "Next masked word", "aria-keyshortcuts": "n" });
  const details = make("details", bar);
  const place = make("span", make("summary", details, "", { title: "All of them, with their lines" }), `${data.total} masked`, { role: "status" });
  const most = Math.max(1, ...data.strip);
  data.strip.forEach((count, cell) => {
    const first = data.strip.slice(0, cell).reduce((sum, some) => sum + some, 0) + 1;
    const part = make(count ? "button" : "span", strip);
    if (!count) return;
    part.type = "button";
    part.style.opacity = 0.35 + (0.65 * count) / most;
    part.setAttribute("aria-label", `${count} masked here, the first is number ${first}`);
    part.onclick = () => go(first);
  });
  const all = make("div", details, "", { class: "all" });
  const list = make("ol", all);
  data.gaps.forEach((gap) => {
    const item = make("li", list);
    const jump = make("button", item, "", { type: "button", dir: "auto", class: "line" });
    make("small", jump, `line ${gap.line} `);
    make("span", jump, gap.before);
    make("mark", jump, gap.hidden);
    make("span", jump, gap.after);
    jump.onclick = () => go(gap.number);
  });
  if (data.total > data.gaps.length)
    make("p", all, `These are the first ${data.gaps.length} of ${data.total}.`);

  function go(number) {
    const marks = document.querySelectorAll(data.selector);
    document.querySelectorAll(`[${SHOWN}]`).forEach((mark) => mark.removeAttribute(SHOWN));
    current = ((number - 1 + data.total) % data.total) + 1;
    const mark = marks[current - 1];
    if (mark) {
      mark.setAttribute(SHOWN, "");
      mark.scrollIntoView({ block: "center" });
    }
    const gap = data.gaps[current - 1];
    const where = gap ? `, line ${gap.line}` : "";
    place.textContent = `${current} of ${data.total}${where}${mark ? "" : ": beyond what is shown"}`;
  }

  back.onclick = () => go(current ? current - 1 : data.total);
  next.onclick = () => go(current + 1);
  const onKey = (event) => {
    if (!root.isConnected) return document.removeEventListener("keydown", onKey);
    const typing = event.composedPath()[0].closest?.("input, textarea, select, [contenteditable], [role=dialog]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "n") go(current + 1);
    if (event.key === "p") go(current ? current - 1 : data.total);
  };
  document.removeEventListener("keydown", root.onKey);
  root.onKey = onKey;
  document.addEventListener("keydown", onKey);
}
