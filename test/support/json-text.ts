// Finds members in JSON text without parsing them, so that a test can compare exactly what stood there.

const LITERAL = /[-+0-9a-zA-Z.]/;

/** The exact text at `path` in a valid JSON text; the last of repeated members, as JSON.parse has it. */
export function memberText(json: string, ...path: readonly (string | number)[]): string | undefined {
  let text = json.trim();
  for (const step of path) {
    const found = childText(text, step);
    if (found === undefined) return undefined;
    text = found;
  }
  return text;
}

function childText(text: string, step: string | number): string | undefined {
  const isObject = text.startsWith('{');
  if (!isObject && !text.startsWith('[')) return undefined;
  let found: string | undefined;
  let at = skipSpace(text, 1);
  for (let index = 0; text[at] !== '}' && text[at] !== ']'; index += 1) {
    let name: string | number = index;
    if (isObject) {
      const keyEnd = skipString(text, at);
      name = String(JSON.parse(text.slice(at, keyEnd)));
      at = skipSpace(text, skipSpace(text, keyEnd) + 1);
    }
    const end = skipValue(text, at);
    if (name === step) found = text.slice(at, end);
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
    else if (text[at] === undefined) throw new Error('not a JSON text');
  }
  return found;
}

function skipSpace(text: string, at: number): number {
  let next = at;
  while (' \t\r\n'.includes(text[next] ?? '!')) next += 1;
  return next;
}

function skipString(text: string, at: number): number {
  let next = at + 1;
  while (text[next] !== '"') {
    if (text[next] === undefined) throw new Error('not a JSON text');
    next += text[next] === '\\' ? 2 : 1;
  }
  return next + 1;
}

function skipValue(text: string, at: number): number {
  const first = text[at];
  if (first === '"') return skipString(text, at);
  let next = at;
  if (first !== '{' && first !== '[') {
    while (LITERAL.test(text[next] ?? ' ')) next += 1;
    return next;
  }
  let depth = 0;
  do {
    const char = text[next];
    if (char === undefined) throw new Error('not a JSON text');
    if (char === '"') {
      next = skipString(text, next);
      continue;
    }
    if (char === '{' || char === '[') depth += 1;
    if (char === '}' || char === ']') depth -= 1;
    next += 1;
  } while (depth > 0);
  return next;
}
