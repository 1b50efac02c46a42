// Says politely, to those who hear their screen, when what an open page shows has changed: the title of the tab says
// the most important of it. What a page says while it is opened is no news.
const OPENING = 3000; // ms

function install() {
  const region = make("div", document.body, "", { role: "status", "aria-label": "What has changed", class: "ocr-announced" });
  let page = null;
  let since = 0;
  let said = "";
  const look = () => {
    const here = location.pathname + location.search;
    if (here !== page) [page, since] = [here, Date.now()];
    const news = document.title !== said && Date.now() - since > OPENING;
    said = document.title;
    if (news) set(region, said);
  };
  new MutationObserver(look).observe(document.head, { subtree: true, childList: true, characterData: true });
  look();
}

export default function () {
  if (!window.ocrDashboardAnnounces) {
    window.ocrDashboardAnnounces = true;
    install();
  }
}
