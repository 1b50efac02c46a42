// Looks and searching for the text on this page, without asking the server: line numbers, wrapping, font, find.
// Matches are painted by the browser (CSS highlights), so the text itself stays as it is. What is the same is what
// dashboard/folding.js says, which stands before this.
const STORE = "ocr_dashboard_text";
const PAINT = "ocr-find";
const PAINT_CURRENT = "ocr-find-current";
const MOST = 10000;

const kept = () => {
  try {
    return JSON.parse(localStorage.getItem(STORE)) || {};
  } catch {
    return {};
  }
};

export default function ({ data: [data], parentElement }) {
  const root = parentElement.querySelector(".tools");
  const text = () => document.querySelector(data.selector);
  const look = kept();

  const apply = () => {
    const element = text();
    if (!element) return;
    element.toggleAttribute("data-numbered", Boolean(look.numbered));
    element.toggleAttribute("data-unwrapped", Boolean(look.unwrapped));
    element.toggleAttribute("data-mono", Boolean(look.mono));
  };

  if (root.childElementCount) {
    apply(); // a rerun may have drawn the text anew
    return root.find(false);
  }

  const search = make("input", root, "", { type: "search", placeholder: "Find in this text", "aria-label": "Find in this text" });
  const back = make("button", root, "↑", { type: "button", "aria-label": "Previous match" });
  const next = make("button", root, "↓", { type: "button", "aria-label": "Next match" });
  const place = make("span", root, "", { role: "status" });
  const toggles = make("span", root, "", { class: "toggles" });
  const toggle = (name, sign, label) => {
    const button = make("button", toggles, sign, { type: "button", title: label, "aria-label": label, "aria-pressed": Boolean(look[name]) });
    button.onclick = () => {
      look[name] = !look[name];
      button.setAttribute("aria-pressed", look[name]);
      try {
        localStorage.setItem(STORE, JSON.stringify(look));
      } catch {
        // The browser keeps nothing for us; the choice lasts as long as the page.
      }
      apply();
    };
  };
  toggle("numbered", "1·2·3", "Line numbers");
  toggle("unwrapped", "⇥", "No wrapping");
  toggle("mono", "Aa", "Monospaced");
  apply();

  let ranges = [];
  let folded = null;
  let current = -1;

  const locate = (element, wanted) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const nodes = [];
    let whole = "";
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      nodes.push({ node, start: whole.length });
      whole += node.data;
    }
    if (whole !== folded?.of) folded = { of: whole, ...folding.fold(whole) };
    const found = [];
    let index = 0;
    const at = (offset, end) => {
      while (index + 1 < nodes.length && nodes[index + 1].start < offset + (end ? 0 : 1)) index++;
      return [nodes[index].node, offset - nodes[index].start];
    };
    for (const [start, end] of folding.find(folded, wanted, MOST)) {
      const range = new Range();
      range.setStart(...at(start, false));
      range.setEnd(...at(end, true));
      found.push(range);
    }
    return found;
  };

  const go = (step) => {
    if (!ranges.length) return;
    current = (current + step + ranges.length) % ranges.length;
    CSS.highlights?.set(PAINT_CURRENT, new Highlight(ranges[current]));
    const parent = ranges[current].startContainer.parentElement;
    const box = ranges[current].getBoundingClientRect();
    const pane = text().getBoundingClientRect();
    if (box.top < pane.top || box.bottom > pane.bottom) text().scrollTop += box.top - pane.top - pane.height / 2;
    if (box.left < pane.left || box.right > pane.right) text().scrollLeft += box.left - pane.left - pane.width / 2;
    if (pane.top < 0 || pane.bottom > innerHeight) parent.scrollIntoView({ block: "center" });
    say();
  };
  const say = () => {
    const more = ranges.length === MOST ? "+" : "";
    place.textContent = search.value ? (ranges.length ? `${current + 1} of ${ranges.length}${more}` : "not found") : "";
    back.disabled = next.disabled = !ranges.length;
  };
  root.find = (begin) => {
    const element = text();
    if (!element) return;
    ranges = search.value ? locate(element, search.value) : [];
    current = begin ? -1 : Math.min(current, ranges.length - 1);
    CSS.highlights?.delete(PAINT_CURRENT);
    if (ranges.length) CSS.highlights?.set(PAINT, new Highlight(...ranges));
    else CSS.highlights?.delete(PAINT);
    if (begin) go(1);
    say();
  };
  search.oninput = () => root.find(true);
  search.onkeydown = (event) => {
    if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
  };
  back.onclick = () => go(-1);
  next.onclick = () => go(1);
  say();
}
