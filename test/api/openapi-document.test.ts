import { readFile } from 'node:fs/promises';
import t from 'tap';
import { openapiDocument } from '../../src/api/openapi-document.ts';
import { RunningApi } from './running-api.ts';

const file = new URL('../../openapi/fishjam.yaml', import.meta.url);
const api = await RunningApi.start();
t.teardown(() => api.close());
const document = (await api.ask('GET', '/openapi.json')).json;

t.test('openapi/fishjam.yaml matches the routes; else: npm run generate:openapi', async (t) => {
  t.equal(await readFile(file, 'utf8'), await openapiDocument());
  t.equal(await readFile(file, 'utf8'), api.app.swagger({ yaml: true }), 'of the server as of the document');
});

t.test('operations have the names that generated clients use', async (t) => {
  const operations = Object.entries<Record<string, { operationId: string; tags: string[] }>>(document.paths).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, { operationId, tags }]) => `${tags} ${operationId} ${method} ${path}`),
  );
  t.same(operations.sort(), [
    'health get_readiness get /ready',
    'health healthcheck get /health',
    'hls getHlsContent get /hls/{room_id}/{filename}',
    'output get_output get /room/{room_id}/output/{output_id}',
    'output get_outputs get /room/{room_id}/output',
    'output start_output post /room/{room_id}/output',
    'output stop_output delete /room/{room_id}/output/{output_id}',
    'recording delete_recording delete /recording/{recording_id}',
    'recording getRecordingContent get /recording/{recording_id}/{filename}',
    'recording get_recordings get /recording',
    'room add_component post /room/{room_id}/component',
    'room add_peer post /room/{room_id}/peer',
    'room create_room post /room',
    'room delete_component delete /room/{room_id}/component/{id}',
    'room delete_peer delete /room/{room_id}/peer/{id}',
    'room delete_room delete /room/{room_id}',
    'room get_all_rooms get /room',
    'room get_room get /room/{room_id}',
    'room get_room_metadata get /room/{room_id}/metadata',
    'room subscribe_to post /room/{room_id}/component/{component_id}/subscribe',
    'sip dial post /sip/{room_id}/{component_id}/call',
    'sip end_call delete /sip/{room_id}/{component_id}/call',
    'sip get_call get /sip/{room_id}/{component_id}/call',
    'sip get_calls get /sip/{room_id}/call',
    'sip send_dtmf post /sip/{room_id}/{component_id}/dtmf',
  ]);
});

t.test('schemas have the names that generated clients use', async (t) => {
  t.same(Object.keys(document.components.schemas), [
    'AuthToken',
    'Call',
    'CallListResponse',
    'Component',
    'ComponentCall',
    'ComponentCallResponse',
    'ComponentDetailsResponse',
    'ComponentFile',
    'ComponentHLS',
    'ComponentOptions',
    'ComponentOptionsFile',
    'ComponentOptionsHLS',
    'ComponentOptionsRTSP',
    'ComponentOptionsRecording',
    'ComponentOptionsSIP',
    'ComponentPropertiesFile',
    'ComponentPropertiesHLS',
    'ComponentPropertiesRTSP',
    'ComponentPropertiesRecording',
    'ComponentPropertiesSIP',
    'ComponentRTSP',
    'ComponentRecording',
    'ComponentSIP',
    'ComponentType',
    'DialConfig',
    'DtmfRequest',
    'Error',
    'HealthReport',
    'HealthReportDistribution',
    'HealthReportStatus',
    'HealthcheckResponse',
    'HlsMsn',
    'HlsPart',
    'HlsResponse',
    'HlsSkip',
    'Output',
    'OutputListResponse',
    'OutputRequest',
    'OutputResponse',
    'Peer',
    'PeerDetailsResponse',
    'PeerMetadata',
    'PeerOptions',
    'PeerOptionsWebRTC',
    'PeerStatus',
    'PeerType',
    'Readiness',
    'RecordingListResponse',
    'Room',
    'RoomConfig',
    'RoomCreateDetailsResponse',
    'RoomDetailsResponse',
    'RoomMetadataResponse',
    'RoomsListingResponse',
    'S3Credentials',
    'SIPCredentials',
    'SubscriptionConfig',
    'Track',
    'WebsocketURL',
  ]);
});

t.test('every reference resolves', async (t) => {
  const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g);
  for (const name of new Set([...references].map(([, name]) => name ?? ''))) {
    t.ok(name in document.components.schemas, name);
  }
});

// docs/contracts/fishjam-rest.md 15
t.test('where the published description was wrong, ours says what the server does', async (t) => {
  const { schemas } = document.components;
  const { paths } = document;
  t.equal(schemas.RoomConfig.properties.maxPeers.minimum, 0);
  t.same(schemas.RoomConfig.required, undefined);
  const addPeer = paths['/room/{room_id}/peer'].post;
  t.same(addPeer.requestBody.content['application/json'].schema.required, ['type'], 'options are optional');
  t.equal(addPeer.requestBody.required, false);
  t.same(Object.keys(paths['/sip/{room_id}/{component_id}/call'].delete.responses).sort(), [
    '204',
    '400',
    '401',
    '404',
  ]);
  t.ok(schemas.ComponentPropertiesHLS.required.includes('s3'));
  t.ok(schemas.PeerDetailsResponse.properties.data.required.includes('peer_websocket_url'));
  const playlist = paths['/hls/{room_id}/{filename}'].get.responses['200'].content;
  t.same(Object.keys(playlist).sort(), ['application/octet-stream', 'application/vnd.apple.mpegurl'], 'raw bytes');
  t.match(paths['/room/{room_id}/component/{component_id}/subscribe'].post.responses['201'].content, {
    'text/plain': {},
  });
});

t.test('routes that need a token say so', async (t) => {
  for (const [path, methods] of Object.entries<Record<string, { security?: unknown }>>(document.paths)) {
    for (const [method, { security }] of Object.entries(methods)) {
      const isPublic = /\{filename\}|^\/ready$/.test(path);
      t.same(security, isPublic ? undefined : [{ authorization: [] }], `${method} ${path}`);
    }
  }
});

t.test('the server serves the description and a page to read it', async (t) => {
  const served = await api.ask('GET', '/openapi.json', { anonymous: true, headers: { accept: 'text/html' } });
  t.equal(served.status, 200);
  const page = await api.ask('GET', '/docs', { anonymous: true, headers: { accept: 'text/html' } });
  t.equal(page.status, 200);
  t.equal(page.headers['content-type'], 'text/html; charset=utf-8');
  const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '');
  t.ok(assets.length > 3);
  for (const address of assets) {
    t.match(address, /^\/docs\//, 'nothing from elsewhere');
    t.equal((await api.ask('GET', address, { anonymous: true })).status, 200, address);
  }
  t.same((await api.ask('GET', '/docs/json', { anonymous: true })).json, document);
  const start = await api.ask('GET', '/docs/static/swagger-initializer.js', { anonymous: true });
  t.match(start.text, '"validatorUrl":null', 'no badge of somebody else');
});

t.test('recording options beyond those of Fishjam are accepted, but not returned', async (t) => {
  const { ComponentOptionsRecording: options, ComponentPropertiesRecording: answered } = document.components.schemas;
  t.match(options.properties.composed, { type: 'boolean', default: false });
  t.notOk(options.required, 'old clients go on as before');
  t.same(Object.keys(answered.properties), ['subscribeMode']);
});
