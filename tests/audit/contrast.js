// The texts whose contrast is below 4.5 to 1, by the formula of WCAG 2: run in the page by test_page.py.
const channel = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const numbers = (color) => color.match(/[\d.]+/g).map(Number);
const luminance = ([red, green, blue]) =>
  0.2126 * channel(red / 255) + 0.7152 * channel(green / 255) + 0.0722 * channel(blue / 255);

function ground(element) {
  for (let one = element; one; one = one.parentElement) {
    const color = numbers(getComputedStyle(one).backgroundColor);
    if (color.length === 3 || color[3] === 1) return color;
  }
  return [255, 255, 255];
}

function contrast(element) {
  const tones = [luminance(numbers(getComputedStyle(element).color)), luminance(ground(element))];
  return (Math.max(...tones) + 0.05) / (Math.min(...tones) + 0.05);
}

const holdsText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
const texts = [...document.querySelectorAll("body *")].filter((one) => one.getClientRects().length && holdsText(one));
return texts.filter((one) => contrast(one) < 4.5)
  .map((one) => `${one.className || one.tagName}: ${contrast(one).toFixed(2)}`)
  .filter((line, index, lines) => lines.indexOf(line) === index);
