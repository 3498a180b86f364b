import { createSocket, type Socket, type SocketType } from 'node:dgram';
import { once } from 'node:events';

/** Receive buffer size, in bytes, as in the reference; the kernel may grant less. */
const receiveBufferBytes = 1024 * 1024;

export interface UdpPortOptions {
  readonly family: SocketType;
  /** 0: any. */
  readonly port: number;
  /** IP literal of this machine. Default: any. */
  readonly address?: string;
}

/**
 * A socket on a port. It sends to IP literals only. What the network says to what it sent is ignored: media that does not arrive is noticed
 * by its absence.
 * @returns undefined when the port is not available
 */
export async function bindUdpPort({ family, port, address }: UdpPortOptions): Promise<Socket | undefined> {
  if (port > 65_535) return undefined;
  const socket = createSocket({ type: family, recvBufferSize: receiveBufferBytes, lookup: asItIs });
  try {
    const listening = once(socket, 'listening');
    socket.bind({ port, ...(address !== undefined && { address }) });
    await listening;
  } catch {
    await closeUdpPort(socket);
    return undefined;
  }
  socket.on('error', () => undefined);
  return socket;
}

/** To be called once. */
export function closeUdpPort(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}

/** Addresses are literals, which need no resolver and no turn of the event loop. A socket of IPv6 reaches those of IPv4 by a form of theirs. */
function asItIs(
  address: string,
  family: unknown,
  done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  if (address.includes(':')) done(null, address, 6);
  else if (family === 6) done(null, `::ffff:${address}`, 6);
  else done(null, address, 4);
}
