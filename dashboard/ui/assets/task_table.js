// The board's table. It keeps the selection by task, not by row number, so that rows may come, go and move
// underneath it, to other pages too; it ticks ages and countdowns by itself; and it redraws only cells whose text changed.
// Everything is set with textContent: labels and IDs are text from strangers. Headings choose the order; which columns
// there are is kept in this browser.
const HEAD = [
  { name: "state", title: "State", sorts: ["state"] },
  { name: "task", title: "Task", sorts: ["label"] },
  { name: "operation", title: "Operation", optional: true },
  { name: "token", title: "Token", optional: true },
  { name: "added", title: "Added", sorts: ["newest", "oldest"], optional: true },
  { name: "left", title: "Time left", sorts: ["deadline"], optional: true },
];
const DIRECTIONS = { newest: "descending", oldest: "ascending", deadline: "ascending", label: "ascending", state: "ascending" };
const HIDDEN = "ocr-dashboard hidden columns";

function build(root) {
  const view = { root, rows: new Map(), selected: new Set(), turn: null, last: null };
  const table = make("table", root, "", { class: "tasks" });
  view.table = table;
  make("caption", table, "Tasks", { class: "hidden" });
  const head = make("tr", make("thead", table));
  const corner = make("th", head, "", { class: "pick", scope: "col" });
  view.all = make("input", corner, "", { type: "checkbox", "aria-label": "Select all tasks on this page" });
  view.heads = HEAD.map((column) => heading(view, head, column));
  columns(view, view.heads.at(-1).cell);
  view.body = make("tbody", table);
  view.all.addEventListener("change", () => {
    leaveEverything(view);
    for (const id of view.rows.keys()) view.all.checked ? view.selected.add(id) : view.selected.delete(id);
    report(view);
  });
  return view;
}

function heading(view, head, { name, title, sorts }) {
  const cell = make("th", head, sorts ? "" : title, { scope: "col", class: name });
  if (!sorts) return { cell };
  const button = make("button", cell, title, { type: "button", class: "sort" });
  const arrow = make("span", button, "", { "aria-hidden": "true" });
  button.addEventListener("click", () => {
    const by = sorts[(sorts.indexOf(view.sort) + 1) % sorts.length];
    // The one that is on already is taken off, where it has no other direction.
    view.setStateValue("sort", { by: by === view.sort ? "newest" : by, at: Date.now() });
  });
  return { cell, sorts, arrow };
}

function paintSort(view, sort) {
  view.sort = sort;
  for (const { cell, sorts, arrow } of view.heads) {
    const on = sorts?.includes(sort);
    on ? cell.setAttribute("aria-sort", DIRECTIONS[sort]) : cell.removeAttribute("aria-sort");
    if (arrow) set(arrow, on ? (DIRECTIONS[sort] === "ascending" ? " ↑" : " ↓") : "");
  }
}

function hiddenColumns() {
  try {
    const kept = JSON.parse(localStorage.getItem(HIDDEN));
    if (Array.isArray(kept)) return kept;
  } catch {
    // A browser without storage, or somebody else's words in it: the usual columns.
  }
  return ["token"];
}

function paintColumns(view, hidden) {
  for (const { name } of HEAD) view.table.classList.toggle(`no-${name}`, hidden.includes(name));
}

function columns(view, cell) {
  const menu = make("details", cell, "", { class: "columns" });
  make("summary", menu, "⋮", { title: "Columns", "aria-label": "Columns" });
  const list = make("div", menu, "", { role: "group", "aria-label": "Columns" });
  for (const { name, title } of HEAD.filter(({ optional }) => optional)) {
    const label = make("label", list);
    const box = make("input", label, "", { type: "checkbox" });
    make("span", label, title);
    box.checked = !hiddenColumns().includes(name);
    box.addEventListener("change", () => {
      const hidden = hiddenColumns().filter((one) => one !== name).concat(box.checked ? [] : [name]);
      paintColumns(view, hidden);
      try {
        localStorage.setItem(HIDDEN, JSON.stringify(hidden));
      } catch {
        // It holds as long as the page.
      }
    });
  }
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") menu.open = false;
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  paintColumns(view, hiddenColumns());
}

function report(view) {
  paintSelection(view);
  view.setStateValue("selected", { turn: view.turn, ids: [...view.selected] });
}

// Of all that match, what is on this page stays selected when somebody takes one of it out.
function leaveEverything(view) {
  if (view.everything) view.selected = new Set(view.rows.keys());
  view.everything = false;
}

function paintSelection(view) {
  for (const [id, row] of view.rows) {
    row.box.checked = view.everything || view.selected.has(id);
    row.line.classList.toggle("selected", row.box.checked);
  }
  const here = [...view.rows.values()].filter(({ box }) => box.checked).length;
  view.all.checked = here > 0 && here === view.rows.size;
  view.all.indeterminate = here > 0 && !view.all.checked;
}

function addRow(view, id) {
  const line = document.createElement("tr");
  const row = { line };
  row.box = make("input", make("td", line, "", { class: "pick" }), "", { type: "checkbox" });
  row.box.addEventListener("click", (event) => {
    leaveEverything(view);
    const ids = [...view.rows.keys()];
    const range = event.shiftKey && view.last !== null ? [ids.indexOf(view.last), ids.indexOf(id)] : null;
    const chosen = range && range[0] >= 0 ? ids.slice(Math.min(...range), Math.max(...range) + 1) : [id];
    for (const one of chosen) row.box.checked ? view.selected.add(one) : view.selected.delete(one);
    view.last = id;
    report(view);
  });
  const state = make("td", line, "", { class: "state" });
  row.badge = make("span", state, "", { class: "badge" });
  row.icon = make("span", row.badge, "", { class: "icon", "aria-hidden": "true" });
  row.word = make("span", row.badge);
  row.mark = make("span", state, "needs you", { class: "attention" });
  const task = make("td", line, "", { class: "task" });
  row.picture = make("img", task, "", { alt: "", loading: "lazy", class: "picture" });
  row.type = make("span", task, "", { class: "picture type", "aria-hidden": "true", translate: "no" });
  row.link = make("a", task);
  row.detail = make("span", task, "", { class: "detail" });
  row.operation = make("td", line, "", { class: "operation" });
  row.token = make("td", line, "", { class: "token" });
  row.added = make("time", make("td", line, "", { class: "added" }));
  row.left = make("time", make("td", line, "", { class: "left" }));
  view.rows.set(id, row);
  return row;
}

const utc = () => (document.cookie.includes("ocr_dashboard_zone=utc") ? "UTC" : undefined);

function fill(view, row, data, { tone, sentence, icon, word }, type) {
  row.data = data;
  row.badge.dataset.tone = tone;
  row.badge.title = sentence;
  set(row.icon, icon);
  set(row.word, word);
  row.mark.hidden = !data.attention;
  row.line.classList.toggle("needs-attention", Boolean(data.attention));
  row.box.setAttribute("aria-label", `Select ${data.name}`);
  set(row.link, data.name);
  row.picture.hidden = !data.picture;
  if (data.picture && row.picture.getAttribute("src") !== data.picture) row.picture.src = data.picture;
  row.link.href = view.base.replace("id=0", `id=${data.id}`);
  row.link.title = data.task_id;
  set(row.operation, data.operation);
  set(row.token, data.token || "–");
  set(row.type, type);
  row.type.hidden = Boolean(data.picture);
  if (row.since !== data.added) row.added.title = view.exactly.format(new Date(1000 * (row.since = data.added)));
}

function tick(view) {
  const now = Date.now() / 1000 - Number(document.documentElement.dataset.clockOffset || 0); // by the ticker
  for (const { data, detail, added, left: cell } of view.rows.values()) {
    set(added, ago(now - data.added));
    const soon = data.usual === null ? 0 : data.usual - now;
    const expected = soon > 0 ? `expected within ${left(soon)}` : "";
    set(detail, [expected, data.detail, data.task_id].filter(Boolean).join(" · "));
    detail.title = detail.textContent;
    const seconds = data.expires - now;
    if (!data.open) {
      set(cell, data.ended);
      delete cell.dataset.urgency;
    } else {
      set(cell, seconds <= 0 ? "over" : data.exact ? left(seconds) : `at most ${left(seconds)}`);
      cell.dataset.urgency = urgency(seconds);
    }
  }
}

export default function ({ data: [{ table, selection, sort }], parentElement, setStateValue }) {
  const data = JSON.parse(table); // a text that the server has written once for all who look
  // The same mount is called again with every refresh; the view lives on the mount, not in this call.
  const mount = parentElement.querySelector(".mount");
  const view = mount.view || (mount.view = build(mount));
  view.setStateValue = setStateValue;
  view.base = data.base;
  view.exactly ??= new Intl.DateTimeFormat(navigator.language, { dateStyle: "medium", timeStyle: "medium", timeZone: utc() });

  const wanted = new Set(data.rows.map((row) => row.id));
  for (const [id, row] of view.rows) {
    if (!wanted.has(id)) {
      row.line.remove();
      view.rows.delete(id);
    }
  }
  let place = view.body.firstChild;
  const ordered = new Map();
  for (const one of data.rows) {
    const known = view.rows.get(one.id);
    const row = known || addRow(view, one.id);
    const changed = known && row.data.kind !== one.kind;
    fill(view, row, one, data.words[one.kind], data.icons[one.operation]);
    if (row.line === place) place = place.nextSibling;
    else view.body.insertBefore(row.line, place);
    if (changed) {
      row.line.classList.remove("changed");
      void row.line.offsetWidth; // restarts the flash
      row.line.classList.add("changed");
    }
    ordered.set(one.id, row);
  }
  view.rows = ordered;
  window.ocrDashboardRows = { list: "board", ids: [...ordered.keys()], first: data.first, total: data.total };
  // What is selected here counts, until the server says that something else is: then its turn is a new one.
  if (view.turn !== selection.turn) {
    view.turn = selection.turn;
    view.selected = new Set(selection.ids);
    view.everything = selection.everything;
  }
  paintSelection(view);
  paintSort(view, sort);
  tick(view);
  if (!view.timer) view.timer = setInterval(() => tick(view), 1000);
  return () => {
    clearInterval(view.timer);
    view.timer = null;
  };
}
