// Shows a picture of this dashboard with zoom and rotation; nothing is asked of the server but the picture. Where the
// places of words are known, a word of the text shows its place and a place its word, and those that the service was
// not sure of can be walked through, the least sure first.
const STEP = 1.25;
const UNSURE = 85; // percent of confidence
const PAINT = "ocr-word";

export default function ({ data: [data], parentElement }) {
  const root = parentElement.querySelector(".viewer");
  const seen = JSON.stringify(data);
  if (root.seen === seen) return; // a rerun must not take zoom and place away
  root.seen = seen;
  root.replaceChildren();
  let zoom = 1;
  let turns = 0;
  const bar = make("div", root, "", { class: "bar" });
  const pane = make("div", root, "", { class: "pane", tabindex: 0 });
  const sheet = make("div", pane, "", { class: "sheet" });
  const image = make("img", sheet, "", { src: data.src, alt: data.alt });
  const place = () => {
    const sideways = turns % 2 !== 0;
    const width = pane.clientWidth * zoom;
    const ratio = image.naturalHeight / image.naturalWidth || 1;
    sheet.style.width = `${sideways ? width / ratio : width}px`;
    const [w, h] = sideways ? [width / ratio, width] : [width, width * ratio];
    sheet.style.transform = `rotate(${turns * 90}deg)`;
    sheet.style.margin = sideways ? `${(w - h) / 2}px ${(h - w) / 2}px` : "0";
  };
  const button = (label, title, action) => {
    const made = make("button", bar, label, { type: "button", title, "aria-label": title });
    made.onclick = () => {
      action();
      place();
    };
    return made;
  };
  button("−", "Smaller", () => (zoom = Math.max(0.25, zoom / STEP)));
  button("+", "Larger", () => (zoom = Math.min(12, zoom * STEP)));
  button("Fit", "Fit to width", () => (zoom = 1));
  button("⟲", "Rotate left", () => (turns = (turns + 3) % 4));
  button("⟳", "Rotate right", () => (turns = (turns + 1) % 4));
  if (data.words?.length) words(data, root, bar, sheet);
  image.onload = place;
  image.onerror = () => {
    pane.textContent = "The browser cannot show this picture. Download it instead.";
  };
  new ResizeObserver(place).observe(pane);
}

function words(data, root, bar, sheet) {
  const boxes = data.words.map(([start, end, left, top, width, height, sure]) => ({ start, end, left, top, width, height, sure }));
  const frame = make("div", sheet, "", { class: "frame", hidden: "" });
  const unsure = boxes.filter(({ sure }) => sure !== null && sure < UNSURE).sort((a, b) => a.sure - b.sure);
  const text = () => document.querySelector(data.selector);

  // A range of the text by its characters.
  const rangeOf = ({ start, end }) => {
    const walker = document.createTreeWalker(text(), NodeFilter.SHOW_TEXT);
    const range = new Range();
    let passed = 0;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const next = passed + node.data.length;
      if (start >= passed && start < next) range.setStart(node, start - passed);
      if (end > passed && end <= next) {
        range.setEnd(node, end - passed);
        return range;
      }
      passed = next;
    }
    return null;
  };

  const show = (box, { scrollText = true } = {}) => {
    frame.hidden = false;
    for (const [name, value] of Object.entries({ left: box.left, top: box.top, width: box.width, height: box.height }))
      frame.style[name] = `${value / 10}%`;
    frame.scrollIntoView({ block: "nearest", inline: "nearest" });
    const range = text() && rangeOf(box);
    if (!range) return;
    CSS.highlights?.set(PAINT, new Highlight(range));
    status.textContent = box.sure === null ? `“${range}”` : `“${range}” ${box.sure} % sure`;
    const pane = text().getBoundingClientRect();
    const at = range.getBoundingClientRect();
    if (scrollText && (at.top < pane.top || at.bottom > pane.bottom)) text().scrollTop += at.top - pane.top - pane.height / 2;
  };

  if (unsure.length) {
    let current = -1;
    const next = make("button", bar, `Unsure ${unsure.length}`, {
      type: "button", title: "Next word the service was not sure of, the least sure first (key: u)", "aria-keyshortcuts": "u" });
    next.onclick = () => show(unsure[(current = (current + 1) % unsure.length)]);
    const onKey = (event) => {
      if (!root.isConnected) return document.removeEventListener("keydown", onKey);
      const typing = event.composedPath()[0].closest?.("input, textarea, select, [contenteditable], [role=dialog], dialog");
      if (event.key === "u" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && next.isConnected) next.click();
    };
    document.removeEventListener("keydown", root.onKey);
    root.onKey = onKey;
    document.addEventListener("keydown", onKey);
  }

  const status = make("span", bar, "", { role: "status" });
  sheet.onclick = (event) => {
    // In the sheet's own measures: however it is turned, the event's offset is that of the picture.
    const x = (1000 * event.offsetX) / sheet.clientWidth;
    const y = (1000 * event.offsetY) / sheet.clientHeight;
    const hit = boxes.find(({ left, top, width, height }) => x >= left && x <= left + width && y >= top && y <= top + height);
    if (hit) show(hit);
  };

  const onText = (event) => {
    if (!root.isConnected) return document.removeEventListener("click", onText);
    const element = text();
    if (!element?.contains(event.target) || !getSelection().isCollapsed) return;
    const caret = document.caretPositionFromPoint?.(event.clientX, event.clientY);
    const node = caret?.offsetNode ?? document.caretRangeFromPoint?.(event.clientX, event.clientY)?.startContainer;
    const offset = caret?.offset ?? document.caretRangeFromPoint?.(event.clientX, event.clientY)?.startOffset;
    if (!node || !element.contains(node)) return;
    const before = new Range();
    before.setStart(element, 0);
    before.setEnd(node, offset);
    const at = before.toString().length;
    const hit = boxes.find(({ start, end }) => at >= start && at <= end);
    if (hit) show(hit, { scrollText: false });
  };
  document.removeEventListener("click", root.onText);
  root.onText = onText;
  document.addEventListener("click", onText);
}
