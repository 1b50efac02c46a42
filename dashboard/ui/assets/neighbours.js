// The tasks before and after this one in the list it was opened from, in this tab; nothing where it was not.
const ROWS = "ocr-dashboard rows";

function rows() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(ROWS));
    if (Array.isArray(kept?.ids) && kept.ids.every(Number.isInteger)) return kept;
  } catch {
    // A browser without storage, or none of our words in it.
  }
  return { ids: [], first: 1, total: 0 };
}

export default function ({ data: [data], parentElement }) {
  const root = parentElement.querySelector(".neighbours");
  root.replaceChildren();
  const { ids, first, total } = rows();
  const place = ids.indexOf(data.id);
  root.hidden = place < 0;
  if (place < 0) return;
  const link = (id, sign, label, key) => {
    const element = make(id === undefined ? "span" : "a", root, sign, { title: `${label} (key: ${key})` });
    if (id === undefined) return element.setAttribute("aria-hidden", "true");
    const address = new URL(data.base, location.href);
    address.searchParams.set("id", id);
    element.href = address.href;
    element.target = "_self";
    element.setAttribute("aria-label", label);
    element.setAttribute("aria-keyshortcuts", key);
  };
  link(ids[place - 1], "‹", "Previous task", "[");
  make("span", root, `${(first + place).toLocaleString()} of ${Math.max(total, first + ids.length - 1).toLocaleString()}`);
  link(ids[place + 1], "›", "Next task", "]");
}
