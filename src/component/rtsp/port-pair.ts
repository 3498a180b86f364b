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
  /** Whether another one will not do. */
  readonly exact: boolean;
}

/** As the reference has it; the kernel may grant less. */
const receiveBufferBytes = 1024 * 1024;
const attempts = 30;

/**
 * Binds the wished port and the one above it, else a free even pair. RTCP makes do with any port when its own is taken.
 * @throws RtspError port_in_use when the port has to be this one and is not free
 */
export async function openPortPair(family: 'udp4' | 'udp6', { port, exact }: PortWish): Promise<PortPair> {
  const wished = await bind(family, port);
  if (wished) return { rtp: wished, rtcp: await bindBeside(wished, family) };
  if (exact) throw new RtspError('port_in_use');
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const rtp = await bindAny(family);
    const { port: free } = rtp.address();
    const rtcp = free % 2 === 0 ? await bind(family, free + 1) : undefined;
    if (rtcp) return { rtp, rtcp };
    await close(rtp);
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

async function bindAny(family: 'udp4' | 'udp6'): Promise<Socket> {
  const socket = await bind(family, 0);
  if (!socket) throw new RtspError('port_in_use');
  return socket;
}

/** Undefined when the port cannot be had. */
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
  // an unreachable source shows by its silence
  socket.on('error', () => undefined);
  return socket;
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
