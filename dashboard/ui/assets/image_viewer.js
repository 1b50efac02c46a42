// Shows a picture of this dashboard with zoom and rotation; nothing is asked of the server but the picture.
const STEP = 1.25;

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
  const image = make("img", pane, "", { src: data.src, alt: data.alt });
  const place = () => {
    const sideways = turns % 2 !== 0;
    const width = pane.clientWidth * zoom;
    const ratio = image.naturalHeight / image.naturalWidth || 1;
    image.style.width = `${sideways ? width / ratio : width}px`;
    const [w, h] = sideways ? [width / ratio, width] : [width, width * ratio];
    image.style.transform = `rotate(${turns * 90}deg)`;
    image.style.margin = sideways ? `${(w - h) / 2}px ${(h - w) / 2}px` : "0";
  };
  const button = (label, title, action) => {
    make("button", bar, label, { type: "button", title, "aria-label": title }).onclick = () => {
      action();
      place();
    };
  };
  button("−", "Smaller", () => (zoom = Math.max(0.25, zoom / STEP)));
  button("+", "Larger", () => (zoom = Math.min(12, zoom * STEP)));
  button("Fit", "Fit to width", () => (zoom = 1));
  button("⟲", "Rotate left", () => (turns = (turns + 3) % 4));
  button("⟳", "Rotate right", () => (turns = (turns + 1) % 4));
  image.onload = place;
  image.onerror = () => {
    pane.textContent = "The browser cannot show this picture. Download it instead.";
  };
  new ResizeObserver(place).observe(pane);
}
