// Case folding as Go's encoding/json does it when it looks for the field of a key.

/** Besides the letters of ASCII two characters fold to one of them, by `unicode.SimpleFold`. */
export function foldCase(text: string): string {
  return text
    .replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replaceAll('\u017f', 's')
    .replaceAll('\u212a', 'k');
}
