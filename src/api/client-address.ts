import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

/** Where reverse proxies are. */
const near: ReadonlySet<string> = new Set(['loopback', 'private', 'uniqueLocal', 'linkLocal']);

/**
 * The address of who asks. Behind a reverse proxy of this machine or its private network it is the one that the proxy adds to
 * `X-Forwarded-For`; what others say there is not believed.
 */
export function clientAddress({ ip, headers }: Pick<FastifyRequest, 'ip' | 'headers'>): string {
  const { 'x-forwarded-for': forwarded } = headers;
  const last = String(forwarded ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  return last !== undefined && isIP(last) !== 0 && isNear(ip) ? last : ip;
}

function isNear(address: string): boolean {
  return isIP(address) !== 0 && near.has(ipaddr.process(address).range());
}
