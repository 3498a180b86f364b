import { join } from 'node:path';
import type { FastifyPluginAsync, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { Clock } from '../../clock/clock.ts';
import type { Components } from '../../component/components.ts';
import { ShoalError } from '../../error/shoal-error.ts';
import type { Room } from '../../room/room.ts';
import type { RoomEvents } from '../../room/room-events.ts';
import type { RoomRegistry } from '../../room/room-registry.ts';
import type { RoomRouter } from '../../sfu/room-router.ts';
import { EventStream } from '../event-stream.ts';
import { callFiles, PageFiles } from '../page-files.ts';
import { DemoRooms } from './demo-rooms.ts';

const demoPage = new PageFiles({
  path: '/demo',
  base: '/demo',
  folder: join(import.meta.dirname, 'browser'),
  files: [...callFiles, 'side.css'],
});

export interface DemoOptions {
  readonly rooms: RoomRegistry<RoomRouter>;
  readonly events: RoomEvents;
  readonly clock: Clock;
  readonly issuePeerToken: (roomId: string, peerId: string) => string;
  readonly webrtcUsed: boolean;
  readonly components: Components;
}

/**
 * The demo page at `/demo`, for development only: its routes admit everybody to the rooms of the demo, without the token of the API.
 * `POST /demo/join?codec=` adds a peer, `GET /demo/events?room=` streams the events of a room, `POST` and `DELETE` of
 * `/demo/stream?room=` start and stop its HLS stream.
 */
export function demo(options: DemoOptions): FastifyPluginAsync {
  const { events, clock, components, issuePeerToken, webrtcUsed } = options;
  const rooms = new DemoRooms(options.rooms);
  const streams = new Set<EventStream>();

  return async (app) => {
    await app.register(demoPage.routes);
    app.addHook('preClose', (done) => {
      for (const stream of streams) stream.close();
      done();
    });

    app.post('/demo/join', { schema: { hide: true }, onRequest: sameOrigin }, async (request) => {
      const roomId = DemoRooms.idFor(parameter(request, 'codec') || null);
      if (!webrtcUsed) throw new ShoalError('peersDisabled');
      const room = await rooms.enter(roomId);
      const peer = room.addPeer({ enableSimulcast: true });
      return { roomId, peerId: peer.id, token: issuePeerToken(roomId, peer.id) };
    });

    const roomIdOf = (request: FastifyRequest) => {
      const roomId = parameter(request, 'room') ?? DemoRooms.idFor(null);
      DemoRooms.check(roomId);
      return roomId;
    };
    app.post('/demo/stream', { schema: { hide: true }, onRequest: sameOrigin }, async (request, reply) => {
      await startStream(options.rooms.get(roomIdOf(request)), components);
      return reply.code(204).send();
    });
    app.delete('/demo/stream', { schema: { hide: true }, onRequest: sameOrigin }, async (request, reply) => {
      await stopStream(options.rooms.get(roomIdOf(request)));
      return reply.code(204).send();
    });

    app.get(
      '/demo/events',
      { schema: { hide: true }, onRequest: sameOrigin, exposeHeadRoute: false },
      (request, reply) => {
        const stream = new EventStream({ events, roomId: roomIdOf(request), clock });
        streams.add(stream);
        stream.readable.once('close', () => streams.delete(stream));
        reply.headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
        reply.send(stream.readable);
      },
    );
  };
}

/** Streams a room over low-latency HLS, unless it is streamed already. @throws ShoalError componentsDisabled */
async function startStream(room: Room<RoomRouter>, components: Components): Promise<void> {
  try {
    await components.create(room, 'hls', { lowLatency: true }, { anyCodec: true });
  } catch (error) {
    if (!(error instanceof ShoalError) || error.code !== 'componentLimitReached') throw error;
  }
}

async function stopStream(room: Room): Promise<void> {
  const component = [...room.components.values()].find(({ type }) => type === 'hls');
  if (component) await room.removeComponent(component.id);
}

function parameter(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}

/** Refuses requests of pages of other sites. The `Origin` header is enough: only browsers have to be kept off. */
const sameOrigin: onRequestHookHandler = (request, reply, done) => {
  const { origin, host } = request.headers;
  if (origin === undefined || (URL.canParse(origin) && new URL(origin).host === host)) return done();
  reply.code(403).send({ errors: { detail: 'Forbidden' } });
};
