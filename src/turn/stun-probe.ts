import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { Clock } from '../clock/clock.ts';

const magicCookie = 0x2112a442;
const bindingRequest = 0x0001;
const bindingSuccess = 0x0101;
const headerBytes = 20;

/** The address of a STUN server. */
export interface StunAddress {
  readonly transport: 'udp' | 'tcp';
  readonly ip: string;
  readonly port: number;
}

/**
 * Sends one Binding request (RFC 8489, section 5) to a STUN server. Never rejects.
 * @param timeoutMs how long to wait for the response
 * @returns whether a success response came in time
 */
export function stunResponds(address: StunAddress, timeoutMs: number, clock: Clock): Promise<boolean> {
  const request = newRequest();
  return new Promise((resolve) => {
    const finish = (responded: boolean) => {
      cancel();
      close();
      resolve(responded);
    };
    const cancel = clock.schedule(timeoutMs, () => finish(false));
    const ask = address.transport === 'udp' ? askOverUdp : askOverTcp;
    const close = ask(address, request, (response) => finish(response !== undefined && isResponse(response, request)));
  });
}

/** Sends the request and reports the first response, or undefined on failure. @returns a function that closes the socket */
type Ask = (address: StunAddress, request: Buffer, report: (response: Buffer | undefined) => void) => () => void;

const askOverUdp: Ask = ({ ip, port }, request, report) => {
  const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
  let open = true;
  const close = () => {
    if (open) socket.close();
    open = false;
  };
  socket.once('message', report);
  socket.on('error', () => report(undefined));
  socket.connect(port, ip, () => {
    if (open) socket.send(request);
  });
  return close;
};

const askOverTcp: Ask = ({ ip, port }, request, report) => {
  const socket = connect(port, ip, () => socket.write(request));
  socket.once('data', report);
  socket.on('error', () => report(undefined));
  return () => socket.destroy();
};

function newRequest(): Buffer {
  const request = Buffer.alloc(headerBytes);
  request.writeUInt16BE(bindingRequest, 0);
  request.writeUInt32BE(magicCookie, 4);
  randomBytes(12).copy(request, 8);
  return request;
}

function isResponse(response: Buffer, request: Buffer): boolean {
  if (response.length < headerBytes || response.readUInt16BE(0) !== bindingSuccess) return false;
  return response.subarray(4, headerBytes).equals(request.subarray(4));
}
