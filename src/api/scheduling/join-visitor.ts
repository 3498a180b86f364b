import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Visitor } from '../../scheduling/admission.ts';
import { membersOf } from '../body-parsing.ts';

const deviceCookie = 'shoal_device';
/** Seconds for which a browser stays the same device. */
const deviceLifetime = 365 * 24 * 60 * 60;
const devicePattern = /^[\w-]{8,64}$/;
/** Ids that a database of 32 bits has. */
const maxId = 2 ** 31 - 1;

/** What a request says of who wants to join: in its path, its query string and its body. */
export function visitorOf(request: FastifyRequest): Visitor {
  const { id } = request.params as { readonly id?: string };
  const members = membersOf(request);
  const text = (name: string, maxLength: number) => {
    const value = members[name];
    return typeof value === 'string' && value !== '' && value.length <= maxLength ? value : undefined;
  };
  const number = text('number', 32)?.trim();
  const device = text('device', 64) ?? cookieOf(request.headers.cookie);
  return {
    conference: id === undefined ? (number === undefined ? undefined : { number }) : { id: idOf(id) },
    email: text('email', 320)?.trim(),
    ...{ data: text('data', 2048), sig: text('sig', 128), name: text('name', 10_000) },
    device: device !== undefined && devicePattern.test(device) ? device : randomUUID(),
  };
}

/** Lets the browser be the same device the next time. */
export function rememberDevice(request: FastifyRequest, reply: FastifyReply, { device }: Visitor): void {
  if (cookieOf(request.headers.cookie) === device) return;
  // A proxy may speak HTTPS for the server.
  const isSecure = request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https';
  const secure = isSecure ? '; Secure' : '';
  reply.header(
    'set-cookie',
    `${deviceCookie}=${device}; Path=/; Max-Age=${deviceLifetime}; HttpOnly; SameSite=Lax${secure}`,
  );
}

/** 0: none has it. */
function idOf(text: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return id <= maxId ? id : 0;
}

function cookieOf(header = ''): string | undefined {
  const prefix = `${deviceCookie}=`;
  const cookie = header.split(';').find((each) => each.trimStart().startsWith(prefix));
  return cookie?.trim().slice(prefix.length);
}
