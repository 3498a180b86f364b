import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { UdpSocket } from './udp-socket.ts';

/** A port that is open for datagrams and for connections. */
export interface ListeningPort {
  readonly udp: UdpSocket;
  readonly tcp: Server;
}

/** How often another port is tried when any will do. */
const attempts = 20;

/** @param port 0: any that is free for both @throws Error of the system when the port cannot be opened */
export async function openListeningPort(ip: string, port: number): Promise<ListeningPort> {
  for (let attempt = 1; ; attempt += 1) {
    const udp = await UdpSocket.open(ip, port);
    const tcp = createServer();
    try {
      await once(tcp.listen(udp.port, ip), 'listening');
      return { udp, tcp };
    } catch (error) {
      await udp.close();
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (port !== 0 || !taken || attempt === attempts) throw error;
    }
  }
}
