// Files in a room of browsers: docs/contracts/fishjam-rest.md 6.4.
import t from 'tap';
import { SampleMedia } from '../component/file/sample-media.ts';
import { hasMedia, Meeting } from './meeting.ts';

const meeting = await Meeting.start(t, { FJ_COMPONENTS_USED: 'file' });
const { server, backend } = meeting;
const media = await SampleMedia.at(server.config.resourcesBasePath);
await media.h264('b-frames.h264', { frames: 240, bFrames: 2 });
await media.h264('long-gop.h264', { frames: 600, gop: 600 });
await media.mp4('both.mp4', { frames: 900 });

async function play(roomId: string, filePath: string, options: Record<string, unknown> = {}) {
  const { status, json } = await server.ask('POST', `/room/${roomId}/component`, {
    type: 'file',
    options: { filePath, ...options },
  });
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(json)}`);
  return json.data;
}

t.test('every SDK plays audio and video of an MP4, then a file with B-frames to its end', async (t) => {
  const roomId = await server.createRoom({ videoCodec: 'h264' });
  const viewers = [];
  for (const sdk of ['fishjam', 'jellyfish', 'cloud'] as const) viewers.push(await meeting.join(roomId, sdk));
  const first = await play(roomId, 'both.mp4');
  for (const { client } of viewers) {
    const tracks = await client.receives('both', (tracks) => tracks.length === 2 && tracks.every(hasMedia));
    t.same(tracks.map(({ kind }) => kind).sort(), ['audio', 'video']);
    await client.follow();
  }
  await server.delete(`/room/${roomId}/component/${first.id}`);

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
    const { codec, framesReceived, framesDecoded, framesDropped } = await client.outlives(component.id);
    t.equal(codec, 'video/H264');
    // That no picture is missing is looked at packet by packet in the tests of the component. Here who is late in joining misses some, and
    // what the machine has no time for is given up; but what comes is shown.
    const numbers = `${framesReceived} pictures came, ${framesDecoded} were shown, ${framesDropped} given up`;
    t.ok(framesReceived >= 60 && framesDecoded >= 40, numbers);
    t.ok(framesDecoded + framesDropped >= framesReceived - 20, `but for those that wait for their time: ${numbers}`);
  }
  const names = (await backend.saw(roomId, 'TrackRemoved', 3)).map(({ name }) => name);
  t.same(
    names.filter((name) => /Track|Component/.test(name)),
    ['TrackAdded', 'TrackAdded', 'TrackRemoved', 'TrackRemoved', 'TrackAdded', 'TrackRemoved'],
  );
  t.same((await server.room(roomId)).components, []);
  for (const { client } of viewers) t.same(client.errors, []);
  await meeting.end(roomId, viewers);
});

t.test('a late viewer gets a frame although no keyframe follows', async (t) => {
  const roomId = await server.createRoom();
  const early = await meeting.join(roomId, 'fishjam');
  await play(roomId, 'long-gop.h264', { framerate: 15 });
  await early.client.receives('two seconds of it', (tracks) => Number(tracks[0]?.framesDecoded) >= 30);
  const late = await meeting.join(roomId, 'cloud');
  await late.client.receives('a moving picture', (tracks) => Number(tracks[0]?.framesDecoded) >= 10);
  t.same([...early.client.errors, ...late.client.errors], []);
  await meeting.end(roomId, [early, late]);
});
