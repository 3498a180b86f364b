import t from 'tap';
import { addCounts } from '../../src/program/program-counts.ts';

t.test('counts of several programs are added', async (t) => {
  t.strictSame(addCounts([]), { lateFrames: 0, decoderRestarts: 0, encoderRestarts: 0 });
  const counts = { lateFrames: 3, decoderRestarts: 2, encoderRestarts: 1 };
  t.strictSame(addCounts([counts, counts]), { lateFrames: 6, decoderRestarts: 4, encoderRestarts: 2 });
});
