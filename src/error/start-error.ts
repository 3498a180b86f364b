/** The server cannot start, for a reason that its operator can mend; the message says which. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use. Stop what uses it or change',
  EADDRNOTAVAIL: 'this host has no such address. Change',
  EACCES: 'this user may not. Change',
};

/**
 * Waits until a listener listens.
 * @param where address and port, for the message
 * @param variables environment variables that say so
 * @throws {StartError} when it cannot listen there
 */
export async function listening<T>(opening: Promise<T>, where: string, variables: string): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reason = reasons[code];
    if (reason === undefined) throw error;
    throw new StartError(`Cannot listen on ${where}: ${reason} ${variables}.`, { cause: error });
  }
}
