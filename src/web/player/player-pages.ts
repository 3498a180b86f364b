import { join } from 'node:path';
import { PageFiles } from '../page-files.ts';

/** `/player/<room id>`: a page that plays the HLS stream of a room, for development only. */
export const playerPages = new PageFiles({
  path: '/player/:room_id',
  base: '/player',
  folder: join(import.meta.dirname, 'browser'),
  files: ['style.css'],
}).routes;
