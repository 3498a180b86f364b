import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pino } from 'pino';
import type { Test } from 'tap';
import type { AppOptions } from '../../src/api/app.ts';
import { systemClock } from '../../src/clock/clock.ts';
import { Edges, type EdgesOptions } from '../../src/edge/edges.ts';
import { componentDoubles, componentsOf } from '../api/component-double.ts';
import { RunningApi } from '../api/running-api.ts';
import { RunningStream } from '../component/hls/running-stream.ts';
import { eventually } from '../eventually.ts';

export interface EdgeReply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** The API with edges before it, and a room `live` whose stream a test feeds. */
export class RunningEdges {
  readonly api: RunningApi;
  readonly edges: Edges;
  readonly running: RunningStream;
  /** What the server itself has counted of HTTP, and the edges. */
  readonly counted = { server: { requests: 0, received: 0, sent: 0 }, edges: { received: 0, sent: 0 } };

  private constructor(parts: Pick<RunningEdges, 'api' | 'edges' | 'running' | 'counted'>) {
    this.api = parts.api;
    this.edges = parts.edges;
    this.running = parts.running;
    this.counted = parts.counted;
  }

  /** Resolves when edges serve the stream, which has two seconds. */
  static async start(t: Test, changes: Partial<AppOptions> = {}, options: Partial<EdgesOptions> = {}) {
    const kinds = componentDoubles();
    const running = await RunningStream.open(t.testdir({}));
    const counted: RunningEdges['counted'] = {
      server: { requests: 0, received: 0, sent: 0 },
      edges: { received: 0, sent: 0 },
    };
    const edges = new Edges({
      ...{ count: 1, settings: {}, maxMemory: 0, logger: pino({ level: 'silent' }), clock: systemClock },
      onTraffic: ({ received, sent }) => {
        counted.edges.received += received;
        counted.edges.sent += sent;
      },
      ...options,
    });
    const traffic = {
      received: (bytes: number) => {
        counted.server.requests += 1;
        counted.server.received += bytes;
      },
      sent: (bytes: number) => {
        counted.server.sent += bytes;
      },
    };
    const onStreamWatched: AppOptions['onStreamWatched'] = (roomId, content) => edges.watch(roomId, content);
    const given = { components: componentsOf(kinds), traffic, takeConnection: edges.take, onStreamWatched };
    const api = await RunningApi.start({ ...given, ...changes });
    edges.attach(api.app.server);
    t.teardown(async () => {
      await running.end();
      await edges.close();
      await api.close();
    });
    const hls = kinds.get('hls');
    if (hls) hls.content = running.stream;
    await api.createRoom({ roomId: 'live', videoCodec: 'h264' });
    await api.ask('POST', '/room/live/component', { body: { type: 'hls' } });
    running.seconds(2);
    await api.ask('GET', '/hls/live/index.m3u8');
    await eventually('the edges serve', () => edges.serving === (options.count ?? 1));
    return new RunningEdges({ api, edges, running, counted });
  }

  /** @param agent of a viewer; none: the server replies itself, as the connection ends after that */
  async ask(path: string, agent: Agent | false, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<EdgeReply> {
    const asked = request({ host: '127.0.0.1', port: this.api.port, method, path, headers, agent });
    asked.end();
    const [response] = await once(asked, 'response');
    return {
      status: response.statusCode,
      headers: response.headers,
      body: (await buffer(response)).toString('latin1'),
    };
  }

  /** A viewer with one connection. */
  viewer(t: Test): Agent {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.teardown(() => agent.destroy());
    return agent;
  }
}
