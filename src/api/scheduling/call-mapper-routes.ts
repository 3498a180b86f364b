import type { FastifyPluginAsync } from 'fastify';
import { type BackendScope, registerMethods } from './route-methods.ts';

const refusals = {
  notFound: { error: true, reason: 'ROOM_NOT_FOUND' },
  denied: { error: true, text: 'AUTHORIZATION_FAILED' },
  notStarted: { state: 'WAITING', reason: 'NOT_STARTED' },
};

/** Tells gateways of telephones where a call goes: docs/contracts/jitsi-admin.md 9. */
export function callMapperRoutes({ scheduling: { calls }, asked }: BackendScope): FastifyPluginAsync {
  return async (app) => {
    registerMethods(app, asked, '/conferenceMapper', {
      GET: async (request) => {
        const call = await calls.map(request.key, request.get('confid'), request.get('callerid'));
        if (call.refused) return refusals[call.refused];
        return { state: 'STARTED', jwt: call.token, room_name: call.roomName, display_name: call.displayName };
      },
    });
  };
}
