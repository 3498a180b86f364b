import type { Slot } from '../../recorder/slot.ts';
import type { RouteGroup } from '../route-group.ts';
import { registerSlotRoutes, type SlotContext } from './slot-routes.ts';

/** What a slot does once the response is sent. */
const actions: Readonly<Record<string, (slot: Slot) => void>> = {
  '/notifyConfigChanged': (slot) => slot.whenIdle('renew'),
  '/gracefulShutdown': (slot) => slot.whenIdle('expire'),
  '/shutdown': (slot) => {
    slot.whenIdle('expire');
    void slot.stop();
  },
};

/** What supervisors ask of a slot: docs/contracts/jibri.md 3. */
export const internalRoutes: RouteGroup<SlotContext> =
  ({ addressOf }) =>
  async (app) => {
    const methods = Object.fromEntries(Object.keys(actions).map((url) => [url, 'POST']));
    const addressed = registerSlotRoutes(app, addressOf, methods);
    for (const [url, act] of Object.entries(actions)) {
      app.post(url, { schema: { hide: true } }, async (request, reply) => {
        const { slot } = addressed(request);
        reply.raw.once('close', () => act(slot));
        return reply.send();
      });
    }
  };
