import t from 'tap';
import { commonFormat, formatDistance, type H264Format, h264Format } from '../../src/sfu/h264-format.ts';

const format = (id: string | number | undefined, mode?: number) =>
  h264Format({
    ...(id !== undefined && { 'profile-level-id': id }),
    ...(mode !== undefined && { 'packetization-mode': mode }),
  });

t.test('the profiles that browsers decode are read, in both packetization modes that they use', async (t) => {
  const cases = [
    ['42e01f', 'baseline', true],
    ['42E01F', 'baseline', true],
    ['42c02a', 'baseline', true],
    ['42001f', 'baseline', false],
    [420010, 'baseline', false],
    [undefined, 'baseline', false],
    ['4d001f', 'main', false],
    ['4d401f', 'main', false],
    ['64001f', 'high', false],
    [640032, 'high', false],
    ['640c1f', 'high', false],
  ] as const;
  for (const [id, profile, constrainedBaseline] of cases) {
    for (const packetizationMode of [0, 1]) {
      t.strictSame(format(id, packetizationMode), { profile, constrainedBaseline, packetizationMode }, String(id));
    }
  }
  t.equal(format('42e01f')?.packetizationMode, 0);
  t.strictSame(format('42e01f', 1), commonFormat);
});

t.test('others are no formats', async (t) => {
  for (const id of ['f4001f', '6e001f', '7a001f', '58a01f', '', '42e0', '42e01f0', 'zz001f', 'x42e01f', 0]) {
    t.equal(format(id, 1), undefined, String(id));
  }
  for (const mode of [2, -1, 0.5, Number.NaN]) t.equal(format('42e01f', mode), undefined, String(mode));
});

t.test('the receiver that a stream is sent to is the one that needs least beyond it', async (t) => {
  const all = ['42e01f', '42001f', '4d001f', '640c1f'].flatMap((id) => [format(id, 1), format(id, 0)]) as H264Format[];
  const best = (stream: H264Format | undefined, receivers = all) =>
    receivers
      .flatMap((receiver) => ({ receiver, distance: formatDistance(stream as H264Format, receiver) ?? [] }))
      .filter(({ distance }) => typeof distance === 'number')
      .sort((one, other) => Number(one.distance) - Number(other.distance))[0]?.receiver;
  for (const each of all) t.strictSame(best(each), each, 'its own format');
  t.strictSame(best(format('42e01f', 0), [format('640c1f', 1) as H264Format]), format('640c1f', 1));
  const lower = [format('42e01f', 1), format('4d001f', 1)] as H264Format[];
  t.strictSame(best(format('640c1f', 1), lower), lower[1], 'a lower profile when there is no higher one');
  t.equal(best(format('42e01f', 1), [format('42e01f', 0) as H264Format]), undefined, 'but no smaller packets');
});
