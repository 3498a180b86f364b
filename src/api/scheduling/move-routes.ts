import type { FastifyPluginAsync } from 'fastify';
import { refusalSender } from './refusal.ts';
import { type BackendScope, registerMethods } from './route-methods.ts';

/** Of three releases. */
const paths = ['/room/move/:uid', '/room/move', '/move/room/:uid'];

/** Moves conferences to other servers: docs/contracts/jitsi-admin.md 3.10. */
export function moveRoutes({ scheduling: { conferences }, asked }: BackendScope): FastifyPluginAsync {
  return async (app) => {
    const texts = {
      conferenceNotFound: { status: 404, text: 'Room not found' },
      denied: { status: 403, text: 'Access denied' },
      newServerNotFound: { status: 404, text: 'New Server not found' },
    };
    app.setErrorHandler(refusalSender(texts, 'message'));
    for (const path of paths) {
      registerMethods(app, asked, path, {
        POST: async (request) => {
          const serverId = request.get('serverId') ?? request.get('server');
          await conferences.move(request.key, request.get('uid'), serverId);
          return { error: false, message: 'Room moved' };
        },
      });
    }
  };
}
