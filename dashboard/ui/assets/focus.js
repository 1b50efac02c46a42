// Moves the focus to where the work goes on, once a turn: a button that is gone would leave it nowhere.
const PATIENCE = 2000; // ms until what is to have it is drawn

export default function ({ data: [data] }) {
  if (window.ocrDashboardFocused === data.turn) return;
  window.ocrDashboardFocused = data.turn;
  const until = Date.now() + PATIENCE;
  const timer = setInterval(() => {
    const wanted = document.querySelector(data.selector);
    if (wanted) wanted.focus({ preventScroll: true });
    if (wanted || Date.now() > until) clearInterval(timer);
  }, 50);
}
