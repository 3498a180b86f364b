import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Secret } from '../../config/secret.ts';
import { userAgent } from '../../net/outbound-client.ts';
import type { Slot, SlotCustomer } from '../../recorder/slot.ts';
import { checkToken, hasToken } from '../api-guard.ts';

/** Refuses a request, or does nothing. */
export type SlotGuard = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

export interface SlotGuardOptions {
  /** @param params of the path */
  readonly slotOf: (params: unknown) => Slot | undefined;
  /** For the slots that are for everybody. */
  readonly guard: SlotGuard;
  /** For those of customers. */
  readonly ofCustomer: (customer: SlotCustomer) => SlotGuard;
}

/** @param token of the API. Undefined: every program may, but neither web pages nor requests of servers like this one */
export function tokenGuard(token: Secret | undefined): SlotGuard {
  return async ({ headers }, reply) => {
    if (token) checkToken(token, headers.authorization);
    else if (isNoOrchestrator(headers)) await reply.code(403).send();
  };
}

/** Who may drive a customer's recorder: docs/contracts/jod.md 8. @param serverToken of the API, if that will do, too */
export function customerGuard({ token }: SlotCustomer, serverToken?: Secret): SlotGuard {
  return async ({ headers }, reply) => {
    if (serverToken && hasToken(serverToken, headers.authorization)) return;
    if (token && !hasToken(token, headers.authorization)) await reply.code(401).send();
    else if (!token && isNoOrchestrator(headers)) await reply.code(403).send();
  };
}

/** Guards slots by whom they are for. */
export function guardBySlot({ slotOf, guard, ofCustomer }: SlotGuardOptions): SlotGuard {
  return async (request, reply) => {
    const slot = slotOf(request.params);
    if (slot?.customer) await ofCustomer(slot.customer)(request, reply);
    else if (slot || !isOrdered(request.params)) await guard(request, reply);
  };
}

/** Whether there may have been such a recorder of a customer: everybody is told that it is gone. */
function isOrdered(params: unknown): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test((params as { slot_id: string }).slot_id);
}

/** Without a token: callbacks and webhooks go to where others want, and must not drive recorders on the host of the server. */
function isNoOrchestrator(headers: IncomingHttpHeaders): boolean {
  return isFromWebPage(headers) || headers['user-agent'] === userAgent;
}

/**
 * Whether a web page sent the request: browsers say so, and no orchestrator is one. Without a token any page that a user of the host
 * looks at could otherwise record rooms, since requests of a plain content type need no permission of ours.
 */
function isFromWebPage(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  return headers.origin !== undefined || (site !== undefined && site !== 'none');
}
