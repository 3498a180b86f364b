// Files in a room of browsers: section 6.4 of the REST contract.
import t from 'tap';
import { SampleMedia } from '../component/file/sample-media.ts';
import { isAlive, Meeting } from './meeting.ts';

const meeting = await Meeting.start(t, { FJ_COMPONENTS_USED: 'file' });
const { server, backend } = meeting;
const media = await SampleMedia.at(server.config.resourcesBasePath);
await media.h264('b-frames.h264', { frames: 150, bFrames: 2 });
await media.h264('long-gop.h264', { frames: 600, gop: 600 });
await media.mp4('both.mp4', { frames: 300 });

async function play(roomId: string, filePath: string) {
  const { status, json } = await server.ask('POST', `/room/${roomId}/component`, {
    type: 'file',
    options: { filePath },
  });
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(json)}`);
  return json.data;
}

t.test('every SDK shows every picture of a file with B frames, and its end', async (t) => {
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  const viewers = [];
  for (const sdk of ['fishjam', 'jellyfish', 'cloud'] as const) viewers.push(await meeting.join(roomId, sdk));
  const component = await play(roomId, 'b-frames.h264');
  t.same(component, {
    id: component.id,
    type: 'file',
    properties: { filePath: 'b-frames.h264', framerate: 30 },
    tracks: [],
  });
  const [shown] = (await server.room(roomId)).components;
  t.match(shown.tracks, [{ id: /^[0-9A-F]{16}$/, type: 'video', metadata: null }]);
  for (const { client } of viewers) {
    const [track] = await client.receives('nearly all pictures', (tracks) => Number(tracks[0]?.framesDecoded) >= 140);
    t.equal(track?.endpointId, component.id);
    t.equal(track?.codec, 'video/H264');
  }
  for (const { client } of viewers) await client.receives('the end of the track', (tracks) => tracks.length === 0);
  const names = (await backend.saw(roomId, 'TrackRemoved')).map(({ name }) => name);
  t.same(
    names.filter((name) => /Track|Component/.test(name)),
    ['TrackAdded', 'TrackRemoved'],
  );
  t.same((await server.room(roomId)).components, []);
  for (const { client } of viewers) t.same(client.errors, []);
  await meeting.end(roomId, viewers);
});

t.test('whoever joins in the middle has a picture although no key frame comes any more', async (t) => {
  const roomId = await server.createRoom();
  const early = await meeting.join(roomId, 'fishjam');
  await play(roomId, 'long-gop.h264');
  await early.client.receives('two seconds of it', (tracks) => Number(tracks[0]?.framesDecoded) >= 60);
  const late = await meeting.join(roomId, 'cloud');
  await late.client.receives('a moving picture', (tracks) => Number(tracks[0]?.framesDecoded) >= 10);
  t.same([...early.client.errors, ...late.client.errors], []);
  await meeting.end(roomId, [early, late]);
});

t.test('picture and sound of an MP4', async (t) => {
  const roomId = await server.createRoom();
  const viewer = await meeting.join(roomId, 'fishjam');
  await play(roomId, 'both.mp4');
  const tracks = await viewer.client.receives('both', (tracks) => tracks.length === 2 && tracks.every(isAlive));
  t.same(tracks.map(({ kind }) => kind).sort(), ['audio', 'video']);
  await meeting.end(roomId, [viewer]);
});
