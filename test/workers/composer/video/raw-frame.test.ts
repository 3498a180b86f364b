import t from 'tap';
import {
  blit,
  centre,
  createFrame,
  fitInside,
  planesOf,
  rawFrameLength,
} from '../../../../workers/composer/video/raw-frame.ts';

const tile = { x: 6, y: 4, width: 630, height: 350 };

t.test('a frame fits its tile whole, with even numbers, centred', async (t) => {
  const wanted = [
    [1280, 720, { x: 10, y: 4, width: 622, height: 350 }],
    [640, 360, { x: 10, y: 4, width: 622, height: 350 }],
    [640, 480, { x: 88, y: 4, width: 466, height: 350 }],
    [720, 1280, { x: 222, y: 4, width: 196, height: 350 }],
    [1280, 2, { x: 6, y: 178, width: 630, height: 2 }],
    [320, 100, { x: 6, y: 80, width: 630, height: 196 }],
  ] as const;
  for (const [width, height, place] of wanted) {
    t.same(centre(fitInside({ width, height }, tile), tile), place, `${width} x ${height}`);
  }
});

t.test('a frame is copied to its place, as wide as the other one or not', async (t) => {
  for (const width of [4, 8]) {
    const from = {
      width,
      height: 2,
      data: Buffer.from(Array.from({ length: rawFrameLength(width, 2) }, (_, at) => at)),
    };
    const to = createFrame(8, 6, [200, 201, 202]);
    const x = width === 4 ? 2 : 0;
    blit(from, to, x, 2);
    const seen = planesOf(to).map(({ offset, stride, scale }) =>
      Array.from({ length: 6 / scale }, (_, row) => [...to.data.subarray(offset + row * stride).subarray(0, stride)]),
    );
    const wanted = planesOf(from).map(({ offset, stride, scale }, plane) =>
      Array.from({ length: 6 / scale }, (_, row) => {
        const line = Array(8 / scale).fill(200 + plane);
        const own = row - 2 / scale;
        if (own < 0 || own >= 2 / scale) return line;
        line.splice(x / scale, stride, ...from.data.subarray(offset + own * stride).subarray(0, stride));
        return line;
      }),
    );
    t.same(seen, wanted, `${width} of 8`);
  }
});
