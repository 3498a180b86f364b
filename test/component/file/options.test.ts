import t from 'tap';
import { readFileOptions } from '../../../src/component/file/options.ts';

t.test('valid options are accepted', async (t) => {
  t.same(readFileOptions({ filePath: 'a.ogg' }), { filePath: 'a.ogg', framerate: null });
  t.same(readFileOptions({ filePath: 'a.h264', framerate: 25 }), { filePath: 'a.h264', framerate: 25 });
  t.same(readFileOptions({ filePath: 'a.h264', framerate: '25', other: 1 }), { filePath: 'a.h264', framerate: 25 });
  t.same(readFileOptions({ filePath: '', framerate: null }), { filePath: '', framerate: null });
  t.same(
    readFileOptions({ filePath: 'a', framerate: -1 }),
    { filePath: 'a', framerate: -1 },
    'its size is judged later',
  );
});

t.test('invalid options are refused in the order of the checks', async (t) => {
  t.throws(() => readFileOptions({}), { message: 'Required field "filePath" missing' });
  t.throws(() => readFileOptions({ framerate: 'x' }), { message: 'Required field "filePath" missing' });
  for (const framerate of [1.5, 'x', '1.5', true, [], {}]) {
    for (const filePath of ['a', 5]) {
      t.throws(() => readFileOptions({ filePath, framerate }), { message: 'Invalid framerate passed' });
    }
  }
  for (const filePath of [5, null, ['a'], {}, true]) {
    t.throws(() => readFileOptions({ filePath }), { message: 'Invalid request body structure' });
  }
});
