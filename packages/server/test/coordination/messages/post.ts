// Short words for tests about messages.

import {
  MessageSubmissionSchema,
  ThreadSubmissionSchema,
  type ApiThread,
  type SentMessage,
} from '@tutti/schemas';
import type { z } from 'zod';
import { contentText } from './content-text.ts';
import type { Caller } from '../../../src/coordination/agents/registry.ts';
import { LOCAL, type TestCoordination } from '../support/open-on.ts';

type Sent = Partial<z.input<typeof MessageSubmissionSchema>> & { readonly sender_id: string };

export async function send(host: TestCoordination, message: Sent, by: Caller = LOCAL): Promise<SentMessage> {
  return await host.messages.send(MessageSubmissionSchema.parse({ content: 'hello', ...message }), by);
}

export async function thread(
  host: TestCoordination,
  creator: string,
  participants: readonly string[],
): Promise<ApiThread> {
  const wanted = { creator_id: creator, title: 'a thread', participants: [...participants] };
  return await host.threads.create(ThreadSubmissionSchema.parse(wanted), LOCAL);
}

export async function take(host: TestCoordination, id: string, limit = 100): Promise<readonly string[]> {
  const { items } = await host.messages.take(id, { limit }, LOCAL);
  return items.map(({ content, type, reply_to }) =>
    type === 'bounce' ? `bounce ${reply_to}` : contentText({ content }),
  );
}
