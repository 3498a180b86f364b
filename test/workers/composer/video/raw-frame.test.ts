import t from 'tap';
import { centre, fitInside } from '../../../../workers/composer/video/raw-frame.ts';

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
