import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { RtspError } from './rtsp-error.ts';

/** Two UDP sockets for one track. */
export interface PortPair {
  readonly rtp: Socket;
  readonly rtcp: Socket;
}

export interface PortWish {
  readonly port: number;
  /** Whether it must be this port. */
  readonly exact: boolean;
}

/** Receive buffer size, in bytes, as in the reference; the kernel may grant less. */
const receiveBufferBytes = 1024 * 1024;
const attempts = 30;

/**
 * Binds the requested port and the next one, or else a free even pair. RTCP uses any port when its own is in use.
 * @throws RtspError port_in_use when it must be this port and it is not free
 */
export async function openPortPair(family: 'udp4' | 'udp6', { port, exact }: PortWish): Promise<PortPair> {
  const wished = await bind(family, port);
  if (wished) return { rtp: wished, rtcp: await bindBeside(wished, family) };
  for (let attempt = 0; attempt < attempts && !exact; attempt += 1) {
    const rtp = await bind(family, 0);
    const free = rtp?.address().port ?? 0;
    const rtcp = rtp && free % 2 === 0 ? await bind(family, free + 1) : undefined;
    if (rtp && rtcp) return { rtp, rtcp };
    if (rtp) await close(rtp);
  }
  throw new RtspError('port_in_use');
}

export async function closePortPair({ rtp, rtcp }: PortPair): Promise<void> {
  await Promise.all([close(rtp), close(rtcp)]);
}

async function bindBeside(rtp: Socket, family: 'udp4' | 'udp6'): Promise<Socket> {
  const rtcp = (await bind(family, rtp.address().port + 1)) ?? (await bind(family, 0));
  if (rtcp) return rtcp;
  await close(rtp);
  throw new RtspError('port_in_use');
}

/** Undefined when the port is not available. */
async function bind(family: 'udp4' | 'udp6', port: number): Promise<Socket | undefined> {
  if (port > 65_535) return undefined;
  const socket = createSocket({ type: family, recvBufferSize: receiveBufferBytes });
  try {
    const listening = once(socket, 'listening');
    socket.bind(port);
    await listening;
  } catch {
    await close(socket);
    return undefined;
  }
  // ignored: an unreachable source is noticed by the timeout
  socket.on('error', () => undefined);
  return socket;
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
