import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { PageScriptError, pageScript } from './page-script.ts';

/** Everything comes from here; the page reaches nothing else. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "media-src 'self' blob: mediastream:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Of every page that we serve ourselves. */
export const pageHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'permissions-policy': 'camera=(self), microphone=(self)',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
};

const files = [
  { url: '/demo', name: 'index.html', type: 'text/html; charset=utf-8' },
  { url: '/demo/base.css', name: 'base.css', type: 'text/css; charset=utf-8' },
  { url: '/demo/room.css', name: 'room.css', type: 'text/css; charset=utf-8' },
  { url: '/demo/side.css', name: 'side.css', type: 'text/css; charset=utf-8' },
  { url: '/demo/icon.svg', name: 'icon.svg', type: 'image/svg+xml' },
];

const missing =
  'The demo page is made from development dependencies, which are not installed here.\n' +
  'Install them with "npm install", or run with NODE_ENV=production: then there is no demo page.\n';

/** The page itself: markup, style and script. @param makeScript rejects with PageScriptError when it cannot be made */
export const pageFiles =
  (makeScript: () => Promise<string> = pageScript): FastifyPluginAsync =>
  async (app) => {
    app.addHook('onSend', async (_request, reply) => {
      reply.headers(pageHeaders);
    });
    const send = async (reply: FastifyReply, type: string, read: () => Promise<string>) => {
      try {
        const text = await read();
        return reply.type(type).send(text);
      } catch (error) {
        if (!(error instanceof PageScriptError)) throw error;
        reply.log.warn({ err: error }, 'The demo page could not be made.');
        return reply.code(503).type('text/plain; charset=utf-8').send(missing);
      }
    };
    for (const { url, name, type } of files) {
      app.get(url, { schema: { hide: true } }, (_request, reply) =>
        send(reply, type, async () => {
          // A page without its script would be of no use, so it is made with the page.
          if (name === 'index.html') await makeScript();
          return await readFile(join(import.meta.dirname, 'browser', name), 'utf8');
        }),
      );
    }
    app.get('/demo/page.js', { schema: { hide: true } }, (_request, reply) =>
      send(reply, 'text/javascript; charset=utf-8', makeScript),
    );
  };
