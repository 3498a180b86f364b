import t from 'tap';
import { opusDuration } from '../../../src/media/rtp/opus-packet.ts';

const toc = (configuration: number, code: number) => (configuration << 3) | code;

t.test('the duration of a packet is read', async (t) => {
  const durations: [number[], number][] = [
    [[toc(1, 0)], 960],
    [[toc(3, 0)], 2880],
    [[toc(12, 0)], 480],
    [[toc(15, 1)], 1920],
    [[toc(16, 2)], 240],
    [[toc(31, 0)], 960],
    [[toc(31, 3), 3], 2880],
    [[toc(31, 3)], 0],
    [[], 0],
  ];
  for (const [bytes, samples] of durations) t.equal(opusDuration(Buffer.from(bytes)), samples, `${bytes}`);
});
