// The button that opens and closes what stands at the side of a page where there is no room beside the text.
export default function ({ data: [data], parentElement }) {
  const root = document.documentElement;
  const button = parentElement.querySelector("button");
  const panel = () => document.querySelector(data.selector);

  const show = (open) => {
    open ? (root.dataset.drawer = "") : delete root.dataset.drawer;
    button.setAttribute("aria-expanded", open);
    button.textContent = open ? "Close" : data.label;
    const side = panel();
    if (!side) return;
    side.tabIndex = -1;
    side.setAttribute("aria-label", data.label);
    side.setAttribute("role", "region");
    (open ? side : button).focus({ preventScroll: true });
  };
  const isOpen = () => "drawer" in root.dataset;
  const key = (event) => {
    const above = document.querySelector("[data-testid=stPopoverBody], [data-testid=stDialog]");
    if (event.key === "Escape" && isOpen() && !above) show(false);
  };
  // Menus and dialogs that were opened in it stand elsewhere in the document.
  const outside = (event) => {
    const path = event.composedPath();
    const page = document.querySelector("[data-testid=stAppViewContainer]");
    if (isOpen() && path.includes(page) && !path.includes(panel()) && !path.includes(button)) show(false);
  };
  button.textContent = isOpen() ? "Close" : data.label;
  button.setAttribute("aria-expanded", isOpen());
  button.onclick = () => show(!isOpen());
  document.addEventListener("keydown", key, true); // before a menu that is open in it has closed
  document.addEventListener("pointerdown", outside);
  return () => {
    // A refresh of the page takes it down as well, and puts it up again at once.
    setTimeout(() => button.isConnected || delete root.dataset.drawer);
    document.removeEventListener("keydown", key, true);
    document.removeEventListener("pointerdown", outside);
  };
}
