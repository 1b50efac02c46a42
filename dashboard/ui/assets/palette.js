// Ctrl+K on every page: type a few letters and go to a task, a page or an action. Tasks come from our API; pages and
// actions are what the page shows, so there is nothing here that cannot be done by mouse. Everything is set as text.
const WAIT = 150; // ms after the last letter
const TASKS = 7;
const ACTIONS = "[data-testid=stMain] :is([data-testid=stButton], [data-testid=stDownloadButton], [data-testid=stPopover]) button";

const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
const matches = (name, typed) => words(typed).every((word) => name.toLowerCase().includes(word));

// The words of a button, without the names of its icons.
function nameOf(element) {
  const copy = element.cloneNode(true);
  for (const icon of copy.querySelectorAll("[data-testid=stIconMaterial], svg")) icon.remove();
  return copy.textContent.trim();
}

function pages() {
  const links = document.querySelectorAll("[data-testid=stTopNavLink], [data-testid=stSidebarNavLink]");
  return [...links].map((link) => ({ kind: "Page", name: nameOf(link), go: () => link.click() }));
}

function actions() {
  const buttons = [...document.querySelectorAll(ACTIONS)].filter((one) => !one.disabled && one.checkVisibility());
  return buttons.map((button) => ({ kind: "Action", name: nameOf(button), go: () => button.click() })).filter(({ name }) => name);
}

async function tasks(data, typed, signal) {
  const address = new URL(data.tasks, document.baseURI);
  address.searchParams.set("q", typed);
  address.searchParams.set("per_page", TASKS);
  const answer = await fetch(address, { signal });
  if (!answer.ok) return [];
  const { items } = await answer.json();
  return items.map(({ id, label, task_id: taskId, state }) => ({
    kind: "Task",
    name: label || taskId,
    more: state.replaceAll("_", " "),
    go: () => {
      const task = new URL(data.task, document.baseURI);
      task.searchParams.set("id", id);
      location.assign(task);
    },
  }));
}

function library(data, typed) {
  const go = () => {
    const found = new URL(data.library, document.baseURI);
    found.searchParams.set("find", typed);
    location.assign(found);
  };
  return { kind: "Library", name: `Find “${typed}” in every text`, go };
}

function open(data) {
  const around = document.querySelector("[data-testid=stApp]") ?? document.body;
  const before = document.activeElement;
  const offered = [...pages(), ...actions()]; // before the dialog covers them
  const dialog = make("dialog", around, "", { class: "ocr-palette", "aria-label": "Find a task, a page, an action" });
  const input = make("input", dialog, "", { type: "text", placeholder: "Task, page or action", role: "combobox",
    "aria-label": "Task, page or action", "aria-expanded": "true", "aria-controls": "ocr-palette-list", autocomplete: "off", spellcheck: "false" });
  const list = make("ul", dialog, "", { id: "ocr-palette-list", role: "listbox", "aria-label": "Found" });
  let shown = [];
  let current = 0;
  let timer = null;
  let asking = null;

  const mark = () => {
    [...list.children].forEach((line, index) => line.setAttribute("aria-selected", index === current));
    input.setAttribute("aria-activedescendant", shown.length ? `ocr-palette-${current}` : "");
    list.children[current]?.scrollIntoView({ block: "nearest" });
  };
  const draw = (found) => {
    shown = found;
    current = 0;
    list.replaceChildren();
    found.forEach(({ kind, name, more }, index) => {
      const line = make("li", list, "", { id: `ocr-palette-${index}`, role: "option" });
      make("small", line, kind);
      make("span", line, name);
      if (more) make("i", line, more);
      line.onclick = () => choose(index);
    });
    if (!found.length) make("li", list, "Nothing is found.", { role: "option", "aria-disabled": "true" });
    mark();
  };
  const choose = (index) => {
    const chosen = shown[index];
    if (!chosen) return;
    dialog.close();
    chosen.go();
  };
  const look = () => {
    const typed = input.value.trim();
    const here = offered.filter(({ name }) => matches(name, typed));
    draw(typed ? [...here, library(data, typed)] : here);
    clearTimeout(timer);
    asking?.abort();
    if (!typed) return;
    timer = setTimeout(async () => {
      asking = new AbortController();
      const found = await tasks(data, typed, asking.signal).catch(() => []);
      if (input.value.trim() === typed && found.length && dialog.open) draw([...found, ...here, library(data, typed)]);
    }, WAIT);
  };
  input.oninput = look;
  input.onkeydown = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && shown.length) {
      current = (current + by + shown.length) % shown.length;
      mark();
    } else if (event.key === "Enter" && !event.isComposing) choose(current);
    else return;
    event.preventDefault();
  };
  dialog.onclick = (event) => event.target === dialog && dialog.close();
  dialog.onclose = () => {
    dialog.remove();
    if (before?.isConnected) before.focus();
  };
  look();
  dialog.showModal();
  input.focus();
}

export default function ({ data: [data] }) {
  const first = !window.ocrDashboardPalette;
  window.ocrDashboardPalette = data;
  if (!first) return;
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (!document.querySelector("dialog[open], [role=dialog]")) open(window.ocrDashboardPalette);
  });
}
