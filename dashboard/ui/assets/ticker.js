// Updates every <time data-expires> and <time data-since> on the page once a second, without asking the server.
// The server's clock counts: the browser's may be wrong. A tick that changes nothing draws nothing, so what says when
// somebody last looked (data-looked) goes by the end of the script's last run.
export default function ({ data: [data] }) {
  const offset = Date.now() / 1000 - data.now;
  document.documentElement.dataset.clockOffset = offset;
  const app = document.querySelector("[data-test-script-state]");
  const looked = () => {
    if (app.dataset.testScriptState !== "notRunning") return;
    const now = Date.now() / 1000 - offset;
    for (const e of document.querySelectorAll("time[data-looked]")) {
      e.dataset.since = now;
      set(e, ago(0));
    }
  };
  const watching = new MutationObserver(looked);
  if (app) watching.observe(app, { attributeFilter: ["data-test-script-state"] });
  const tick = () => {
    const now = Date.now() / 1000 - offset;
    for (const e of document.querySelectorAll("time[data-expires]")) {
      const seconds = Number(e.dataset.expires) - now;
      set(e, "words" in e.dataset ? inWords(seconds) : left(seconds));
      if (!e.dataset.calm) e.dataset.urgency = urgency(seconds);
    }
    for (const e of document.querySelectorAll("time[data-since]")) set(e, ago(now - Number(e.dataset.since)));
  };
  // Times as the browser's language writes them, as soon as they are on the page.
  const utc = document.cookie.includes("ocr_dashboard_zone=utc");
  const words = new Intl.DateTimeFormat(navigator.language, {
    dateStyle: "medium", timeStyle: "short", timeZone: utc ? "UTC" : undefined });
  const exactly = new Intl.DateTimeFormat(navigator.language, {
    dateStyle: "full", timeStyle: "long", timeZone: utc ? "UTC" : undefined });
  const paint = () => {
    for (const e of document.querySelectorAll("time[data-moment]:not([data-told])")) {
      const when = new Date(Number(e.dataset.moment) * 1000);
      e.dataset.told = "";
      e.title = exactly.format(when);
      set(e, words.format(when) + (utc ? " UTC" : ""));
    }
  };
  const arriving = new MutationObserver(paint);
  arriving.observe(document.body, { subtree: true, childList: true });
  paint();
  tick();
  const timer = setInterval(tick, 1000);
  return () => {
    clearInterval(timer);
    watching.disconnect();
    arriving.disconnect();
  };
}
