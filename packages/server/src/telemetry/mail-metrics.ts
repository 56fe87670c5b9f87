// Metrics of messages. Participants are chosen by callers and many, so that none is a label.

import { Counter, Histogram, type Registry } from 'prom-client';

const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128];

export interface MailMetrics {
  sendsTaken(sends: number): void;
  messagesSent(messages: number, deliveries: number): void;
  messagesBounced(bounces: number): void;
}

export function createMailMetrics(registry: Registry): MailMetrics {
  const registers = [registry];
  const messages = new Counter({
    name: 'tutti_messages_total',
    help: 'Messages that were taken in, those of Tutti itself too.',
    registers,
  });
  const deliveries = new Counter({
    name: 'tutti_message_deliveries_total',
    help: 'Copies that were put into inboxes, one for each recipient.',
    registers,
  });
  const bounces = new Counter({
    name: 'tutti_messages_bounced_total',
    help: 'Messages that told a sender that a recipient did not get something.',
    registers,
  });
  const batches = new Histogram({
    name: 'tutti_message_batch_size',
    help: 'Sends and changes of threads that one transaction took.',
    buckets: BATCH_BUCKETS,
    registers,
  });

  return {
    sendsTaken: (sends) => batches.observe(sends),
    messagesSent(count, copies) {
      if (count > 0) messages.inc(count);
      if (copies > 0) deliveries.inc(copies);
    },
    messagesBounced(count) {
      if (count > 0) bounces.inc(count);
    },
  };
}
