import t from 'tap';
import { Peer } from '../../src/room/peer.ts';
import type { RoomChange } from '../../src/room/room-change.ts';
import { changeFrame } from '../../src/signalling/change-frame.ts';
import { cloudCodec } from '../../src/signalling/cloud-codec.ts';
import { jsonCodec } from '../../src/signalling/json-codec.ts';

t.test('an event of a change is encoded once per generation of clients', async (t) => {
  const endpoint = new Peer('p', { enableSimulcast: true });
  const change: RoomChange = { type: 'endpointUpdated', endpoint };
  const encoded: string[] = [];
  const counting = (name: string, codec: typeof jsonCodec) => ({
    ...codec,
    encode: (event: Parameters<typeof codec.encode>[0]) => {
      encoded.push(name);
      return codec.encode(event);
    },
  });
  const [json, cloud] = [counting('json', jsonCodec), counting('cloud', cloudCodec)];
  const event = { type: 'endpointUpdated', endpoint } as const;
  const frames = [json, cloud, json, cloud, json].map((codec) => changeFrame(codec, change, event));
  t.strictSame(encoded, ['json', 'cloud']);
  t.equal(frames[2], frames[0], 'the same bytes');
  t.strictSame(frames[0], jsonCodec.encode(event));
  changeFrame(json, { ...change }, event);
  t.strictSame(encoded, ['json', 'cloud', 'json'], 'the next change is another');
});
