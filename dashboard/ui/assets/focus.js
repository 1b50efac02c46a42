// Moves the focus to where the work goes on, once a turn: a button that is gone would leave it nowhere.
const PATIENCE = 2000; // ms until what is to have it is drawn

export default function ({ data: [data] }) {
  if (window.ocrDashboardFocused === data.turn) return;
  window.ocrDashboardFocused = data.turn;
  const until = Date.now() + PATIENCE;
  const timer = setInterval(() => {
    // Whoever types already goes on typing.
    const typing = document.activeElement?.matches("input, textarea, select, [contenteditable]");
    const wanted = document.querySelector(data.selector);
    if (wanted && !typing) wanted.focus({ preventScroll: true });
    if (wanted || typing || Date.now() > until) clearInterval(timer);
  }, 50);
}
