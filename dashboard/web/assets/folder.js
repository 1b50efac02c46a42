// Below a base path the dashboard is a folder: everything on its pages is found from there. A proxy that strips the path
// does not tell whether the last slash was asked for, so it is added here, before anything else is loaded.
(() => {
  const folder = new URL(".", document.currentScript.src).pathname;
  if (`${location.pathname}/` === folder) history.replaceState(null, "", folder + location.search + location.hash);
})();
