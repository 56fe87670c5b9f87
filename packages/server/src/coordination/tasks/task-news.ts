// Waiting for something to become true of a task. What is told is a hint; the store is looked at again.

import { createNews, type News } from '../../kernel/news.ts';
import type { Ledger } from './ledger.ts';

export interface TaskNews extends Pick<News, 'until'>, Disposable {
  /** Others may have changed anything. */
  lookAgain(): void;
}

export function createTaskNews(ledger: Ledger): TaskNews {
  const news = createNews();
  const listening = ledger.subscribe(({ transitions }) => {
    for (const { after } of transitions) news.tell(after.id);
  });

  return {
    until: (taskId, look, wait) => news.until(taskId, look, wait),
    lookAgain: () => news.tellAll(),
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
}
