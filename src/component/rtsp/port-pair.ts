import type { Socket } from 'node:dgram';
import { bindUdpPort, closeUdpPort } from '../../net/udp-port.ts';
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

const attempts = 30;

/**
 * Binds the requested port and the next one, or else a free even pair. RTCP uses any port when its own is in use.
 * @throws RtspError port_in_use when it must be this port and it is not free
 */
export async function openPortPair(family: 'udp4' | 'udp6', { port, exact }: PortWish): Promise<PortPair> {
  const wished = await bindUdpPort({ family, port });
  if (wished) return { rtp: wished, rtcp: await bindBeside(wished, family) };
  for (let attempt = 0; attempt < attempts && !exact; attempt += 1) {
    const rtp = await bindUdpPort({ family, port: 0 });
    const free = rtp?.address().port ?? 0;
    const rtcp = rtp && free % 2 === 0 ? await bindUdpPort({ family, port: free + 1 }) : undefined;
    if (rtp && rtcp) return { rtp, rtcp };
    if (rtp) await closeUdpPort(rtp);
  }
  throw new RtspError('port_in_use');
}

export async function closePortPair({ rtp, rtcp }: PortPair): Promise<void> {
  await Promise.all([closeUdpPort(rtp), closeUdpPort(rtcp)]);
}

async function bindBeside(rtp: Socket, family: 'udp4' | 'udp6'): Promise<Socket> {
  const next = await bindUdpPort({ family, port: rtp.address().port + 1 });
  const rtcp = next ?? (await bindUdpPort({ family, port: 0 }));
  if (rtcp) return rtcp;
  await closeUdpPort(rtp);
  throw new RtspError('port_in_use');
}
