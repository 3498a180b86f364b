import type { FastifyPluginAsync } from 'fastify';
import { type BackendScope, registerMethods } from './route-methods.ts';

/** Adds and removes participants: docs/contracts/jitsi-admin.md 3.4 and 3.5. */
export function participantRoutes({ scheduling: { conferences }, asked }: BackendScope): FastifyPluginAsync {
  return async (app) => {
    registerMethods(app, asked, '/user', {
      POST: async (request) => {
        const [uid, user] = [request.get('uid'), request.get('email')];
        await conferences.addParticipant(request.key, uid, user);
        return { uid, user, error: false, text: `Teilnehmer ${user} erfolgreich hinzugefügt` };
      },
      DELETE: async (request) => {
        const [uid, user] = [request.get('uid'), request.get('email')];
        await conferences.removeParticipant(request.key, uid, user);
        return { uid, user, error: false, text: `Teilnehmer ${user} erfolgreich gelöscht` };
      },
    });
  };
}
