// The fixture itself: that what our tests compare with is what it does, in all of its variants.

import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { fixtureCommand, startHttpFixture } from '../support/fixture.ts';
import { memberText } from '../support/json-text.ts';
import { modernRequest, openLegacy } from '../support/raw-client.ts';
import { openStdio } from '../support/raw-stdio.ts';
import {
  ODD_NUMBERS,
  ODD_OBJECT,
  VENDOR_ANNOTATIONS,
  VENDOR_STRUCTURED,
} from '../programs/fixture/vendor.ts';

const ALL_CAPABILITIES = '{"elicitation":{"form":{}},"sampling":{},"roots":{}}';
const ARGS = `{"numbers":${ODD_NUMBERS}, "object" : ${ODD_OBJECT}}`;
const ECHO = `{"name":"echo_raw","arguments":${ARGS}}`;

/** Calls a method in one of the variants and returns the text of the result. */
type CallFixture = (method: string, params: string) => Promise<string | undefined>;

interface Variant {
  readonly name: string;
  readonly open: () => Promise<{ call: CallFixture } & AsyncDisposable>;
}

const variants: readonly Variant[] = [
  {
    name: 'stdio, old era',
    open: async () => {
      const { command, args } = fixtureCommand('legacy');
      const stdio = openStdio(command, args);
      await stdio.initialize();
      const call: CallFixture = async (method, params) =>
        memberText(await stdio.request(method, params), 'result');
      return { call, [Symbol.asyncDispose]: () => stdio.close() };
    },
  },
  {
    name: 'stdio, modern era',
    open: async () => {
      const { command, args } = fixtureCommand('modern');
      const stdio = openStdio(command, args);
      const call: CallFixture = async (method, params) =>
        memberText(await stdio.modern(method, params), 'result');
      return { call, [Symbol.asyncDispose]: () => stdio.close() };
    },
  },
  {
    name: 'HTTP, old era',
    open: async () => {
      const fixture = await startHttpFixture('legacy');
      const client = await openLegacy(fixture.url);
      const call: CallFixture = async (method, params) => (await client.request(method, params)).result;
      return { call, [Symbol.asyncDispose]: () => fixture.close() };
    },
  },
  {
    name: 'HTTP, modern era',
    open: async () => {
      const fixture = await startHttpFixture('modern');
      const call: CallFixture = async (method, params) =>
        (await modernRequest(fixture.url, method, params)).result;
      return { call, [Symbol.asyncDispose]: () => fixture.close() };
    },
  },
];

describe.each(variants)('the fixture over $name', ({ open }) => {
  test('echoes arguments and lists vendor members byte for byte', async () => {
    await using fixture = await open();
    expect(memberText((await fixture.call('tools/call', ECHO)) ?? '', 'structuredContent')).toBe(ARGS);

    const tools = memberText((await fixture.call('tools/list', '{}')) ?? '', 'tools') ?? '';
    const index = toolNames(tools).indexOf('vendor');
    expect(memberText(tools, index, 'annotations')).toBe(VENDOR_ANNOTATIONS);
    expect(memberText(tools, index, 'x-vendor')).toBe(VENDOR_STRUCTURED);
  });
});

describe('a call that asks', () => {
  const answer = `{"action":"accept","content":{"value":"\\u0041","n":${ODD_NUMBERS}}}`;

  test('sends a reverse request in the old era and returns the answer byte for byte', async () => {
    await using fixture = await startHttpFixture('legacy');
    const client = await openLegacy(fixture.url, { capabilities: ALL_CAPABILITIES });
    const asked: string[] = [];
    const { result } = await client.request('tools/call', '{"name":"ask_two","arguments":{}}', {
      onMessage: (message) => {
        const text = String(message);
        if (memberText(text, 'method') !== '"elicitation/create"') return;
        asked.push(text);
        void client.answer(memberText(text, 'id') ?? '', answer);
      },
    });
    expect(asked).toHaveLength(2);
    expect(memberText(result ?? '', 'structuredContent', 'second')).toBe(answer);
  });

  test('ends the round with input_required in the modern era', async () => {
    await using fixture = await startHttpFixture('modern');
    const capabilities = ALL_CAPABILITIES;
    const first = await modernRequest(
      fixture.url,
      'tools/call',
      '{"name":"ask_elicitation","arguments":{}}',
      {
        capabilities,
      },
    );
    expect(memberText(first.result ?? '', 'resultType')).toBe('"input_required"');
    const retry = `{"name":"ask_elicitation","arguments":{},"inputResponses":{"asked":${answer}}}`;
    const second = await modernRequest(fixture.url, 'tools/call', retry, { capabilities });
    expect(memberText(second.result ?? '', 'structuredContent', 'asked')).toBe(answer);
  });
});

describe('a cancelled call', () => {
  test('is counted, in both eras', async () => {
    await using fixture = await startHttpFixture('both');
    const { url } = fixture;
    const slow = '{"name":"slow","arguments":{"ms":60000}}';
    const counts = async (): Promise<string | undefined> => {
      const { result } = await modernRequest(url, 'tools/call', '{"name":"cancelled_count","arguments":{}}');
      return memberText(result ?? '', 'structuredContent');
    };

    const client = await openLegacy(url);
    const abandoned = client.request('tools/call', slow, { id: '"a"' });
    await eventually(async () => (await counts()) === '{"cancelled":0,"running":1}');
    await client.notify('notifications/cancelled', '{"requestId":"a"}');
    await eventually(async () => (await counts()) === '{"cancelled":1,"running":0}');

    const abort = new AbortController();
    const closed = modernRequest(url, 'tools/call', slow, { signal: abort.signal });
    await eventually(async () => (await counts()) === '{"cancelled":1,"running":1}');
    abort.abort();
    await eventually(async () => (await counts()) === '{"cancelled":2,"running":0}');
    expect((await closed).aborted).toBe(true);
    await fixture.close();
    await abandoned;
  });
});

describe('core tasks of the old era', () => {
  test('run, ask through tasks/result, and end with the result', async () => {
    await using fixture = await startHttpFixture('legacy');
    const client = await openLegacy(fixture.url, { capabilities: ALL_CAPABILITIES });
    const created = await client.request(
      'tools/call',
      '{"name":"confirm_delete","arguments":{"filename":"f"},"task":{"ttl":60000}}',
    );
    const taskId = memberText(created.result ?? '', 'task', 'taskId') ?? '';
    await eventually(async () => {
      const { result } = await client.request('tasks/get', `{"taskId":${taskId}}`);
      return memberText(result ?? '', 'status') === '"input_required"';
    });
    const { result } = await client.request('tasks/result', `{"taskId":${taskId}}`, {
      onMessage: (message) => {
        const text = String(message);
        if (memberText(text, 'method') !== '"elicitation/create"') return;
        void client.answer(memberText(text, 'id') ?? '', '{"action":"accept","content":{"confirm":true}}');
      },
    });
    expect(memberText(result ?? '', 'content', 0, 'text')).toBe('"Deleted f"');
    const list = await client.request('tasks/list', '{}');
    expect(memberText(list.result ?? '', 'tasks', 0, 'taskId')).toBe(taskId);
  });
});

function toolNames(tools: string): unknown[] {
  const parsed: unknown = JSON.parse(tools);
  return Array.isArray(parsed) ? parsed.map((tool: { name?: unknown }) => tool.name) : [];
}
