// The board's table. It keeps the selection by task, not by row number, so that rows may come, go and move
// underneath it, to other pages too; it ticks ages and countdowns by itself; and it redraws only cells whose text changed.
// Everything is set with textContent: labels and IDs are text from strangers.
const HEAD = ["State", "Task", "Operation", "Added", "Time left"];
const two = (n) => String(n).padStart(2, "0");

function left(seconds) {
  const s = Math.max(0, Math.ceil(seconds));
  const h = Math.floor(s / 3600);
  return h ? `${h}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

function ago(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 172800) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86400)} days ago`;
}

function put(parent, tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  parent.appendChild(element);
  return element;
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function build(root) {
  const view = { root, rows: new Map(), selected: new Set(), turn: null, last: null, offset: 0 };
  const table = put(root, "table", "tasks");
  put(table, "caption", "hidden", "Tasks, newest first");
  const head = put(put(table, "thead"), "tr");
  const corner = put(head, "th", "pick");
  corner.scope = "col";
  view.all = put(corner, "input");
  view.all.type = "checkbox";
  view.all.setAttribute("aria-label", "Select all tasks on this page");
  for (const title of HEAD) put(head, "th", "", title).scope = "col";
  view.body = put(table, "tbody");
  view.all.addEventListener("change", () => {
    for (const id of view.rows.keys()) view.all.checked ? view.selected.add(id) : view.selected.delete(id);
    report(view);
  });
  return view;
}

function report(view) {
  paintSelection(view);
  view.setStateValue("selected", { turn: view.turn, ids: [...view.selected] });
}

function paintSelection(view) {
  for (const [id, row] of view.rows) {
    row.box.checked = view.selected.has(id);
    row.line.classList.toggle("selected", row.box.checked);
  }
  const here = [...view.rows.keys()].filter((id) => view.selected.has(id)).length;
  view.all.checked = here > 0 && here === view.rows.size;
  view.all.indeterminate = here > 0 && !view.all.checked;
}

function addRow(view, id) {
  const line = document.createElement("tr");
  const row = { line };
  const pick = put(line, "td", "pick");
  row.box = put(pick, "input");
  row.box.type = "checkbox";
  row.box.addEventListener("click", (event) => {
    const ids = [...view.rows.keys()];
    const range = event.shiftKey && view.last !== null ? [ids.indexOf(view.last), ids.indexOf(id)] : null;
    const chosen = range && range[0] >= 0 ? ids.slice(Math.min(...range), Math.max(...range) + 1) : [id];
    for (const one of chosen) row.box.checked ? view.selected.add(one) : view.selected.delete(one);
    view.last = id;
    report(view);
  });
  const state = put(line, "td", "state");
  row.badge = put(state, "span", "badge");
  row.icon = put(row.badge, "span", "icon");
  row.icon.setAttribute("aria-hidden", "true");
  row.word = put(row.badge, "span", "");
  row.mark = put(state, "span", "attention", "needs attention");
  const task = put(line, "td", "task");
  row.link = put(task, "a", "");
  row.detail = put(task, "span", "detail");
  row.operation = put(line, "td", "operation");
  row.added = put(put(line, "td", "added"), "time", "");
  row.left = put(put(line, "td", "left"), "time", "");
  view.rows.set(id, row);
  return row;
}

function fill(row, data) {
  row.data = data;
  row.badge.dataset.tone = data.tone;
  row.badge.title = data.sentence;
  set(row.icon, data.icon);
  set(row.word, data.word);
  row.mark.hidden = !data.attention;
  row.line.classList.toggle("needs-attention", data.attention);
  row.box.setAttribute("aria-label", `Select ${data.name}`);
  set(row.link, data.name);
  row.link.href = data.href;
  row.link.title = data.task_id;
  set(row.detail, data.detail);
  set(row.operation, data.operation);
  row.added.title = data.added_text;
}

function tick(view) {
  const now = Date.now() / 1000 - view.offset;
  for (const { data, added, left: cell } of view.rows.values()) {
    set(added, ago(now - data.added));
    const seconds = data.expires - now;
    if (!data.open) {
      set(cell, data.ended);
      delete cell.dataset.urgency;
    } else {
      set(cell, seconds <= 0 ? "over" : data.exact ? left(seconds) : `at most ${left(seconds)}`);
      cell.dataset.urgency = seconds < 3600 ? "high" : seconds < 14400 ? "some" : "none";
    }
  }
}

export default function ({ data, parentElement, setStateValue }) {
  // The same mount is called again with every refresh; the view lives on the mount, not in this call.
  const mount = parentElement.querySelector(".mount");
  const view = mount.view || (mount.view = build(mount));
  view.setStateValue = setStateValue;
  view.offset = Date.now() / 1000 - data.now;

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
    const changed = known && row.data.word !== one.word;
    fill(row, one);
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
  // What is selected here counts, until the server says that something else is: then its turn is a new one.
  if (view.turn !== data.selection.turn) {
    view.turn = data.selection.turn;
    view.selected = new Set(data.selection.ids);
  }
  paintSelection(view);
  tick(view);
  if (!view.timer) view.timer = setInterval(() => tick(view), 1000);
  return () => {
    clearInterval(view.timer);
    view.timer = null;
  };
}
