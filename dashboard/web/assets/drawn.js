// Shows a page that has just been opened when all of it is there: Streamlit draws it piece by piece and loads the code
// of each kind of piece when it comes, and every piece that grows moves those below it. Once for each page that is
// loaded; the style shows it after a moment in any case.
(() => {
  const root = document.documentElement;
  const isDrawn = () => {
    const main = document.querySelector("[data-testid=stMain]");
    return main?.querySelector("[data-testid=stElementContainer]")
      && !main.querySelector("[data-testid=stSkeleton]")
      && document.querySelector('[data-testid=stApp][data-test-script-state="notRunning"]');
  };
  const observer = new MutationObserver(() => {
    if (!isDrawn()) return;
    observer.disconnect();
    root.dataset.drawn = "";
  });
  observer.observe(root, { subtree: true, childList: true, attributeFilter: ["data-test-script-state"] });
})();
