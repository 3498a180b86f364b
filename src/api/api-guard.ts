import type { onRequestHookHandler } from 'fastify';
import type { BearerAuthentication } from './bearer-authentication.ts';
import { FrameworkError } from './framework-error.ts';

/** Guards the routes of the API: first the accepted content types, then the token. Runs when the body has been read. */
export function apiGuard(authentication: BearerAuthentication): onRequestHookHandler {
  return (request, _reply, done) => {
    if (!admitsJson(request.headers.accept)) throw new FrameworkError(406);
    authentication.check(request.headers.authorization);
    done();
  };
}

/**
 * Whether an `Accept` header admits JSON: docs/contracts/fishjam-rest.md 1.2. Weights are not looked at.
 * @param header undefined = none was sent
 */
export function admitsJson(header: string | undefined): boolean {
  if (header === undefined || header.includes('*/*')) return true;
  return header.split(',').some((entry) => admitting.has(entry.split(';', 1)[0]?.trim().toLowerCase() ?? ''));
}

const admitting = new Set(['application/json', 'application/*']);
