/** The server cannot start for a reason that its operator can fix; the message says which. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use. Stop what uses it or change',
  EADDRNOTAVAIL: 'this host has no such address. Change',
  EACCES: 'permission denied. Change',
};

/**
 * Waits until a listener listens.
 * @param where address and port, for the message
 * @param variables names of the environment variables that set them
 * @throws {StartError} when the port is in use, the address is not of this host, or permission is denied
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

/**
 * Waits until a folder has been created.
 * @param variables names of the environment variables that set its path
 * @throws {StartError} when the file system refuses it, or what is in it
 */
export async function folderMade<T>(opening: Promise<T>, folder: string, variables: string): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error && 'path' in error)) throw error;
    const path = String(error.path);
    if (!path.startsWith(folder) && !folder.startsWith(path)) throw error;
    throw new StartError(`Cannot create or read ${folder}: ${error.code}. Change ${variables}.`, { cause: error });
  }
}
