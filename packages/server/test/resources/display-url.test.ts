import { expect, test } from 'vitest';
import { displayUrl } from '../../src/resources/display-url.ts';

test.each([
  ['https://example.com/mcp?key=secret', 'https://example.com/mcp'],
  ['https://ann:secret@example.com/mcp#secret', 'https://example.com/mcp'],
  ['https://${HOST}/mcp?key=secret', 'https://${HOST}/mcp'],
  ['https://ann:secret@${HOST}/mcp#secret', 'https://${HOST}/mcp'],
])('%s is shown as %s', (url, shown) => {
  expect(displayUrl(url)).toBe(shown);
});
