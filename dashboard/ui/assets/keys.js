// Work without a mouse: one listener for all pages of this tab. Nothing happens while somebody types, in a dialog, or
// with a modifier held; and whoever speaks to their computer can switch all of it off (kept in this browser).
const OFF = "ocr-dashboard keys off";
const PAGES = { b: "", a: "add", l: "library", t: "tokens" };
const PATIENCE = 1500; // ms between g and the letter of a page
const HELP = [
  ["/", "Search"],
  ["j  k", "Next, previous row"],
  ["x", "Select the row"],
  ["o", "Open the row"],
  ["[  ]", "Previous, next task of the list"],
  ["n  p", "Next, previous masked word"],
  ["c", "Copy the text"],
  ["d", "Download"],
  ["g b, g a, g l, g t", "Go to Board, Add, Library, Tokens"],
  ["u", "Next word the service was not sure of"],
  ["Ctrl K", "Find a task, a page, an action"],
  ["?", "These keys"],
];

// Components stand in trees of their own.
function* trees(root) {
  yield root;
  for (const element of root.querySelectorAll("*")) if (element.shadowRoot) yield* trees(element.shadowRoot);
}
const all = (selector) => {
  const main = document.querySelector("[data-testid=stMain]");
  const found = main ? [...trees(main)].flatMap((tree) => [...tree.querySelectorAll(selector)]) : [];
  return found.filter((element) => element.checkVisibility());
};
const focused = (tree = document) => (tree.activeElement?.shadowRoot ? focused(tree.activeElement.shadowRoot) : tree.activeElement);

const rows = () => all("a[href*='task?id=']:not([aria-keyshortcuts])");
const rowOf = (link) => link?.closest("tr, [class*='st-key-library_row_']");

function step(by) {
  const links = rows();
  const here = links.indexOf(focused());
  const next = links[here < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(here + by, 0), links.length - 1)];
  next?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

function go(letter) {
  const page = PAGES[letter];
  const links = [...document.querySelectorAll("[data-testid=stTopNavLink], [data-testid=stSidebarNavLink]")];
  // The board is the first page; below a base path its address ends with that.
  const link = page ? links.find((one) => new URL(one.href).pathname.split("/").pop() === page) : links[0];
  link?.click();
}

function kept() {
  try {
    return localStorage.getItem(OFF) === "yes";
  } catch {
    return false; // a browser without storage: they are on
  }
}

function help() {
  // Within the app, which knows whether it is light or dark.
  const around = document.querySelector("[data-testid=stApp]") ?? document.body;
  const dialog = around.appendChild(document.createElement("dialog"));
  dialog.className = "ocr-keys";
  dialog.setAttribute("aria-label", "Keys");
  const list = make("dl", dialog);
  for (const [keys, what] of HELP) {
    const line = make("div", list);
    make("dt", line, keys);
    make("dd", line, what);
  }
  const label = make("label", dialog);
  const box = make("input", label, "", { type: "checkbox" });
  make("span", label, "Use these keys in this browser");
  box.checked = !kept();
  box.onchange = () => {
    try {
      localStorage.setItem(OFF, box.checked ? "no" : "yes");
    } catch {
      box.checked = true;
    }
  };
  const close = make("button", dialog, "Close", { type: "button", class: "ocr-button" });
  close.onclick = () => dialog.close();
  dialog.onclose = () => dialog.remove();
  dialog.showModal();
  close.focus();
}

const ACTIONS = {
  "/": () => all("input[type=search]")[0]?.focus(),
  j: () => step(1),
  k: () => step(-1),
  x: () => rowOf(focused())?.querySelector("input[type=checkbox]")?.click(),
  o: () => rows().includes(focused()) && focused().click(),
  "[": () => all("a[aria-keyshortcuts='[']")[0]?.click(),
  "]": () => all("a[aria-keyshortcuts=']']")[0]?.click(),
  c: () => all("button").find((one) => one.getRootNode().host?.closest(".st-key-result_view_copy"))?.click(),
  d: () => all(".st-key-result_download button")[0]?.click(),
  "?": help,
};

function install() {
  let going = 0;
  document.addEventListener("keydown", (event) => {
    const at = event.composedPath()[0];
    const busy = at.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable], [role=dialog], [role=listbox], dialog");
    if (busy || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (kept() && event.key !== "?") return;
    const wasGoing = Date.now() - going < PATIENCE;
    going = event.key === "g" ? Date.now() : 0;
    if (wasGoing && event.key in PAGES) go(event.key);
    else if (event.key in ACTIONS) ACTIONS[event.key]();
    else return;
    event.preventDefault();
  });
}

export default function () {
  if (!window.ocrDashboardKeys) {
    window.ocrDashboardKeys = true;
    install();
  }
}
