// What each pasted line becomes, to be looked at and corrected. A row is known by its task, so that rows may come, go
// and change underneath what somebody types into them; what was corrected here wins over what the server reads.
// Everything is set as text: lines and labels may be a stranger's.
const PAUSE = 500;
const FIELDS = ["take", "label", "operation", "trial", "submitted"];

function build(root, data) {
  const view = { root, rows: new Map(), edits: { ...data.edits }, version: data.version };
  // Streamlit has shortcuts of single letters, and does not see that this is an input.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  view.list = make("div", root, "", { class: "rows" });
  view.table = make("table", view.list);
  make("caption", view.table, "What becomes of the lines", { class: "hidden" });
  const head = make("tr", make("thead", view.table));
  const all = make("label", make("th", head, "", { scope: "col" }));
  view.all = make("input", all, "", { type: "checkbox", "aria-label": "Take all that are listed" });
  make("span", all, "All", { class: "said" });
  for (const title of ["Task", "Label", "Operation", "Trial"]) make("th", head, title, { scope: "col" });
  view.time = make("th", head, "", { scope: "col" });
  view.body = make("tbody", view.table);
  view.more = make("p", root, "", { class: "more" });
  view.left = make("section", root, "", { "aria-label": "Left out" });
  view.all.onchange = () => {
    for (const row of view.rows.values()) edit(view, row, { take: view.all.checked });
    report(view);
  };
  return view;
}

function edit(view, row, change) {
  view.edits = { ...view.edits, [row.data.key]: { ...view.edits[row.data.key], ...change } };
  paint(view, row);
}

function report(view) {
  clearTimeout(view.timer);
  view.timer = null;
  paintAll(view);
  view.setStateValue("edits", view.edits);
}

function addRow(view, operations) {
  const line = document.createElement("tr");
  const row = { line, input: {} };
  row.input.take = make("input", make("td", line, "", { class: "take" }), "", { type: "checkbox" });
  const task = make("td", line, "", { class: "task" });
  row.id = make("span", task, "", { class: "id" });
  row.number = make("span", task, "", { class: "number" });
  row.note = make("span", task, "", { class: "note" });
  row.input.label = make("input", make("td", line, "", { class: "label" }), "", {
    type: "text", maxlength: 200, dir: "auto", autocomplete: "off", placeholder: "no label",
  });
  row.input.operation = make("select", make("td", line, "", { class: "operation" }));
  for (const one of operations) make("option", row.input.operation, one.name, { value: one.value });
  const trial = make("label", make("td", line, "", { class: "trial" }));
  row.input.trial = make("input", trial, "", { type: "checkbox" });
  make("span", trial, "Trial", { class: "said" });
  row.input.submitted = make("input", make("td", line, "", { class: "submitted" }), "", { type: "datetime-local", step: 1 });
  const now = (field, value) => {
    edit(view, row, { [field]: value });
    report(view);
  };
  row.input.take.onchange = () => now("take", row.input.take.checked);
  row.input.operation.onchange = () => now("operation", row.input.operation.value);
  row.input.trial.onchange = () => now("trial", row.input.trial.checked);
  const time = () => {
    // Half a date is none yet.
    if (!row.input.submitted.validity.badInput) edit(view, row, { submitted: row.input.submitted.value });
  };
  row.input.submitted.oninput = time;
  row.input.submitted.onchange = () => (time(), report(view));
  row.input.label.oninput = () => {
    edit(view, row, { label: row.input.label.value });
    clearTimeout(view.timer);
    view.timer = setTimeout(() => report(view), PAUSE);
  };
  row.input.label.onchange = () => now("label", row.input.label.value);
  return row;
}

function paint(view, row) {
  const { data, input } = row;
  const shown = { ...data, ...view.edits[data.key] };
  const active = view.root.getRootNode().activeElement;
  set(row.id, data.id);
  set(row.number, `line ${data.number}`);
  set(row.note, data.note);
  row.note.hidden = !data.note;
  input.take.checked = shown.take;
  input.operation.value = shown.operation;
  const canTry = view.trials.has(shown.operation);
  input.trial.checked = shown.trial && canTry;
  for (const field of ["label", "submitted"])
    if (input[field] !== active && input[field].value !== shown[field]) input[field].value = shown[field];
  for (const field of FIELDS.slice(1)) input[field].disabled = !shown.take || (field === "trial" && !canTry);
  row.line.classList.toggle("out", !shown.take);
  input.take.setAttribute("aria-label", `Take ${data.id}`);
  input.label.setAttribute("aria-label", `Label of ${data.id}`);
  input.operation.setAttribute("aria-label", `Operation of ${data.id}`);
  input.trial.setAttribute("aria-label", `${data.id} was sent in evaluation mode`);
  input.submitted.setAttribute("aria-label", `Submission time of ${data.id}`);
}

function paintAll(view) {
  const rows = [...view.rows.values()];
  rows.forEach((row) => paint(view, row));
  const taken = rows.filter((row) => row.input.take.checked).length;
  view.all.checked = taken === rows.length;
  view.all.indeterminate = taken > 0 && taken < rows.length;
}

function leftOut(view, data) {
  const seen = JSON.stringify([data.left, data.left_more]);
  if (view.seen === seen) return;
  view.seen = seen;
  view.left.replaceChildren();
  view.left.hidden = !data.left.length;
  if (!data.left.length) return;
  make("h4", view.left, data.left_title);
  const list = make("ul", view.left);
  for (const one of data.left) {
    const item = make("li", list);
    make("span", item, `line ${one.number}`, { class: "number" });
    if (one.href) make("a", item, `Already here: ${one.text}`, { href: one.href, target: "_blank", rel: "noopener" });
    else make("span", item, one.text, { class: "text", dir: "auto" });
    if (one.reason) make("span", item, one.reason, { class: "reason" });
  }
  if (data.left_more) make("p", view.left, data.left_more, { class: "more" });
}

export default function ({ data: [data], parentElement, setStateValue }) {
  // The same mount is called again with every rerun; the view lives on the mount, not in this call.
  const mount = parentElement.querySelector(".mount");
  const view = mount.view || (mount.view = build(mount, data));
  view.setStateValue = setStateValue;
  view.trials = new Set(data.operations.filter((one) => one.trial).map((one) => one.value));
  set(view.time, `Submitted (${data.zone})`);
  view.list.hidden = !data.rows.length;
  set(view.more, data.more);
  view.more.hidden = !data.more;

  const wanted = new Set(data.rows.map((row) => row.key));
  if (view.version !== data.version) {
    view.version = data.version; // something was registered: what was corrected about it is done with
    const kept = Object.entries(view.edits).filter(([key]) => wanted.has(key));
    view.edits = { ...data.edits, ...Object.fromEntries(kept) };
  }
  for (const [key, row] of view.rows) {
    if (wanted.has(key)) continue;
    row.line.remove();
    view.rows.delete(key);
  }
  let place = view.body.firstChild;
  const ordered = new Map();
  for (const one of data.rows) {
    const row = view.rows.get(one.key) || addRow(view, data.operations);
    row.data = one;
    if (row.line === place) place = place.nextSibling;
    else view.body.insertBefore(row.line, place);
    ordered.set(one.key, row);
  }
  view.rows = ordered;
  paintAll(view);
  leftOut(view, data);
}
