import { readdir, readFile, readlink } from 'node:fs/promises';

/** State of a listening socket in `/proc/net/tcp`. */
const listening = '0A';
/** 127.0.0.1 in `/proc/net/tcp`. */
const loopback = '0100007F';

/**
 * The port on which a process listens on 127.0.0.1, as the kernel says: the process chose it itself, so that nobody can take it before.
 * @param others ports on which it listens, too, and which are not meant
 * @throws when there is none
 */
export async function consolePort(pid: number, others: readonly (number | undefined)[]): Promise<number> {
  const sockets = await socketsOf(pid);
  const [, ...lines] = (await readFile(`/proc/${pid}/net/tcp`, 'latin1')).split('\n');
  for (const line of lines) {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [address, port = ''] = local.split(':');
    const number = Number.parseInt(port, 16);
    if (address !== loopback || state !== listening || others.includes(number)) continue;
    if (sockets.has(inode)) return number;
  }
  throw new Error(`Process ${pid} does not listen for commands`);
}

/** Inodes of the sockets that a process holds. */
async function socketsOf(pid: number): Promise<Set<string>> {
  const folder = `/proc/${pid}/fd`;
  const links = (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => ''));
  return new Set((await Promise.all(links)).flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}
