import type { FastifyPluginAsync } from 'fastify';
import { type BackendScope, registerMethods } from './route-methods.ts';

/** Servers of a user, clones, and what will begin on a server: docs/contracts/jitsi-admin.md 3.7 to 3.9. */
export function serverRoutes({ scheduling: { servers, conferences }, asked }: BackendScope): FastifyPluginAsync {
  return async (app) => {
    registerMethods(app, asked, '/serverInfo', {
      GET: async (request) => {
        const { urls, email } = await servers.ofUser(request.key, request.get('email'), request.get('keycloakId'));
        return { server: urls, email, error: false };
      },
    });
    registerMethods(app, asked, '/server/create', {
      POST: async (request) => {
        const [url, name] = [request.get('url'), request.get('name')];
        const [app_id, app_secret] = [request.get('app_id'), request.get('app_secret')];
        const id = await servers.clone(request.key, { url, name, app_id, app_secret });
        return { server_id: id, sucess: true, error: false };
      },
    });
    registerMethods(app, asked, '/server/getRooms', {
      GET: async (request) => {
        const [minutes, server] = [request.get('minutes'), request.get('serverId')];
        const { serverId, uids } = await conferences.upcoming(request.key, minutes, server);
        return { server_id: serverId, success: true, error: false, room_ids: uids };
      },
    });
  };
}
