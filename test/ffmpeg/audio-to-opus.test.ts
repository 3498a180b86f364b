import { once } from 'node:events';
import { Decoder } from '@evan/opus';
import t from 'tap';
import { AudioToOpus } from '../../src/ffmpeg/audio-to-opus.ts';
import { createLogger } from '../../src/log/logger.ts';
import { parseAacConfig, toAdts } from '../../src/media/aac-config.ts';
import { aacTone } from './aac-samples.ts';

const logger = createLogger({ level: 'error', structured: true }, { write: () => undefined });
const config = parseAacConfig(Buffer.from('1210', 'hex'));
const input = ['-f', 'aac'];

/** An access unit as ffmpeg reads it. */
function framed(unit: Buffer): Buffer {
  const frame = config && toAdts(config, unit);
  if (!frame) throw new Error('no frame');
  return frame;
}

t.test('a tone stays a tone, in packets of 20 ms', async (t) => {
  const converter = await AudioToOpus.open(input, logger);
  t.teardown(() => converter.close());
  const packets: { payload: Buffer; position: number }[] = [];
  const enough = new Promise<void>((resolve) => {
    converter.observer.on('packet', (payload, position) => {
      packets.push({ payload: Buffer.from(payload), position });
      if (packets.length === 45) resolve();
    });
  });
  for (const unit of aacTone(1)) t.ok(converter.write(framed(unit)));
  await enough;
  t.same(
    packets.map(({ position }) => position),
    packets.map((_, index) => index * 960),
  );
  const decoder = new Decoder({ channels: 2, sample_rate: 48_000 });
  const samples = packets.flatMap(({ payload }) => {
    const pcm = decoder.decode(payload);
    return [...new Int16Array(pcm.buffer, pcm.byteOffset, pcm.byteLength / 2)].filter((_, index) => index % 2 === 0);
  });
  const crossings = samples.filter((sample, index) => sample >= 0 && (samples[index - 1] ?? 0) < 0).length;
  const frequency = (crossings / samples.length) * 48_000;
  t.ok(Math.abs(frequency - 440) < 15, `${frequency} Hz`);
});

t.test('garbage does not end the transcoder', async (t) => {
  const converter = await AudioToOpus.open(input, logger);
  t.teardown(() => converter.close());
  converter.write(framed(Buffer.alloc(300, 0xa5)));
  const first = once(converter.observer, 'packet');
  for (const unit of aacTone(1)) converter.write(framed(unit));
  await first;
});

t.test('closing twice and writing after it do nothing', async (t) => {
  const converter = await AudioToOpus.open(input, logger);
  await Promise.all([converter.close(), converter.close()]);
  t.equal(converter.write(Buffer.alloc(10)), false);
});
