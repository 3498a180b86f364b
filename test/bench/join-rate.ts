import { PeerClient } from '../peer-client.ts';
import type { Row } from './benchmark.ts';
import { atOnce } from './load/at-once.ts';
import { withCleanup } from './load/cleanup.ts';
import { ServerProcess } from './load/server-process.ts';

export const title = 'websocket join rate';

const rooms = 100;
const peersPerRoom = 10;
const limit = 32;

export async function run(): Promise<Row[]> {
  return await withCleanup(async (cleanup) => {
    const server = await ServerProcess.start(cleanup);
    const roomIds = await atOnce(limit, Array(rooms).fill(undefined), () => server.createRoom());
    const places = Array.from({ length: peersPerRoom }, () => roomIds).flat();
    const tokens = await atOnce(limit, places, (roomId) => server.addPeer(roomId));

    const startedAt = performance.now();
    const sockets = await atOnce(limit, tokens, async (token) => ({
      token,
      client: await PeerClient.open(cleanup, server.host),
    }));
    const openedAt = performance.now();
    const before = await server.cpuTime();
    await atOnce(limit, sockets, ({ client, token }) => client.connect(token));
    const joinedAt = performance.now();
    const cost = ((await server.cpuTime()) - before) / tokens.length;
    const rate = (from: number) => `${((1000 * tokens.length) / (joinedAt - from)).toFixed(0)}/s`;
    const note = `${rooms} rooms of ${peersPerRoom}, ${limit} joins at once`;
    return [
      {
        what: 'Joins, from authRequest to connected',
        figure: rate(openedAt),
        note: `${note}; ${cost.toFixed(0)} µs of CPU each`,
      },
      { what: 'Joins, with the opening of the websocket', figure: rate(startedAt), note },
    ];
  });
}
