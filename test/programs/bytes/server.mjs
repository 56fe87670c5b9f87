// A legacy server over stdio that prints JSON text exactly as it was told to: a test gives it texts in base64.
// Tools: `give {text}` answers with that text as its result; `take {…}` answers with its own request, in base64;
// `offer {text}` lists that text as one more tool; `annotate {text}` sends it as params of a log before it answers.

const decode = (base64) => Buffer.from(base64, 'base64').toString();
const line = (text) => process.stdout.write(`${text.replaceAll(/[\r\n]/g, ' ')}\n`);
const own = ['give', 'take', 'offer', 'annotate'].map(
  (name) => `{"name":"${name}","inputSchema":{"type":"object"}}`,
);
let offered = [];

const CAPABILITIES = '{"tools":{"listChanged":true},"logging":{}}';

function answer(method, params, raw) {
  switch (method) {
    case 'initialize':
      return `{"protocolVersion":"2025-11-25","capabilities":${CAPABILITIES},"serverInfo":{"name":"bytes","version":"1"}}`;
    case 'tools/list':
      return `{"tools":[${[...own, ...offered].join(',')}]}`;
    case 'tools/call':
      return call(params.name, params.arguments, raw);
    default:
      return '{}';
  }
}

function call(name, args, raw) {
  switch (name) {
    case 'give':
      return decode(args.text);
    case 'offer':
      offered = [decode(args.text)];
      line('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');
      return '{"content":[]}';
    case 'annotate':
      line(`{"jsonrpc":"2.0","method":"notifications/message","params":${decode(args.text)}}`);
      return '{"content":[]}';
    default:
      return `{"content":[{"type":"text","text":"${Buffer.from(raw).toString('base64')}"}]}`;
  }
}

// By hand: readline also ends lines at U+2028.
let rest = '';
process.stdin.setEncoding('utf8').on('data', (chunk) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  for (const raw of lines) {
    const { id, method, params } = JSON.parse(raw);
    if (id !== undefined)
      line(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${answer(method, params, raw)}}`);
  }
});
