// The line between a text and its picture, moved by mouse, finger or arrow keys; kept in this browser.
const KEPT = "ocr-dashboard split";
const LEAST = 25;
const MOST = 75;
const STEP = 2;

const paint = (handle, share) => {
  document.documentElement.style.setProperty("--ocr-split", `${share}%`);
  handle.setAttribute("aria-valuenow", Math.round(share));
};

function keep(share) {
  try {
    localStorage.setItem(KEPT, share);
  } catch {
    // It holds as long as the page.
  }
}

function kept() {
  try {
    const share = Number(localStorage.getItem(KEPT));
    return share >= LEAST && share <= MOST ? share : 50;
  } catch {
    return 50;
  }
}

export default function ({ parentElement }) {
  const handle = parentElement.querySelector("[role=separator]");
  if (handle.share) return;
  const set = (share) => {
    handle.share = Math.min(MOST, Math.max(LEAST, share));
    paint(handle, handle.share);
  };
  set(kept());
  handle.onpointerdown = (event) => {
    const columns = document.querySelector(".st-key-beside [data-testid=stHorizontalBlock]");
    if (!columns) return;
    handle.setPointerCapture(event.pointerId);
    handle.onpointermove = ({ clientX }) => {
      const { left, width } = columns.getBoundingClientRect();
      set((100 * (clientX - left)) / width);
    };
    event.preventDefault();
  };
  handle.onpointerup = handle.onpointercancel = () => {
    handle.onpointermove = null;
    keep(handle.share);
  };
  handle.ondblclick = () => {
    set(50);
    keep(50);
  };
  handle.onkeydown = ({ key }) => {
    const by = { ArrowLeft: -STEP, ArrowRight: STEP }[key];
    if (!by) return;
    set(handle.share + by);
    keep(handle.share);
  };
}
