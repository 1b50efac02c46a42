// Keeps what is selected in this tab, for the session that a reload or the way back from a task begins.
const address = () => location.pathname.replace(/\/$/, "");

export default function ({ data: [data], parentElement, setStateValue }) {
  const name = `ocr-dashboard selected ${address()} ${data.name}`;
  try {
    if (data.ids) {
      if (data.ids.length) sessionStorage.setItem(name, JSON.stringify(data.ids));
      else sessionStorage.removeItem(name);
    } else if (parentElement.asked !== data.born) {
      parentElement.asked = data.born; // once a session, or what makes no sense would be sent for ever
      const kept = JSON.parse(sessionStorage.getItem(name));
      if (Array.isArray(kept) && kept.length) setStateValue("kept", kept);
    }
  } catch {
    // A browser without storage: the selection lasts as long as the page.
  }
}
