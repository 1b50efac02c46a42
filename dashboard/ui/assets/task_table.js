// The board's table. It keeps the selection by task, not by row number, so that rows may come, go and move
// underneath it, to other pages too; it ticks ages and countdowns by itself; and it redraws only cells whose text changed.
// Everything is set with textContent: labels and IDs are text from strangers.
const HEAD = ["State", "Task", "Operation", "Added", "Time left"];

function build(root) {
  const view = { root, rows: new Map(), selected: new Set(), turn: null, last: null };
  const table = make("table", root, "", { class: "tasks" });
  make("caption", table, "Tasks, newest first", { class: "hidden" });
  const head = make("tr", make("thead", table));
  const corner = make("th", head, "", { class: "pick", scope: "col" });
  view.all = make("input", corner, "", { type: "checkbox", "aria-label": "Select all tasks on this page" });
  for (const title of HEAD) make("th", head, title, { scope: "col" });
  view.body = make("tbody", table);
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
  row.box = make("input", make("td", line, "", { class: "pick" }), "", { type: "checkbox" });
  row.box.addEventListener("click", (event) => {
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
  row.link = make("a", task);
  row.detail = make("span", task, "", { class: "detail" });
  row.operation = make("td", line, "", { class: "operation" });
  row.added = make("time", make("td", line, "", { class: "added" }));
  row.left = make("time", make("td", line, "", { class: "left" }));
  view.rows.set(id, row);
  return row;
}

function fill(row, data, { tone, sentence, icon, word }) {
  row.data = data;
  row.badge.dataset.tone = tone;
  row.badge.title = sentence;
  set(row.icon, icon);
  set(row.word, word);
  row.mark.hidden = !data.attention;
  row.line.classList.toggle("needs-attention", data.attention);
  row.box.setAttribute("aria-label", `Select ${data.name}`);
  set(row.link, data.name);
  row.picture.hidden = !data.picture;
  if (data.picture && row.picture.getAttribute("src") !== data.picture) row.picture.src = data.picture;
  row.link.href = data.href;
  row.link.title = data.task_id;
  set(row.operation, data.operation);
  row.added.title = data.added_text;
}

function tick(view) {
  const now = Date.now() / 1000 - Number(document.documentElement.dataset.clockOffset || 0); // by the ticker
  for (const { data, detail, added, left: cell } of view.rows.values()) {
    set(added, ago(now - data.added));
    const soon = data.usual === null ? 0 : data.usual - now;
    set(detail, soon > 0 ? `${data.detail}, expected within ${left(soon)}` : data.detail);
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

export default function ({ data: [{ table, selection }], parentElement, setStateValue }) {
  const data = JSON.parse(table); // a text that the server has written once for all who look
  // The same mount is called again with every refresh; the view lives on the mount, not in this call.
  const mount = parentElement.querySelector(".mount");
  const view = mount.view || (mount.view = build(mount));
  view.setStateValue = setStateValue;

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
    fill(row, one, data.words[one.kind]);
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
  }
  paintSelection(view);
  tick(view);
  if (!view.timer) view.timer = setInterval(() => tick(view), 1000);
  return () => {
    clearInterval(view.timer);
    view.timer = null;
  };
}
