// How this browser shows things: times here or in UTC, light or dark. Streamlit keeps a theme for each address of a
// page; the choice is for all of them, so it is written for each.
const ZONE = "ocr_dashboard_zone";
const THEME = "ocr-dashboard theme";
const PAGES = ["", "add", "library", "tokens", "team", "task", "batch"];
const THEMES = { System: "As the system", Light: "Light", Dark: "Dark" };

const chosenTheme = () => {
  try {
    return localStorage.getItem(THEME) in THEMES ? localStorage.getItem(THEME) : "System";
  } catch {
    return "System";
  }
};

function setTheme(name) {
  // The last piece of an address is the page; what comes before it is the base path.
  const base = location.pathname.replace(/[^/]*$/, "");
  try {
    localStorage.setItem(THEME, name);
    for (const page of PAGES) localStorage.setItem(`stActiveTheme-${base}${page}-v2`, JSON.stringify(name));
  } catch {
    return; // a browser without storage follows the system
  }
  location.reload();
}

function setZone(utc) {
  document.cookie = `${ZONE}=${utc ? "utc" : "local"}; path=/; max-age=31536000; SameSite=Strict`;
  location.reload();
}

function choice(list, title, options, chosen, choose) {
  const group = make("fieldset", list);
  make("legend", group, title);
  for (const [value, name] of Object.entries(options)) {
    const label = make("label", group);
    const radio = make("input", label, "", { type: "radio", name: title, value });
    make("span", label, name);
    radio.checked = value === chosen;
    radio.onchange = () => choose(value);
  }
}

export default function ({ parentElement }) {
  const menu = parentElement.querySelector("details");
  if (menu.childElementCount) return;
  make("summary", menu, "◐", { title: "Display", "aria-label": "Display" });
  const list = make("div", menu, "");
  choice(list, "Theme", THEMES, chosenTheme(), setTheme);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const utc = document.cookie.includes(`${ZONE}=utc`);
  choice(list, "Times", { local: `Here (${here})`, utc: "UTC" }, utc ? "utc" : "local", (one) => setZone(one === "utc"));
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") menu.open = false;
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.composedPath().includes(menu)) menu.open = false;
  });
}
