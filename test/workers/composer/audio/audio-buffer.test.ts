import t from 'tap';
import { AudioBuffer } from '../../../../workers/composer/audio/audio-buffer.ts';

function audio(...samples: number[]): Int16Array {
  return Int16Array.from(samples.map((sample) => sample * 100));
}

function read(buffer: AudioBuffer, position: number, length = 4): number[] {
  const block = new Float32Array(length);
  buffer.mixInto(position, block);
  return [...block].map((sample) => Math.round((sample * 32_768) / 100));
}

t.test('audio is mixed at its position, across block borders', async (t) => {
  const buffer = new AudioBuffer(1, 16);
  buffer.write(2, audio(1, 2, 3, 4));
  t.same(read(buffer, 0), [0, 0, 1, 2]);
  t.same(read(buffer, 4), [3, 4, 0, 0]);
  t.same(read(buffer, 8), [0, 0, 0, 0]);
});

t.test('audio that is too late is dropped, and only that', async (t) => {
  const buffer = new AudioBuffer(1, 16);
  read(buffer, 0);
  buffer.write(2, audio(1, 2, 3, 4));
  t.same(read(buffer, 4), [3, 4, 0, 0]);
});

t.test('audio that is too far ahead is dropped', async (t) => {
  const buffer = new AudioBuffer(1, 8);
  buffer.write(6, audio(1, 2, 3, 4));
  buffer.write(1_000_000, audio(9));
  t.same(read(buffer, 0), [0, 0, 0, 0]);
  t.same(read(buffer, 4), [0, 0, 1, 2]);
  t.same(read(buffer, 8), [0, 0, 0, 0]);
});

t.test('the ring is silent when it wraps', async (t) => {
  const buffer = new AudioBuffer(1, 8);
  for (let position = 0; position < 80; position += 8) {
    buffer.write(position, audio(1, 2, 3, 4));
    t.same(read(buffer, position), [1, 2, 3, 4]);
    t.same(read(buffer, position + 4), [0, 0, 0, 0]);
  }
});

t.test('audio is added to the mix', async (t) => {
  const buffers = [new AudioBuffer(2, 8), new AudioBuffer(2, 8)];
  const block = new Float32Array(4);
  for (const buffer of buffers) {
    buffer.write(0, audio(1, 10, 2, 20));
    buffer.mixInto(0, block);
  }
  t.same(
    [...block].map((sample) => Math.round((sample * 32_768) / 100)),
    [2, 20, 4, 40],
  );
});
