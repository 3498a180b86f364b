import { join } from 'node:path';
import type { FastifyPluginAsync } from 'fastify';
import type { JoinPage } from '../../api/scheduling/join-page.ts';
import type { Logger } from '../../log/logger.ts';
import { callFiles, PageFiles } from '../page-files.ts';

const files = new PageFiles({
  base: '/join-page',
  folder: join(import.meta.dirname, 'browser'),
  files: [...callFiles, 'join.css', 'lobby.css'],
  translated: true,
  apology:
    'This page cannot be shown at the moment. Please try again later.\n' +
    'Diese Seite kann gerade nicht angezeigt werden. Bitte später noch einmal versuchen.\n',
});

/** Sends the page on which people join a conference. */
export const joinPage: JoinPage = (request, reply) => files.send(request, reply);

/** The files of {@link joinPage}. Builds its script at once, so that no visitor waits for it. */
export function joinPageFiles(logger: Logger): FastifyPluginAsync {
  files.build().catch((error: unknown) => {
    logger.warn({ err: error }, 'The page on which people join conferences could not be built.');
  });
  return files.routes;
}
