// Stands before the components that build elements. Everything is set as text: it may be a stranger's.
const make = (name, parent, text = "", attributes = {}) => {
  const element = document.createElement(name);
  element.textContent = text;
  Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
  parent.append(element);
  return element;
};

const set = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

