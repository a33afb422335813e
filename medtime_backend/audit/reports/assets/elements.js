// Building the page. Text only ever becomes text nodes, so no name in a database can become markup.

/** Characters that do not show, or turn the text around them: a name could pass for another one by them. */
// deno-lint-ignore no-control-regex
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

function visible(text) {
  return text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** An element. Attributes `on…` are listeners, null ones are left out; so is a child that is neither text nor node. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  for (const child of children.flat(Infinity)) {
    if (typeof child === "string") made.append(visible(child));
    else if (child instanceof Node) made.append(child);
  }
  return made;
}

/** A name in which a line may break after underscores, dots and opening brackets. */
export function breakable(name) {
  return name.split(/(?<=[_.(,])/).flatMap((part) => [part, element("wbr")]).slice(0, -1);
}

/** A list of terms: rows of [term, content]; rows without content are left out. */
export function terms(rows) {
  const shown = rows.filter(([, content]) => content !== null && content !== undefined && content !== "");
  return element("dl", {}, shown.map(([term, content]) => [element("dt", {}, term), element("dd", {}, content)]));
}

/** A block of SQL with a button that copies it. */
export function script(text, label) {
  const code = element("pre", { tabindex: "0" }, element("code", {}, text));
  const button = element("button", { type: "button", class: "copy", onclick: () => copy(text, code, button) }, "Copy");
  return element("figure", { class: "script" }, element("figcaption", {}, label, button), code);
}

async function copy(text, code, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    // Some browsers give a file no clipboard: then the text is at least selected.
    getSelection().selectAllChildren(code);
    button.textContent = "Selected: press Ctrl+C";
  }
  setTimeout(() => button.textContent = "Copy", 2000);
}

/** "1 finding", "2 findings". */
export function count(number, singular, plural = `${singular}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? singular : plural}`;
}
