import { readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { acceptedLanguage } from '../api/accepted-language.ts';
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

/** Styles and icon of pages that show a call, from the folders of these pages. */
export const callFiles = ['base.css', 'room.css', 'icon.svg'].map((name) => `../../call/browser/${name}`);

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const unavailable =
  'This page cannot be built: a package that it needs is not installed. "npm install" installs all of them; the log says more.\n';

export interface PageFilesOptions {
  /** Path of the page; may have a parameter, as in `/player/:room_id`. Undefined: other routes send the page. */
  readonly path?: string;
  /** Path in front of the other files and of `page.js`. */
  readonly base: string;
  /**
   * Absolute path of the folder of `index.html`, and of the script's source `page.ts`. A line `<!-- include <path> -->` of the page stands for
   * another file.
   */
  readonly folder: string;
  /** Paths of the other files from the folder. Each is served under its last name. */
  readonly files: readonly string[];
  /** The page speaks the language in its `lang`, which is to be the visitor's. */
  readonly translated?: boolean;
  /** What is said when the page cannot be built. */
  readonly apology?: string;
  /** Builds the script. @throws PageScriptError when it cannot be built */
  readonly buildScript?: () => Promise<string>;
}

/** A page: its markup, styles and script. 503 when the script cannot be built. */
export class PageFiles {
  readonly #options: PageFilesOptions;
  readonly #script: () => Promise<string>;

  constructor(options: PageFilesOptions) {
    const { folder, buildScript } = options;
    this.#options = options;
    this.#script = buildScript ?? (() => pageScript(join(folder, 'page.ts')));
  }

  /** Serves the files, and the page at its path. */
  readonly routes: FastifyPluginAsync = async (app) => {
    const { path, base, files } = this.#options;
    const serve = (url: string, name: string, content: () => Promise<string>) =>
      app.get(url, { schema: { hide: true } }, (_request, reply) => this.#send(reply, name, content));
    if (path !== undefined) app.get(path, { schema: { hide: true } }, (request, reply) => this.send(request, reply));
    serve(`${base}/page.js`, 'page.js', this.#script);
    for (const name of files) serve(`${base}/${basename(name)}`, name, () => this.#read(name));
  };

  /** Responds with the page. */
  async send(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { translated } = this.#options;
    if (translated) reply.header('vary', 'accept, accept-language');
    return await this.#send(reply, 'index.html', async () => {
      // A page without its script is of no use, so the script is built with the page.
      await this.#script();
      const page = await this.#markup();
      if (!translated) return page;
      return page.replace('<html lang="en">', `<html lang="${acceptedLanguage(request.headers['accept-language'])}">`);
    });
  }

  /** Builds the script, so that no visitor waits for it. @throws PageScriptError when it cannot be built */
  async build(): Promise<void> {
    await this.#script();
  }

  async #markup(): Promise<string> {
    const page = await this.#read('index.html');
    const parts = page.split(/^ *<!-- include (\S+) -->$/m);
    return (await Promise.all(parts.map((part, at) => (at % 2 === 1 ? this.#read(part) : part)))).join('');
  }

  #read(name: string): Promise<string> {
    return readFile(join(this.#options.folder, name), 'utf8');
  }

  async #send(reply: FastifyReply, name: string, content: () => Promise<string>): Promise<FastifyReply> {
    reply.headers(pageHeaders);
    try {
      const text = await content();
      return reply.type(types[extname(name)] ?? '').send(text);
    } catch (error) {
      if (!(error instanceof PageScriptError)) throw error;
      // Without its query string, which may be of a personal link.
      reply.log.warn({ err: error, path: reply.request.routeOptions.url }, 'A page could not be built.');
      const text = this.#options.apology ?? unavailable;
      return reply.code(503).type('text/plain; charset=utf-8').send(text);
    }
  }
}
