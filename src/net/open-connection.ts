import { once } from 'node:events';
import { isIP, connect as netConnect, type Socket } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { Clock } from '../clock/clock.ts';
import { Deadline } from '../clock/deadline.ts';
import type { AddressGuard } from './address-guard.ts';
import { OutboundError } from './outbound-error.ts';

export interface ConnectionTarget {
  /** Name or IP literal. */
  readonly host: string;
  readonly port: number;
  /** For a connection by TLS, 1.2 or later. */
  readonly tls?: {
    /** Whether the certificate must be valid. */
    readonly verify: boolean;
    /** The name that it must be valid for. @defaultValue the host */
    readonly serverName?: string;
    /** In PEM form. @defaultValue those that Node.js knows */
    readonly authority?: string | Buffer;
  };
}

export interface OpenConnectionOptions {
  readonly guard: AddressGuard;
  readonly clock: Clock;
  /** In ms, for the TLS handshake, too. */
  readonly timeout: number;
  /** Aborts it. */
  readonly signal: AbortSignal;
}

/**
 * Connects. The socket has a listener for errors already.
 * @throws OutboundError refusedAddress, connectTimeout, untrusted, unreachable, aborted
 */
export async function openConnection(
  target: ConnectionTarget,
  { guard, clock, timeout, signal }: OpenConnectionOptions,
): Promise<Socket> {
  const { host, tls } = target;
  if (!guard.permitsHost(host)) throw new OutboundError('refusedAddress', { host });
  const socket = tls
    ? connectSecurely(target, tls, guard)
    : netConnect({ host, port: target.port, lookup: guard.lookup });
  // never removed: an error without a listener would crash the process
  socket.on('error', () => undefined);
  const late = new Deadline(clock, timeout);
  try {
    await once(socket, tls ? 'secureConnect' : 'connect', { signal: AbortSignal.any([signal, late.signal]) });
    return socket;
  } catch (error) {
    socket.destroy();
    if (late.signal.aborted) throw new OutboundError('connectTimeout', { host });
    if (signal.aborted) throw new OutboundError('aborted', { host });
    throw connectionError(error as NodeJS.ErrnoException, host, socket);
  } finally {
    late.close();
  }
}

function connectSecurely(
  { host, port }: ConnectionTarget,
  { verify, serverName = host, authority }: NonNullable<ConnectionTarget['tls']>,
  { lookup }: AddressGuard,
): Socket {
  return tlsConnect({
    ...{ host, port, lookup, rejectUnauthorized: verify, minVersion: 'TLSv1.2' },
    // an address is not sent as a name (RFC 6066 section 3)
    ...(isIP(serverName) === 0 && { servername: serverName }),
    ...(authority !== undefined && { ca: authority }),
  });
}

function connectionError(error: NodeJS.ErrnoException, host: string, socket: Socket): OutboundError {
  if (error instanceof OutboundError) return error;
  const details = { host, ...(error.code !== undefined && { reason: error.code }) };
  return new OutboundError((socket as TLSSocket).authorizationError ? 'untrusted' : 'unreachable', details);
}
