// Copies the text shown in an element of the page. The text is read from the page, so it is not sent twice.
export default function ({ data: [data], parentElement }) {
  const button = parentElement.querySelector("button");
  const say = (text) => {
    button.textContent = text;
    clearTimeout(button.later);
    button.later = setTimeout(() => (button.textContent = data.label), 2000);
  };
  if (!button.later) button.textContent = data.label;
  button.onclick = async () => {
    const source = document.querySelector(data.selector);
    if (!source) return say("No text is shown");
    try {
      await navigator.clipboard.writeText(source.textContent);
      say("Copied");
    } catch {
      // Browsers refuse the clipboard on plain http from another machine: select it for the keyboard instead.
      const range = document.createRange();
      range.selectNodeContents(source);
      const selection = window.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      say("Selected: press Ctrl+C");
    }
  };
}
