import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6 } from 'node:net';
import { TurnError } from './turn-error.ts';

/**
 * Checks that the port is free. coturn would share it silently with another process that shares it, too, and then get only some of
 * the packets.
 * @param variable environment variable that sets the port, for the message
 * @throws {TurnError} when the port is in use or the address is not of this host
 */
export async function requireFreePort(
  transport: 'udp' | 'tcp',
  ip: string,
  port: number,
  variable: string,
): Promise<void> {
  try {
    await (transport === 'udp' ? bindUdp(ip, port) : bindTcp(ip, port));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const where = `${transport.toUpperCase()} ${ip} port ${port}`;
    if (code === 'EADDRINUSE') {
      throw new TurnError(`TURN cannot listen on ${where}: it is in use. Stop what uses it or change ${variable}.`);
    }
    if (code === 'EADDRNOTAVAIL') {
      throw new TurnError(
        `TURN cannot listen on ${where}: this host has no such address. Change FJ_WEBRTC_TURN_LISTEN_IP.`,
      );
    }
    throw new TurnError(`TURN cannot listen on ${where}: ${error instanceof Error ? error.message : error}`);
  }
}

async function bindUdp(ip: string, port: number): Promise<void> {
  const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
  try {
    const listening = once(socket, 'listening');
    socket.bind({ address: ip, port, exclusive: true });
    await listening;
  } finally {
    socket.close();
  }
}

async function bindTcp(ip: string, port: number): Promise<void> {
  const server = createServer();
  const listening = once(server, 'listening');
  server.listen({ host: ip, port, exclusive: true });
  await listening;
  const closed = once(server, 'close');
  server.close();
  await closed;
}
