import type { FastifyPluginAsync } from 'fastify';
import { conferenceJson } from './conference-json.ts';
import { type BackendScope, type RouteMethod, registerMethods } from './route-methods.ts';

/** Creates, changes, deletes and shows conferences: docs/contracts/jitsi-admin.md 3.1 to 3.3 and 3.6. */
export function conferenceRoutes({ scheduling, asked }: BackendScope): FastifyPluginAsync {
  const { conferences, timeZone } = scheduling;
  return async (app) => {
    const methods: Record<string, RouteMethod> = {
      POST: async (request) => {
        const identity = { email: request.get('email'), keycloakId: request.get('keycloakId') };
        const uid = await conferences.create(request.key, { ...request.fields(), ...identity });
        return { error: false, uid, text: 'Meeting erfolgreich angelegt' };
      },
      PUT: async (request) => {
        const uid = request.get('uid');
        await conferences.change(request.key, uid, request.fields());
        return { error: false, uid, text: 'Meeting erfolgreich geändert' };
      },
      DELETE: async (request) => {
        await conferences.delete(request.key, request.get('uid'));
        return { error: false, text: 'Erfolgreich gelöscht' };
      },
    };
    registerMethods(app, asked, '/room', methods, {
      PUT: { conferenceNotFound: { text: 'Room no found' } },
      DELETE: { conferenceNotFound: { text: 'Room not found ' } },
    });
    registerMethods(app, asked, '/info/:uid', {
      GET: async (request, { host, protocol }, reply) => {
        reply.header('access-control-allow-origin', '*');
        const conference = await conferences.get(request.key, request.get('uid'));
        return conferenceJson(conference, { host, protocol, timeZone });
      },
    });
  };
}
