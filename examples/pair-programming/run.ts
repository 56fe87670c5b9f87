// Two agents edit one repository, each in a git work tree of its own. They lease the files that they change, so that the
// second waits for the first instead of ending in a merge conflict; and a git hook refuses what forgets to ask. At the end
// main has what both did, in one line, and nothing is lost.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTuttiClient } from '@tutti/sdk';
import { createAgent, type Agent } from './agent.ts';
import { createRepository } from './repository.ts';
import { startTutti } from './tutti.ts';

/** Changes of the same file that each agent makes at the end, both at once. */
const ROUNDS = 5;
const LIST = 'shopping.txt';

const kept = process.argv[2];
const folder = kept ?? (await mkdtemp(join(tmpdir(), 'tutti-pair-')));
await mkdir(folder, { recursive: true });

{
  await using tutti = await startTutti(join(folder, 'tutti'));
  say(`Tutti is at ${tutti.url}.`);
  const repository = await createRepository(join(folder, 'team.git'), {
    [LIST]: 'milk\n',
    'README.md': '# List\n',
  });
  const open = async (id: string): Promise<Agent> => {
    const tree = await repository.addWorkTree(join(folder, id), id);
    const client = createTuttiClient({ url: tutti.url });
    await client.agents.register({ id, heartbeatInterval: '10m' });
    // The hook is one for all work trees; who works in this one is written down beside it.
    await tutti.run(['guard', 'install', '--agent', id, '--unreachable', 'refuse'], tree.path);
    return createAgent({ id, tree, client, say });
  };
  const ada = await open('ada');
  const bob = await open('bob');

  // They collide: Ada has the list, and Bob commits a change of it all the same.
  await ada.lease(LIST, 'adding bread');
  await ada.append(LIST, 'bread');
  await bob.append(LIST, 'beer');
  const refusal = await bob.tryToCommit('Add beer');
  if (refusal === undefined) throw new Error('Bob committed a file that Ada has leased.');
  say(`bob may not commit: ${refusal}`);

  // Bob undoes it, and waits; Ada merges, and gives the file back.
  await bob.undo();
  const waiting = bob.lease(LIST, 'adding beer');
  await ada.commit('Add bread');
  await ada.merge();
  await ada.release(LIST);
  await waiting;
  await bob.takeOver();
  await bob.append(LIST, 'beer');
  await bob.commit('Add beer');
  await bob.merge();
  await bob.release(LIST);

  // From now on nobody tells them whose turn it is.
  await Promise.all([ada, bob].map((agent) => editAlone(agent)));

  const list = await repository.show(LIST);
  await writeFile(join(folder, 'list.txt'), list);
  const lines = list.trimEnd().split('\n');
  const expected = ['milk', 'bread', 'beer', ...['ada', 'bob'].flatMap((id) => [...rounds(id)])];
  if (lines.toSorted().join() !== expected.toSorted().join())
    throw new Error(`main has ${lines.join(', ')}.`);
  say(`main has all ${lines.length} lines, and ${await repository.merges()} merge commits were needed.`);
}
if (kept === undefined) await rm(folder, { recursive: true, force: true });

async function editAlone(agent: Agent): Promise<void> {
  for (const line of rounds(agent.id)) {
    await agent.lease(LIST, line);
    await agent.takeOver();
    await agent.append(LIST, line);
    await agent.commit(`Add ${line}`);
    await agent.merge();
    await agent.release(LIST);
  }
}

function* rounds(id: string): Iterable<string> {
  for (let n = 1; n <= ROUNDS; n++) yield `${n} apples of ${id}`;
}

function say(text: string): void {
  console.log(text);
}
