import type { Duplex } from 'node:stream';

interface Refusal {
  readonly status: string;
  readonly error: string;
  readonly message: string;
}

/** By code of Node's error. */
const refusals: Readonly<Record<string, Refusal>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408', error: 'Request Timeout', message: 'Client Timeout' },
  HPE_HEADER_OVERFLOW: {
    status: '431',
    error: 'Request Header Fields Too Large',
    message: 'Exceeded maximum allowed HTTP header size',
  },
};
const malformed: Refusal = { status: '400', error: 'Bad Request', message: 'Client Error' };

/** Replies to what is no request, or never becomes one, and closes the connection: for `clientError` of a server of HTTP/1. */
export function refuseClient(fault: NodeJS.ErrnoException, socket: Duplex): void {
  if (fault.code === 'ECONNRESET' || socket.destroyed) return;
  const { status, error, message } = refusals[fault.code ?? ''] ?? malformed;
  const body = JSON.stringify({ error, message, statusCode: Number(status) });
  const head = [`HTTP/1.1 ${status} ${error}`, `Content-Length: ${body.length}`, 'Content-Type: application/json'];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroy(fault);
}
