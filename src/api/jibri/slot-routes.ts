import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Jibri } from '../../jibri/jibri.ts';
import type { SlotAddress } from '../../jibri/slot-address.ts';

/** What the routes of a slot stand on. */
export interface SlotContext {
  readonly jibri: Jibri;
  /** @param params of the path @returns undefined when there is no such slot */
  readonly addressOf: (params: unknown) => SlotAddress | undefined;
}

/**
 * Adds what all routes of a slot share: 404 for a slot that is not there and for other paths, 405 for other methods, both without a body
 * (docs/contracts/jibri.md 2.3).
 * @param methods by path; routes with a method of its own are the caller's
 * @returns the slot of a request, for the handlers
 */
export function registerSlotRoutes(
  app: FastifyInstance,
  addressOf: SlotContext['addressOf'],
  methods: Readonly<Record<string, string>>,
): (request: object) => SlotAddress {
  const addresses = new WeakMap<object, SlotAddress>();
  app.addHook('preValidation', async (request, reply) => {
    const address = isExact(request) ? addressOf(request.params) : undefined;
    if (!address) return reply.code(404).send();
    addresses.set(request, address);
  });
  for (const [url, expected] of Object.entries(methods)) {
    const others = app.supportedMethods.filter((method) => method !== expected);
    app.route({ method: others, url, schema: { hide: true }, handler: (_request, reply) => reply.code(405).send() });
  }
  for (const url of ['/', '/*']) {
    app.all(url, { schema: { hide: true } }, (_request, reply) => reply.code(404).send());
  }
  return (request) => addresses.get(request) as SlotAddress;
}

/** Whether the path ends with a name: the router forgives slashes at the end, docs/contracts/jibri.md 2.1 does not. */
function isExact({ raw }: FastifyRequest): boolean {
  const [path = ''] = (raw.url ?? '').split('?', 1);
  return /\/v1\.0\/+[^/]+$/.test(path);
}
