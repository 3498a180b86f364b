import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyPluginAsync, FastifyReply } from 'fastify';
import { PageScriptError, pageScript } from './page-script.ts';

/** Everything comes from this server; the page reaches nothing else. */
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

const pageHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'permissions-policy': 'camera=(self), microphone=(self)',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
};

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const unavailable =
  'This page is built from development dependencies, which are not installed.\n' +
  'Install them with "npm install", or run with NODE_ENV=production: then there is no such page.\n';

export interface PageFilesOptions {
  /** Path of the page; may have a parameter, as in `/player/:room_id`. */
  readonly path: string;
  /** Path in front of the other files and of `page.js`. */
  readonly base: string;
  /** Absolute path of the folder of `index.html`, the script's source `page.ts` and the other files. */
  readonly folder: string;
  /** Names of the other files. */
  readonly files: readonly string[];
  /** Builds the script. @throws PageScriptError when it cannot be built */
  readonly buildScript?: () => Promise<string>;
}

/** Serves a page: its markup, styles and script. 503 when the script cannot be built. */
export function pageFiles({ path, base, folder, files, buildScript }: PageFilesOptions): FastifyPluginAsync {
  const script = buildScript ?? (() => pageScript(join(folder, 'page.ts')));
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  return async (app) => {
    app.addHook('onSend', async (_request, reply) => {
      reply.headers(pageHeaders);
    });
    const serve = (url: string, name: string, content: () => Promise<string>) =>
      app.get(url, { schema: { hide: true } }, (_request, reply) => send(reply, types[extname(name)] ?? '', content));
    serve(path, 'index.html', async () => {
      // A page without its script is of no use, so the script is built with the page.
      await script();
      return await read('index.html');
    });
    serve(`${base}/page.js`, 'page.js', script);
    for (const name of files) serve(`${base}/${name}`, name, () => read(name));
  };
}

async function send(reply: FastifyReply, type: string, content: () => Promise<string>) {
  try {
    const text = await content();
    return reply.type(type).send(text);
  } catch (error) {
    if (!(error instanceof PageScriptError)) throw error;
    reply.log.warn({ err: error, url: reply.request.url }, 'A page could not be built.');
    return reply.code(503).type('text/plain; charset=utf-8').send(unavailable);
  }
}
