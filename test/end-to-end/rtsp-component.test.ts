// RTSP cameras in a room of browsers: docs/contracts/fishjam-rest.md 6.3.
import t from 'tap';
import { cameraPipeline, RtspServer } from '../component/rtsp/rtsp-server.ts';
import { PortBlock } from '../port-block.ts';
import { hasMedia, Meeting } from './meeting.ts';

const meeting = await Meeting.start(t, { FJ_COMPONENTS_USED: 'rtsp' });
const { server, backend } = meeting;
const mounts = {
  '/plain': { launch: cameraPipeline({ audio: 'aac' }) },
  '/long-gop': { launch: cameraPipeline({ gop: 1000 }) },
  '/b-frames': { launch: cameraPipeline({ bFrames: 2, gop: 50 }) },
};
const cameras = await RtspServer.start({ mounts });
t.teardown(() => cameras.kill());

async function watch(roomId: string, sourceUri: string, options: Record<string, unknown> = {}) {
  const body = { type: 'rtsp', options: { sourceUri, ...options } };
  const { status, json } = await server.ask('POST', `/room/${roomId}/component`, body);
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(json)}`);
  return json.data;
}

t.test('every SDK plays audio and video of a camera', async (t) => {
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  const viewers = [];
  for (const sdk of ['fishjam', 'jellyfish', 'cloud'] as const) viewers.push(await meeting.join(roomId, sdk));
  const sourceUri = cameras.url('/plain');
  const component = await watch(roomId, sourceUri);
  t.same(component, {
    id: component.id,
    type: 'rtsp',
    properties: { sourceUri, rtpPort: 20_000, reconnectDelay: 15_000, keepAliveInterval: 15_000, pierceNat: true },
    tracks: [],
  });
  for (const { client } of viewers) {
    const tracks = await client.receives('both', (tracks) => tracks.length === 2 && tracks.every(hasMedia));
    t.same(tracks.map(({ codec }) => codec).sort(), ['audio/opus', 'video/H264']);
    t.ok(tracks.every(({ endpointId }) => endpointId === component.id));
  }
  await server.delete(`/room/${roomId}/component/${component.id}`);
  for (const { client } of viewers) await client.receives('the end', (tracks) => tracks.length === 0);
  const names = backend.of(roomId).map(({ name }) => name);
  t.same(
    names.filter((name) => /Track|Component/.test(name)),
    ['TrackAdded', 'TrackAdded', 'TrackRemoved', 'TrackRemoved'],
  );
  for (const { client } of viewers) t.same(client.errors, []);
  await meeting.end(roomId, viewers);
});

t.test('a late viewer gets a frame although the next keyframe is far away', async (t) => {
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  await watch(roomId, cameras.url('/long-gop'));
  const early = await meeting.join(roomId, 'fishjam');
  await early.client.receives('two seconds of it', (tracks) => Number(tracks[0]?.framesDecoded) >= 50);
  const late = await meeting.join(roomId, 'cloud');
  await late.client.receives('a moving picture', (tracks) => Number(tracks[0]?.framesDecoded) >= 10);
  t.same([...early.client.errors, ...late.client.errors], []);
  await meeting.end(roomId, [early, late]);
});

t.test('a camera with B-frames is played', async () => {
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  const viewer = await meeting.join(roomId, 'fishjam');
  await watch(roomId, cameras.url('/b-frames'));
  await viewer.client.receives('a moving picture', (tracks) => Number(tracks[0]?.framesDecoded) >= 50);
  await meeting.end(roomId, [viewer]);
});

t.test('a camera that dies returns in the same track', async (t) => {
  const { min: port } = await PortBlock.claim(t);
  const mortal = await RtspServer.start({ mounts, port });
  t.teardown(() => mortal.kill());
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  const viewer = await meeting.join(roomId, 'cloud');
  await watch(roomId, mortal.url('/long-gop'), { reconnectDelay: 200 });
  const [before] = await viewer.client.receives('a picture', (tracks) => Number(tracks[0]?.framesDecoded) >= 10);
  await mortal.kill();
  const next = await RtspServer.start({ mounts, port });
  t.teardown(() => next.kill());
  const frames = Number((await viewer.client.received())[0]?.framesDecoded);
  const [after] = await viewer.client.receives('more', (tracks) => Number(tracks[0]?.framesDecoded) >= frames + 20);
  t.equal(after?.trackId, before?.trackId);
  t.notOk(backend.of(roomId).some(({ name }) => name === 'TrackRemoved' || name === 'ComponentCrashed'));
  await meeting.end(roomId, [viewer]);
});

t.test(
  'a room without H264 takes no camera, an invalid URL crashes, an unreachable source is waited for',
  async (t) => {
    const roomId = await server.createRoom({ videoCodec: 'h264' });
    const other = await server.createRoom();
    const add = async (room: string, options: unknown) =>
      await server.ask('POST', `/room/${room}/component`, { type: 'rtsp', options });
    t.match(await add(other, { sourceUri: 'rtsp://nowhere.invalid/' }), {
      status: 400,
      json: { errors: `Incompatible video codec enforced in room ${other}` },
    });
    t.match(await add(roomId, {}), { status: 400, json: { errors: 'Required field "sourceUri" missing' } });
    const { status, json } = await add(roomId, { sourceUri: 'rtsp://nowhere.invalid/' });
    t.equal(status, 201);
    t.equal((await add(roomId, { sourceUri: 'camera' })).status, 201);
    await backend.saw(roomId, 'ComponentCrashed');
    const metrics = await (await fetch(`http://127.0.0.1:${server.server.metricsPort}/metrics`)).text();
    t.match(metrics, /^shoal_rtsp_sources\{state="(waiting|connecting)",error="(connect_failed)?"\} 1$/m);
    const { components } = await server.room(roomId);
    t.same(
      components.map(({ id }: { id: string }) => id),
      [json.data.id],
    );
    await server.delete(`/room/${roomId}`);
  },
);
