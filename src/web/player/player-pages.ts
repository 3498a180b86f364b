import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyPluginAsync } from 'fastify';
import { pageHeaders } from '../page-files.ts';
import { PageScriptError, pageScript } from '../page-script.ts';

const folder = join(import.meta.dirname, 'browser');
const script = join(folder, 'page.ts');

const missing =
  'The player is made from development dependencies, which are not installed here.\n' +
  'Install them with "npm install", or run with NODE_ENV=production: then there is no player.\n';

/** `/player/<room id>`: a page that plays the HLS stream of a room, for development only. */
export const playerPages: FastifyPluginAsync = async (app) => {
  const options = { schema: { hide: true } };
  app.addHook('onSend', async (_request, reply) => {
    reply.headers(pageHeaders);
  });
  app.get('/player/style.css', options, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(await readFile(join(folder, 'style.css'))),
  );
  app.get('/player/page.js', options, async (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').send(await pageScript(script)),
  );
  app.get('/player/:room_id', options, async (_request, reply) => {
    try {
      // A page without its script would be of no use, so it is made with the page.
      await pageScript(script);
    } catch (error) {
      if (!(error instanceof PageScriptError)) throw error;
      reply.log.warn({ err: error }, 'The player could not be made.');
      return reply.code(503).type('text/plain; charset=utf-8').send(missing);
    }
    return reply.type('text/html; charset=utf-8').send(await readFile(join(folder, 'index.html')));
  });
};
