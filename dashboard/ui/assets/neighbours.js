// The tasks before and after this one in the list it was opened from, in this tab; nothing where it was not. Behind the
// last one of a page comes the next page of that list.
const ROWS = "ocr-dashboard rows";
const LIST = "ocr-dashboard list";

function rows() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(ROWS));
    if (Array.isArray(kept?.ids) && kept.ids.every(Number.isInteger)) return kept;
  } catch {
    // A browser without storage, or none of our words in it.
  }
  return { ids: [], first: 1, total: 0 };
}

// Another page of the list; undefined where that is not known.
function pageOf(by) {
  try {
    const address = new URL(JSON.parse(sessionStorage.getItem(LIST)).address, location.href);
    if (address.origin !== location.origin) return undefined;
    const page = Number(address.searchParams.get("page") || 1) + by;
    page > 1 ? address.searchParams.set("page", page) : address.searchParams.delete("page");
    return address;
  } catch {
    return undefined;
  }
}

export default function ({ data: [data], parentElement }) {
  const root = parentElement.querySelector(".neighbours");
  root.replaceChildren();
  const { ids, first, total } = rows();
  const place = ids.indexOf(data.id);
  root.hidden = place < 0;
  if (place < 0) return;
  const taskOf = (id) => {
    if (id === undefined) return undefined;
    const address = new URL(data.base, location.href);
    address.searchParams.set("id", id);
    return address;
  };
  const link = (address, sign, label, key) => {
    const element = make(address ? "a" : "span", root, sign, { title: `${label} (key: ${key})` });
    if (!address) return element.setAttribute("aria-hidden", "true");
    element.href = address.href;
    element.target = "_self";
    element.setAttribute("aria-label", label);
    element.setAttribute("aria-keyshortcuts", key);
  };
  const [before, after] = [taskOf(ids[place - 1]), taskOf(ids[place + 1])];
  const last = first + ids.length - 1;
  if (before || first <= 1) link(before, "‹", "Previous task", "[");
  else link(pageOf(-1), "«", "Previous page of the list", "[");
  make("span", root, `${(first + place).toLocaleString()} of ${Math.max(total, last).toLocaleString()}`);
  if (after || last >= total) link(after, "›", "Next task", "]");
  else link(pageOf(1), "»", "Next page of the list", "]");
}
