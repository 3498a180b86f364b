// The schemas of routes are what is checked and what is described: over real sockets.
import { pino } from 'pino';
import t from 'tap';
import { z } from 'zod';
import { type RouteGroup, registerGroups } from '../../src/api/route-group.ts';
import { Components } from '../../src/component/components.ts';
import { fileKind } from '../../src/component/file/file-kind.ts';
import { rtspKind } from '../../src/component/rtsp/rtsp-kind.ts';
import { AddressGuard } from '../../src/net/address-guard.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { ComponentDouble } from './component-double.ts';
import { type ApiResponse, RunningApi } from './running-api.ts';

const resourcesBasePath = t.testdir({ file_component_sources: { 'video.h264': '' } });
const clock = new HeldClock();
const logger = pino({ level: 'silent' });
const rtsp = rtspKind({ guard: new AddressGuard(), verifyTls: true, clock, logger });
const components = new Components([rtsp, fileKind({ resourcesBasePath, clock, logger }), new ComponentDouble('sip')]);

/** A route whose schema has a bound. */
const bounded: RouteGroup<{ url: string; maximum: number }> =
  ({ url, maximum }) =>
  async (app) => {
    const maxPeers = z.int('invalidMaxPeers').max(maximum, 'invalidMaxPeers');
    app.route({
      method: 'POST',
      url,
      schema: { body: z.object({ maxPeers, name: z.string().optional() }) },
      handler: async ({ body }) => ({ data: body.maxPeers }),
    });
  };
const api = await RunningApi.start({
  components,
  plugins: [
    (app) => registerGroups(app, [bounded], { url: '/at-most-three', maximum: 3 }),
    (app) => registerGroups(app, [bounded], { url: '/at-most-four', maximum: 4 }),
  ],
});
t.teardown(() => api.close());
const document = (await api.ask('GET', '/openapi.json')).json;

t.test('a bound that changes in a schema changes the response and the description', async (t) => {
  const ask = (url: string, body: unknown) => api.ask('POST', url, { body });
  const refused = { status: 400, json: { errors: 'Expected maxPeers to be a number, got: 4' } };
  t.match(await ask('/at-most-three', { maxPeers: 4 }), refused);
  t.match(await ask('/at-most-four', { maxPeers: 4 }), { status: 200, json: { data: 4 } });
  const described = (url: string) =>
    document.paths[url].post.requestBody.content['application/json'].schema.properties.maxPeers.maximum;
  t.same([described('/at-most-three'), described('/at-most-four')], [3, 4]);
});

t.test('a schema that names no error refuses an invalid body', async (t) => {
  const response = await api.ask('POST', '/at-most-three', { body: { maxPeers: 1, name: 5 } });
  t.match(response, { status: 400, json: { errors: 'Invalid request body structure' } });
});

t.test('a schema sees the query, too, and the body before it', async (t) => {
  t.match(await api.ask('POST', '/at-most-three?maxPeers=9', { body: { maxPeers: 1 } }), { json: { data: 1 } });
  const text = 'Expected maxPeers to be a number, got: 9';
  t.match(await api.ask('POST', '/at-most-three?maxPeers=9'), { status: 400, json: { errors: text } });
});

t.test('the bounds that are described are those that are checked', async (t) => {
  const roomId = await api.createRoom({ videoCodec: 'h264' });
  const add = (type: string, options: object) =>
    api.ask('POST', `/room/${roomId}/component`, { body: { type, options } });
  const sip = (await add('sip', {})).json.data.id;
  const asked: Record<string, (member: object) => Promise<ApiResponse>> = {
    ComponentOptionsFile: (member) => add('file', { filePath: 'video.h264', ...member }),
    ComponentOptionsRTSP: (member) => add('rtsp', { sourceUri: 'rtsp://camera.invalid/stream', ...member }),
    DtmfRequest: (member) => api.ask('POST', `/sip/${roomId}/${sip}/dtmf`, { body: { digits: '1', ...member } }),
    RoomConfig: (member) => api.ask('POST', '/room', { body: member }),
  };
  const schemas: [string, { properties?: Record<string, { minimum?: number; maximum?: number }> }][] = Object.entries(
    document.components.schemas,
  );
  const bounds = schemas.flatMap(([name, { properties = {} }]) =>
    Object.entries(properties).flatMap(([member, { minimum, maximum }]) => [
      ...(minimum === undefined ? [] : [{ name, member, bound: minimum, beyond: minimum - 1 }]),
      ...(maximum === undefined ? [] : [{ name, member, bound: maximum, beyond: maximum + 1 }]),
    ]),
  );
  t.same([...new Set(bounds.map(({ name }) => name))], Object.keys(asked), 'every schema with bounds is asked');
  for (const { name, member, bound, beyond } of bounds) {
    const accepted = name === 'DtmfRequest' ? 204 : 201;
    t.equal((await asked[name]?.({ [member]: bound }))?.status, accepted, `${name}.${member} = ${bound}`);
    t.equal((await asked[name]?.({ [member]: beyond }))?.status, 400, `${name}.${member} = ${beyond}`);
  }
});
