// Relative links and anchors in Markdown lead somewhere.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryFiles, ROOT } from './support/source-files.ts';

const FENCE = /^(?:```|~~~)[^\n]*\n[\s\S]*?^(?:```|~~~)[ \t]*$/gm;
const CODE_SPAN = /`[^`\n]*`/g;
/** `[text](target)` and `[text](target "title")`, images too; and `[label]: target`. */
const INLINE_LINK = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const REFERENCE = /^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/gm;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

const files = repositoryFiles('*.md', '**/*.md');

describe('Markdown', () => {
  test('there is some', () => {
    expect(files.length).toBeGreaterThan(0);
  });

  test.each(files)('the links of %s lead somewhere', (file) => {
    expect(linksOf(readText(file)).filter((target) => !leadsSomewhere(file, target))).toEqual([]);
  });
});

function readText(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function linksOf(markdown: string): readonly string[] {
  const prose = markdown.replace(FENCE, '').replace(CODE_SPAN, '');
  const found = [...prose.matchAll(INLINE_LINK), ...prose.matchAll(REFERENCE)].map(
    ([, target = '']) => target,
  );
  return found.filter((target) => !SCHEME.test(target));
}

function leadsSomewhere(file: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const resolved = path === '' ? file : relative(ROOT, join(ROOT, dirname(file), decodeURIComponent(path)));
  const full = join(ROOT, resolved);
  if (!existsSync(full)) return false;
  if (anchor === undefined) return true;
  return statSync(full).isFile() && resolved.endsWith('.md') && anchorsOf(readText(resolved)).has(anchor);
}

/** Anchors as GitHub makes them of headings: a repeated one is numbered. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of markdown.replace(FENCE, '').matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
    const anchor = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    anchors.add(count === 0 ? anchor : `${anchor}-${count}`);
  }
  return anchors;
}
