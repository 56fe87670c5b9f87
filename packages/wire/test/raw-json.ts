// A reader of its own for tests: keeps what JSON.parse loses, that is the text of scalars, order and repeated names.

export type Raw = string | readonly Raw[] | RawObject;

/** The members in order, names decoded. */
export interface RawObject {
  readonly members: readonly (readonly [string, Raw])[];
}

/** Reads valid JSON. */
export function readRaw(text: string): Raw {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  let next = 0;

  function read(): Raw {
    const token = tokens[next++] ?? '';
    if (token === '{') return readObject();
    if (token === '[') return readArray();
    return token;
  }

  function readObject(): RawObject {
    const members: [string, Raw][] = [];
    while (tokens[next] !== '}') {
      if (tokens[next] === ',') next++;
      const key: unknown = JSON.parse(tokens[next] ?? '');
      next += 2;
      members.push([String(key), read()]);
    }
    next++;
    return { members };
  }

  function readArray(): Raw[] {
    const items: Raw[] = [];
    while (tokens[next] !== ']') {
      if (tokens[next] === ',') next++;
      items.push(read());
    }
    next++;
    return items;
  }

  return read();
}

export function isRawObject(raw: Raw | undefined): raw is RawObject {
  return typeof raw === 'object' && 'members' in raw;
}

/** The member that a reader sees which takes the first, or the last, of a repeated name. */
export function pick(raw: Raw | undefined, name: string, which: 'first' | 'last'): Raw | undefined {
  if (!isRawObject(raw)) return undefined;
  const found = raw.members.filter(([key]) => key === name);
  return (which === 'first' ? found[0] : found.at(-1))?.[1];
}

/** How deep the brackets of a JSON text are nested. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const token of text.match(/"(?:[^"\\]|\\.)*"|[{}[\]]/g) ?? []) {
    if (token === '{' || token === '[') deepest = Math.max(deepest, ++depth);
    if (token === '}' || token === ']') depth--;
  }
  return deepest;
}
