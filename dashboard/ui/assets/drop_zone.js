// Takes files that are dropped, pasted or chosen, and sends each to this dashboard as it is. What is on its way is kept
// for the whole tab: reruns, refreshes and a look at another page lose nothing of it. Everything is set as text.
const AT_ONCE = 3;
const TRIES = 3;
const PAUSE = 250;
const MOST_OF_A_FOLDER = 1000;
const drops = (globalThis.ocrDashboardDrops ||= { items: [], views: new Set(), number: 0 });

const sizeOf = (bytes) =>
  bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

function add(view, files) {
  const { data } = view;
  for (const { file, name } of files) {
    // Several are sent at once and arrive in any order.
    const place = (drops.place = Math.max((drops.place || 0) + 1, Date.now() * 1000));
    const item = { key: ++drops.number, place, file, name: name || file.name, upload: data.upload, sent: 0, tries: 0, state: "waits" };
    if (file.size > data.largest) Object.assign(item, { state: "failed", final: true, said: `This file has ${sizeOf(file.size)}; up to ${sizeOf(data.largest)} are taken. Make it smaller, or split it.` });
    drops.items.push(item);
  }
  next();
}

function next() {
  while (drops.items.filter((one) => one.state === "sends").length < AT_ONCE) {
    const item = drops.items.find((one) => one.state === "waits");
    if (!item) break;
    send(item);
  }
  drops.views.forEach(paintWay);
}

function send(item) {
  item.state = "sends";
  item.tries += 1;
  const call = (item.call = new XMLHttpRequest());
  const mark = item.upload.includes("?") ? "&" : "?";
  call.open("POST", `${item.upload}${mark}name=${encodeURIComponent(item.name.slice(-200))}&place=${item.place}`);
  call.setRequestHeader("Content-Type", "application/octet-stream");
  call.upload.onprogress = (event) => {
    item.sent = event.loaded / Math.max(event.total, 1);
    drops.views.forEach(paintWay);
  };
  call.onload = () => {
    const answer = read(call.responseText);
    if (call.status === 200) {
      item.state = "taken";
      item.ids = [...answer.files, ...answer.not_taken].map((one) => one.id);
      item.file = null;
      tell();
    } else {
      // Refused for what it is or who sends it: trying again would not help.
      const may = call.status >= 500;
      fail(item, answer.detail || `The server refused it (${call.status}).`, !may);
    }
    next();
  };
  call.onerror = () => {
    // What cannot be read (a folder, a file that was changed or taken away) fails like a lost connection.
    if (item.tries < TRIES && navigator.onLine) setTimeout(() => ((item.state = "waits"), next()), 1000 * item.tries);
    else fail(item, "It did not arrive: there is no connection, or the file was moved or changed. It is still here.");
    next();
  };
  call.onabort = next;
  call.send(item.file);
}

function fail(item, said, final = false) {
  Object.assign(item, { state: "failed", said, final });
}

function read(text) {
  try {
    return JSON.parse(text) || {};
  } catch {
    return {};
  }
}

function tell() {
  // Many that end together are told together: each telling has the page drawn again.
  clearTimeout(drops.timer);
  drops.timer = setTimeout(() => drops.views.forEach((view) => view.setStateValue("changed", ++drops.number)), PAUSE);
}

function forget(item) {
  drops.items = drops.items.filter((one) => one !== item);
  if (item.state === "sends") item.call.abort();
  next();
}

async function remove(view, ids) {
  ids.forEach((id) => view.gone.add(id));
  paintKept(view);
  paintWay(view);
  const calls = ids.map((id) => fetch(view.data.remove.replace("{id}", id), { method: "DELETE" }).catch(() => null));
  await Promise.all(calls);
  tell();
}

async function within(entry, found = []) {
  if (found.length >= MOST_OF_A_FOLDER) return found;
  if (entry.isFile) {
    const file = await new Promise((done) => entry.file(done, () => done(null)));
    if (file && !file.name.startsWith(".")) found.push({ file });
  } else if (entry.isDirectory) {
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done) => reader.readEntries(done, () => done([])));
      if (!some.length) break;
      for (const one of some) await within(one, found);
    }
  }
  return found;
}

async function dropped(view, transfer) {
  // Entries are to be asked for before anything is waited for: the browser takes them away.
  const entries = [...transfer.items].map((one) => one.webkitGetAsEntry && one.webkitGetAsEntry());
  const files = [...transfer.files].map((file) => ({ file }));
  if (!entries.some((one) => one && one.isDirectory)) return add(view, files);
  const found = [];
  for (const entry of entries) if (entry) await within(entry, found);
  add(view, found);
}

function pasted(view, event) {
  const files = [...((event.clipboardData && event.clipboardData.files) || [])];
  if (!files.length) return;
  event.preventDefault();
  const now = new Date();
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map((one) => String(one).padStart(2, "0")).join(".");
  add(view, files.map((file) => {
    const isNamed = file.name && !/^image\.\w+$/.test(file.name);
    return { file, name: isNamed ? file.name : `Pasted ${time}.${(file.type.split("/")[1] || "png").replace("jpeg", "jpg")}` };
  }));
}

function listen(view) {
  const here = (event, action) => {
    if (!view.root.isConnected) return leave(view);
    action(event);
  };
  const carries = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  const over = (event) => here(event, () => {
    if (!carries(event)) return;
    event.preventDefault(); // or the browser would leave the page for the file
    view.zone.classList.add("over");
    clearTimeout(view.left);
    view.left = setTimeout(() => view.zone.classList.remove("over"), 200);
  });
  const drop = (event) => here(event, () => {
    if (!carries(event)) return;
    event.preventDefault();
    view.zone.classList.remove("over");
    dropped(view, event.dataTransfer);
  });
  view.heard = [
    [document, "dragover", over],
    [document, "drop", drop],
    [document, "paste", (event) => here(event, () => pasted(view, event))],
    [window, "beforeunload", (event) => {
      if (drops.items.some((one) => one.state === "sends" || one.state === "waits")) event.preventDefault();
    }],
  ];
  view.heard.forEach(([target, name, heard]) => target.addEventListener(name, heard));
  drops.views.add(view);
}

function leave(view) {
  view.heard.forEach(([target, name, heard]) => target.removeEventListener(name, heard));
  drops.views.delete(view);
}

function build(root) {
  const view = { root, gone: new Set(), cards: new Map(), way: new Map() };
  root.addEventListener("keydown", (event) => event.stopPropagation()); // Streamlit has shortcuts of single letters
  view.zone = make("div", root, "", { class: "zone" });
  make("p", view.zone, "Drop images or documents here", { class: "title" });
  const line = make("p", view.zone, "", { class: "ways" });
  view.input = make("input", view.zone, "", { type: "file", multiple: "", hidden: "", tabindex: -1, "aria-label": "Files" });
  view.choose = make("button", line, "Choose files", { type: "button", class: "choose" });
  view.hint = make("span", line, "or paste an image (Ctrl+V)");
  view.small = make("p", view.zone, "", { class: "small" });
  view.choose.onclick = () => view.input.click();
  view.input.onchange = () => {
    add(view, [...view.input.files].map((file) => ({ file })));
    view.input.value = "";
  };
  view.said = make("p", root, "", { class: "said", role: "status" });
  view.ways = make("ul", root, "", { class: "on-way", "aria-label": "On the way" });
  view.refused = make("ul", root, "", { class: "refused", "aria-label": "Not taken" });
  view.kept = make("ul", root, "", { class: "kept", "aria-label": "Ready to be sent" });
  view.all = make("button", root, "Remove all", { type: "button", class: "all" });
  view.all.onclick = () => remove(view, view.data.files.map((one) => one.id));
  if (/Mac|iPhone|iPad/.test(navigator.platform)) set(view.hint, "or paste an image (⌘V)");
  listen(view);
  return view;
}

function paintWay(view) {
  if (!view.root.isConnected || !view.data) return;
  const known = new Set([...view.data.files, ...view.data.not_taken].map((one) => one.id));
  drops.items = drops.items.filter((one) => one.state !== "taken" || one.ids.some((id) => !known.has(id) && !view.gone.has(id)));
  const shown = drops.items.filter((one) => one.upload === view.data.upload);
  for (const [key, row] of view.way)
    if (!shown.some((one) => one.key === key)) row.line.remove(), view.way.delete(key);
  for (const item of shown) {
    let row = view.way.get(item.key);
    if (!row) {
      const line = make("li", view.ways);
      row = { line, name: make("span", line, item.name, { class: "name", dir: "auto" }) };
      row.said = make("span", line, "", { class: "what" });
      row.bar = make("progress", line, "", { max: 1, "aria-label": `Upload of ${item.name}` });
      row.again = make("button", line, "Try again", { type: "button" });
      row.drop = make("button", line, "×", { type: "button", title: "Leave it out", "aria-label": `Leave out ${item.name}` });
      row.again.onclick = () => (Object.assign(item, { state: "waits", tries: 0 }), next());
      row.drop.onclick = () => forget(item);
      view.way.set(item.key, row);
    }
    const failed = item.state === "failed";
    row.line.classList.toggle("bad", failed);
    row.bar.hidden = failed;
    row.again.hidden = !failed || Boolean(item.final);
    row.drop.hidden = item.state === "taken";
    if (item.state === "sends" && item.sent < 1) row.bar.value = item.sent;
    else if (item.state === "waits") row.bar.value = 0;
    else row.bar.removeAttribute("value");
    const words = { waits: "waits", sends: item.sent < 1 ? `${Math.floor(item.sent * 100)} %` : "is looked at", taken: "is here" };
    set(row.said, failed ? item.said : words[item.state]);
  }
  view.ways.hidden = !shown.length;
  paintSaid(view, shown);
}

function paintSaid(view, shown) {
  const ready = view.data.files.filter((one) => !view.gone.has(one.id));
  const moving = shown.filter((one) => one.state === "waits" || one.state === "sends").length;
  const size = ready.reduce((sum, one) => sum + one.size, 0);
  const count = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
  set(view.said, [
    ready.length ? `${count(ready.length, "file")} ready, ${sizeOf(size)}` : "",
    moving ? `${count(moving, "file")} on the way` : "",
  ].filter(Boolean).join(" · "));
  view.all.hidden = ready.length < 2;
}

function paintKept(view) {
  const { data } = view;
  const wanted = new Map(data.files.filter((one) => !view.gone.has(one.id)).map((one) => [one.id, one]));
  for (const [id, card] of view.cards) if (!wanted.has(id)) card.remove(), view.cards.delete(id);
  let place = view.kept.firstChild;
  for (const [id, one] of wanted) {
    let card = view.cards.get(id);
    if (card && card.seen !== JSON.stringify(one)) {
      if (card === place) place = place.nextSibling;
      card.remove();
      card = null;
    }
    if (!card) {
      card = make("li", view.kept);
      card.seen = JSON.stringify(one);
      const picture = make("div", card, one.thumbnail ? "" : one.kind, { class: "picture" });
      if (one.thumbnail) make("img", picture, "", { src: one.thumbnail, alt: "", loading: "lazy" });
      make("span", card, one.name, { class: "name", dir: "auto", title: one.name });
      make("span", card, one.detail, { class: "detail" });
      for (const note of one.notes) make("span", card, note, { class: "note" });
      if (one.known) make("a", card, one.known.text, { href: one.known.href, target: "_blank", rel: "noopener", class: "known" });
      make("button", card, "×", { type: "button", title: "Remove", "aria-label": `Remove ${one.name}` }).onclick = () => remove(view, [id]);
      view.cards.set(id, card);
    }
    if (card === place) place = place.nextSibling;
    else view.kept.insertBefore(card, place); // what was dropped first stands first, whenever it arrived
  }
  view.kept.hidden = !wanted.size;
  const refused = data.not_taken.filter((one) => !view.gone.has(one.id));
  const seen = JSON.stringify(refused);
  if (view.refusedSeen !== seen) {
    view.refusedSeen = seen;
    view.refused.replaceChildren();
    for (const one of refused) {
      const line = make("li", view.refused, "", { class: "bad" });
      make("span", line, one.name, { class: "name", dir: "auto" });
      make("span", line, one.sentence, { class: "what" });
      make("button", line, "×", { type: "button", title: "I have read it", "aria-label": `Put away what is said of ${one.name}` }).onclick = () => remove(view, [one.id]);
    }
  }
  view.refused.hidden = !refused.length;
}

export default function ({ data: [data], parentElement, setStateValue }) {
  // The same mount is called again with every rerun; the view lives on the mount, not in this call.
  const mount = parentElement.querySelector(".mount");
  const view = mount.view || (mount.view = build(mount));
  view.setStateValue = setStateValue;
  view.data = data;
  view.input.accept = data.endings;
  set(view.small, data.small);
  paintKept(view);
  paintWay(view);
  next();
}
