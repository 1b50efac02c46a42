// The way back to the list a task was opened from, in this tab: to its filter, its page, its selection and its place.
const LIST = "ocr-dashboard list";
const RETURN = "ocr-dashboard return";

function list(base) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(LIST));
    // Only an address of ours, and a word that is set as text.
    if (typeof kept?.address === "string" && new URL(kept.address, location.href).origin === location.origin) {
      return { address: kept.address, name: String(kept.name) };
    }
  } catch {
    // A browser without storage, or none of our words in it: the board.
  }
  return { address: base, name: "board" };
}

export default function ({ data: [data], parentElement }) {
  const link = parentElement.querySelector("a");
  const { address, name } = list(data.board);
  const go = () => {
    try {
      sessionStorage.setItem(RETURN, JSON.stringify(address));
    } catch {
      // It begins at the top.
    }
  };
  link.textContent = `← Back to the ${name === "library" ? "library" : "board"}`;
  link.href = address;
  link.onclick = go;
  if (data.go && !link.went) {
    link.went = true;
    go();
    location.assign(address);
  }
}
