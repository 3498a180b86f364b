import t from 'tap';
import { Meeting, movesOn } from './meeting.ts';
import type { ReceivedTrack } from './page-calls.ts';

const meeting = await Meeting.start(t);
const all = ['l', 'm', 'h'];
const widths = { l: 320, m: 640, h: 1280 } as const;

const ofTrack = (trackId: string, width: number) => (tracks: readonly ReceivedTrack[]) =>
  tracks.some((track) => track.trackId === trackId && track.width === width);

for (const sdk of ['fishjam', 'jellyfish', 'cloud'] as const) {
  t.test(`a receiver with the ${sdk} SDK selects the layer`, async (test) => {
    const roomId = await meeting.server.createRoom();
    const sender = await meeting.enter(roomId, 'fishjam', { simulcast: all });
    const receiver = await meeting.join(roomId, sdk);
    await receiver.client.receives('the medium layer first', ofTrack(sender.video, widths.m));
    for (const layer of ['l', 'h', 'm'] as const) {
      await receiver.client.setTarget(sender.video, layer);
      const tracks = await receiver.client.receives(`the layer ${layer}`, (received) =>
        received.some(
          ({ trackId, width, encoding }) => trackId === sender.video && width === widths[layer] && encoding === layer,
        ),
      );
      test.equal(tracks.length, 2);
      await movesOn(receiver, sender.video);
    }
    await meeting.end(roomId, [sender, receiver]);
  });
}

t.test('a layer that its sender disables is replaced and returns', async (test) => {
  const roomId = await meeting.server.createRoom();
  const sender = await meeting.enter(roomId, 'fishjam', { simulcast: all });
  const receiver = await meeting.join(roomId, 'jellyfish');
  const { client } = receiver;
  await client.setTarget(sender.video, 'h');
  await client.receives('the high layer', ofTrack(sender.video, widths.h));

  await sender.client.setEncoding(sender.video, 'h', false);
  await client.receives('the medium layer instead', ofTrack(sender.video, widths.m));
  await client.sees('why', (events) =>
    events.some(({ name, detail }) => {
      const { encoding, reason } = (detail ?? {}) as Record<string, unknown>;
      return name === 'encodingChanged' && encoding === 'm' && reason === 'encoding_inactive';
    }),
  );
  const before = (await client.events()).length;
  await sender.client.setEncoding(sender.video, 'h', true);
  await client.receives('the high layer again', ofTrack(sender.video, widths.h));
  await client.sees('that it is back', (events) =>
    events
      .slice(before)
      .some(({ name, detail }) => name === 'encodingChanged' && (detail as { encoding: string }).encoding === 'h'),
  );
  test.strictSame(client.errors, []);
  await meeting.end(roomId, [sender, receiver]);
});

t.test('simulcast works with H264', async (test) => {
  const roomId = await meeting.server.createRoom({ videoCodec: 'h264' });
  const sender = await meeting.enter(roomId, 'fishjam', { simulcast: all });
  const receiver = await meeting.join(roomId, 'cloud');
  for (const layer of ['l', 'h'] as const) {
    await receiver.client.setTarget(sender.video, layer);
    await receiver.client.receives(`the layer ${layer}`, ofTrack(sender.video, widths[layer]));
  }
  const tracks = await receiver.client.received();
  test.equal(tracks.find(({ trackId }) => trackId === sender.video)?.codec, 'video/H264');
  await meeting.end(roomId, [sender, receiver]);
});

t.test('a peer without enableSimulcast sends one layer', async (test) => {
  const roomId = await meeting.server.createRoom();
  const { token } = await meeting.server.addPeer(roomId, { enableSimulcast: false });
  const client = await meeting.browser.open();
  await client.join('fishjam', meeting.server.host, token);
  const video = await client.publish('video', { simulcast: all });
  const receiver = await meeting.join(roomId, 'cloud');
  await movesOn(receiver, video);
  const before = await receiver.client.received();
  await receiver.client.setTarget(video, 'h');
  await movesOn(receiver, video);
  const after = await receiver.client.received();
  test.equal(after[0]?.width, before[0]?.width, 'no other layer to choose');
  test.strictSame(client.errors, []);
  await meeting.end(roomId, [receiver]);
  await client.tab.close();
});

t.test('a receiver gets bandwidth estimates', async (test) => {
  const roomId = await meeting.server.createRoom();
  const sender = await meeting.enter(roomId, 'fishjam', { simulcast: all });
  const receiver = await meeting.join(roomId, 'fishjam');
  await receiver.client.sees('an estimate of its bandwidth', (events) =>
    events.some(({ name, detail }) => name === 'bandwidthEstimationChanged' && Number(detail) > 100_000),
  );
  test.strictSame(receiver.client.errors, []);
  await meeting.end(roomId, [sender, receiver]);
});
