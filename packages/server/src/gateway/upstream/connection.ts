// Ends what a connection stands on before any conversation ran on it.

import type { Connection } from '../ports.ts';

export async function closeConnection(connection: Connection): Promise<void> {
  if (connection.kind === 'pipe') await connection.pipe.close();
  else if (connection.kind === 'http') await connection.target.process?.close();
}
