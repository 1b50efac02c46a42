// Has a text box read while somebody types. Streamlit reads one at Ctrl+Enter and when it is left; this says the
// former after a pause. The box stays Streamlit's own: nothing is typed into it, the cursor stays, and what is typed
// meanwhile stays too.
const timers = new WeakMap();

const read = (box) => {
  const shortcut = { key: "Enter", code: "Enter", ctrlKey: true, bubbles: true, cancelable: true };
  if (box.isConnected) box.dispatchEvent(new KeyboardEvent("keydown", shortcut));
};

export default function ({ data: [data], parentElement }) {
  const listen = (event) => {
    const box = event.target;
    if (!box.matches?.(data.selector)) return;
    clearTimeout(timers.get(box));
    const pause = Math.min(2000, 350 + box.value.length / 400); // what is long takes longer to read
    timers.set(box, setTimeout(() => read(box), pause));
  };
  document.removeEventListener("input", parentElement.listen);
  parentElement.listen = listen;
  document.addEventListener("input", listen);
  return () => document.removeEventListener("input", listen);
}
