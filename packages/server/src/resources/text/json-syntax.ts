// Where a text stops being JSON, and why. YAML would let comments, trailing commas and bare words pass, and JSON.parse
// does not always say where it stopped; a .json file that other programs read too deserves the exact place.

export interface JsonError {
  readonly offset: number;
  readonly message: string;
}

const SPACE = /[ \t\r\n]*/y;
const TOKEN =
  /[{}[\],:]|"[^"\\]*(?:\\[^][^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;

/** The first error, or undefined when the text is JSON. No recursion: depth costs memory only. */
export function findJsonError(text: string): JsonError | undefined {
  const open: ('{' | '[')[] = [];
  let expected: 'value' | 'first' | 'key' | 'colon' | 'next' | 'end' = 'value';
  let offset = 0;
  let lastComma = -1;
  for (;;) {
    offset = skip(SPACE, text, offset);
    if (offset === text.length) return expected === 'end' ? undefined : { offset, message: unfinished(open) };
    const start = offset;
    offset = skip(TOKEN, text, offset);
    const token = text.slice(start, offset);
    const fail = (message: string): JsonError => ({ offset: start, message });
    if (token === '' || (token.startsWith('"') && !isJsonString(token)))
      return fail(strangeText(text, start));
    const inObject = open.at(-1) === '{';
    const isClose = token === (inObject ? '}' : ']') && open.length > 0;
    if (isClose && (expected === 'first' || expected === 'next')) {
      open.pop();
      expected = open.length === 0 ? 'end' : 'next';
    } else if (isClose && lastComma >= 0 && (expected === 'key' || expected === 'value')) {
      return { offset: lastComma, message: `a comma stands before \`${token}\`; remove it` };
    } else if (expected === 'end') {
      return fail('more text follows the end of the JSON value; remove it');
    } else if (expected === 'next') {
      if (token !== ',') return fail(`a comma or \`${inObject ? '}' : ']'}\` is missing before this`);
      expected = inObject ? 'key' : 'value';
      lastComma = start;
    } else if (expected === 'colon') {
      if (token !== ':') return fail('a `:` is missing before this');
      expected = 'value';
    } else if (expected === 'key' || (expected === 'first' && inObject)) {
      if (!token.startsWith('"')) return fail('a name in double quotes must stand here');
      expected = 'colon';
    } else if (token === '{' || token === '[') {
      open.push(token);
      expected = 'first';
    } else if ('}],:'.includes(token)) {
      return fail(`a value is missing before this \`${token}\``);
    } else {
      expected = open.length === 0 ? 'end' : 'next';
    }
    if (token !== ',') lastComma = -1;
  }
}

/** JSON with comments and trailing commas as JSON: what is too much becomes spaces, so that offsets stay. */
export function blankJsonComments(text: string): string {
  const blank = (found: string) => (found.startsWith('"') ? found : found.replaceAll(/[^\r\n]/g, ' '));
  return text
    .replaceAll(/"[^"\\\n]*(?:\\.[^"\\\n]*)*"|\/\/[^\r\n]*|\/\*[^]*?\*\//g, blank)
    .replaceAll(/"[^"\\\n]*(?:\\.[^"\\\n]*)*"|,(?=\s*[}\]])/g, blank);
}

function skip(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return offset + (pattern.exec(text)?.[0].length ?? 0);
}

function isJsonString(token: string): boolean {
  try {
    JSON.parse(token);
    return true;
  } catch {
    return false;
  }
}

function unfinished(open: readonly string[]): string {
  const last = open.at(-1);
  if (last === undefined) return 'no JSON value is here; write one';
  return `the text ends before \`${last}\` is closed; add \`${last === '{' ? '}' : ']'}\``;
}

function strangeText(text: string, offset: number): string {
  if (/^\/[/*]/.test(text.slice(offset, offset + 2))) return 'JSON has no comments; remove it';
  if (text[offset] === "'") return 'JSON wants double quotes; replace the single ones';
  if (text[offset] === '"')
    return 'this text is not closed in its line, or holds an escape that JSON does not know';
  return 'not JSON; write a text in double quotes, a number, `true`, `false`, `null`, a list or a map';
}
