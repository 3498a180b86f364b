import t from 'tap';
import { OpusTrack } from '../../../../workers/composer/audio/opus-track.ts';
import { opusScript } from '../../../scripts.ts';

const { frames } = await opusScript('aevalsrc=0.5*sin(2*PI*1000*t):s=48000', 1);
const packets = frames.map(({ payloads }) => payloads[0] ?? Buffer.alloc(0));
/** Samples of a packet. */
const length = 960;

/** Which packets' places on the timeline are silent. @param wanted place of packet `index`; undefined = lost */
function silentPlaces(wanted: (index: number) => number | undefined): number[] {
  const track = new OpusTrack(1);
  const heard: boolean[] = [];
  for (let index = 0; index < 20; index += 1) {
    const position = wanted(index);
    const payload = packets[index];
    if (position !== undefined && payload) track.push(payload, (index * length + 0xffff_f000) >>> 0, position);
    const block = new Float32Array(length);
    track.mixInto(index * length, block);
    heard[index] = Math.max(...block.map(Math.abs)) > 0.3 && quietest(block) > 0.1;
  }
  // the coder's run-up lies in the first two
  return heard.flatMap((isHeard, index) => (isHeard || index < 2 ? [] : [index]));
}

/** Loudness of the most quiet millisecond. */
function quietest(block: Float32Array): number {
  const parts = Array.from({ length: 20 }, (_, index) => block.subarray(index * 48, (index + 1) * 48));
  return Math.min(...parts.map((part) => Math.max(...part.map(Math.abs))));
}

t.test('timestamps are used while the clocks nearly agree', async (t) => {
  t.same(
    silentPlaces((index) => index * length + (index % 2 ? 450 : -450) * (index > 0 ? 1 : 0)),
    [],
    'no gap, no overlap',
  );
});

t.test('a lost packet is a gap of its length', async (t) => {
  t.same(
    silentPlaces((index) => (index === 7 ? undefined : index * length)),
    [7],
  );
});

t.test('audio that is off by more than 10 ms is placed again', async (t) => {
  const silent = silentPlaces((index) => (index < 8 ? index : index + 2) * length);
  t.same(silent, [8, 9], 'there is a gap, then audio');
});

t.test('packets that are not Opus are counted', async (t) => {
  const track = new OpusTrack(2);
  track.push(Buffer.alloc(3, 0xff), 0, 0);
  t.equal(track.undecodable, 1);
  track.push(Buffer.alloc(0), 0, 0);
  track.push(Buffer.alloc(5000), 0, 0);
  const block = new Float32Array(2048);
  track.mixInto(0, block);
  t.same(new Set(block), new Set([0]));
});
