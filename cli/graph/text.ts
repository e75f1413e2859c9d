/** Widths of characters in parts of the size, as wide as the wider of the fonts that a system has (Verdana, DejaVu). */
const NARROW = /[ijl.,:;'|!I()[\]{} /-]/;
const WIDE = /[mwMW@%…—]/;
const CAPITAL = /[A-Z&#]/;

export function widthOf(text: string, size: number): number {
  let width = 0;
  for (const character of text) {
    width += NARROW.test(character) ? 0.42 : WIDE.test(character) ? 1 : CAPITAL.test(character) ? 0.74 : 0.64;
  }
  return width * size;
}

/** A text without its middle, where it is wider than there is room. */
export function fitted(text: string, size: number, width: number): string {
  if (widthOf(text, size) <= width) {
    return text;
  }
  let kept = text.length - 1;
  const shortened = () => `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`;
  while (kept > 2 && widthOf(shortened(), size) > width) {
    kept--;
  }
  return shortened();
}
