import { PeerClient } from '../peer-client.ts';
import type { Row } from './benchmark.ts';
import { atOnce } from './load/at-once.ts';
import { withCleanup } from './load/cleanup.ts';
import { ServerProcess } from './load/server-process.ts';

export const title = 'rooms with one connected peer each';

const count = 1000;
/** What happens once and then never again must not be counted as the rooms'. */
const warmUp = 50;
const limit = 16;

export async function run(): Promise<Row[]> {
  return await withCleanup(async (cleanup) => {
    const server = await ServerProcess.start(cleanup);
    const fill = async (rooms: number) => {
      const cpuBefore = await server.cpuTime();
      const startedAt = performance.now();
      const roomIds = await atOnce(limit, Array(rooms).fill(undefined), () => server.createRoom());
      const seconds = (performance.now() - startedAt) / 1000;
      const cost = ((await server.cpuTime()) - cpuBefore) / rooms;
      const tokens = await atOnce(limit, roomIds, (roomId) => server.addPeer(roomId));
      await atOnce(limit, tokens, async (token) => {
        const client = await PeerClient.open(cleanup, server.host);
        await client.connect(token);
      });
      return { seconds, cost };
    };

    await fill(warmUp);
    const before = await server.memory();
    const { seconds, cost } = await fill(count);
    const after = await server.memory();
    const perRoom = (bytes: number) => `${(bytes / count / 1024).toFixed(0)} KiB`;
    const parts = { server: after.server - before.server, workers: after.workers - before.workers };
    return [
      {
        what: 'Rooms created over REST',
        figure: `${(count / seconds).toFixed(0)}/s`,
        note: `${limit} requests at once; ${cost.toFixed(0)} µs of CPU each`,
      },
      {
        what: 'Resident memory per room',
        figure: perRoom(parts.server + parts.workers),
        note: `${count} rooms with one connected peer, no media yet; server ${perRoom(parts.server)}, workers ${perRoom(parts.workers)}`,
      },
    ];
  });
}
