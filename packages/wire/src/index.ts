// Messages as bytes: scanning, editing, framing.

export * from './batch.ts';
export * from './batch-writer.ts';
export * from './envelope.ts';
export * from './fold-case.ts';
export * from './json-items.ts';
export * from './lines.ts';
export * from './message.ts';
export * from './own-messages.ts';
export * from './scan.ts';
export * from './splice.ts';
export * from './sse.ts';
