import t from 'tap';
import type { FromComposer, ProgramSettings } from '../../../src/program/composer-message.ts';
import { EncodedProgram } from '../../../workers/composer/encoded-program.ts';

const settings: ProgramSettings = {
  ...{ width: 640, height: 360, frameRate: 24, keyframeInterval: 1000, partDuration: 300 },
  ...{ videoBitrate: 1e6, audioBitrate: 64_000, audioChannels: 2, showNames: false, preset: 'veryfast' },
};
const record = Buffer.from([1, 0x4d, 0x40, 0x1e, 0xff]);

function open(frameRate = 24) {
  const sent: FromComposer[] = [];
  const start = () => ({ wallClock: 5000 });
  return { sent, output: new EncodedProgram({ ...settings, frameRate }, start, (message) => sent.push(message)) };
}

t.test('the format is sent first', async (t) => {
  const { sent, output } = open();
  output.beginFormat(record);
  output.beginFormat(Buffer.from(record));
  output.beginFormat(Buffer.from([...record, 1]));
  t.equal(sent.length, 2, 'an encoder like the one before is no other format');
  t.match(sent, [
    {
      type: 'format',
      start: { wallClock: 5000 },
      format: {
        epoch: 0,
        video: { width: 640, height: 360, frameRate: 24, codec: 'avc1.4d401e', decoderConfiguration: record },
        audio: { codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2 },
      },
    },
    { format: { epoch: 1, video: { frameRate: 24 } } },
  ]);
});

t.test('audio that comes first waits for the format', async (t) => {
  const { sent, output } = open();
  output.audio(Buffer.from('a'), 0);
  output.audio(Buffer.from('b'), 1);
  t.strictSame(sent, []);
  output.beginFormat(record);
  output.audio(Buffer.from('c'), 2);
  t.strictSame(
    sent.map((message) => (message.type === 'sample' ? message.sample.time : message.type)),
    ['format', 0, 1024, 2048],
  );
});

t.test('frames of any rate are contiguous', async (t) => {
  for (const frameRate of [24, 29, 30]) {
    const { sent, output } = open(frameRate);
    output.beginFormat(record);
    for (let tick = 0; tick < 60; tick += 1) {
      output.video({ tick, ticks: 1, data: Buffer.alloc(1), keyframe: tick === 0 });
    }
    // where one was left out
    output.video({ tick: 60, ticks: 2, data: Buffer.alloc(1), keyframe: false });
    const samples = sent.flatMap((message) => (message.type === 'sample' ? [message.sample] : []));
    for (const [index, { time }] of samples.entries()) {
      const before = samples[index - 1];
      if (before) t.equal(time, before.time + before.duration);
    }
    const last = samples.at(-1);
    t.equal((last?.time ?? 0) + (last?.duration ?? 0), Math.round((62 * 90_000) / frameRate));
  }
});

t.test('where frames of a source begin, the format waits for the audio of those before', async (t) => {
  const { sent, output } = open();
  output.beginFormat(record);
  for (let tick = 0; tick < 2; tick += 1) output.video({ tick, ticks: 1, data: Buffer.of(1), keyframe: tick === 0 });
  const format = { codec: 'avc', key: '', parameters: 'avc1.42c00d', width: 320, height: 240 } as const;
  const sets = ['6742c00dd90141f9', '68ce3c80'].map((hex) => Buffer.from(hex, 'hex'));
  const description = Buffer.concat([
    Buffer.of(1, 0x42, 0xc0, 0x0d, 0xff, 0xe1, 0, 8),
    sets[0] as Buffer,
    Buffer.of(1, 0, 4),
    sets[1] as Buffer,
  ]);
  output.beginSource({
    ...format,
    description,
    sets: Buffer.alloc(0),
    frameRate: 25,
    passed: { keyframeInterval: 2000 },
  });
  const parts = [...sets, Buffer.of(0x65, 1)];
  const frame = { parts, key: true, size: undefined, timestamp: 0, at: 0, time: 0 };
  output.source({ frame, start: 2000 / 24, duration: 40 });
  const kinds = () => sent.map((message) => (message.type === 'sample' ? message.sample.kind : message.type));
  for (let index = 0; index < 3; index += 1) output.audio(Buffer.of(1), index);
  t.same(kinds().slice(3), ['audio', 'audio', 'audio'], '64 ms, of video there are 83');
  output.audio(Buffer.of(1), 3);
  t.same(kinds().slice(6), ['audio', 'format', 'video']);
  const inBand = Buffer.concat(sets.flatMap((set) => [Buffer.of(0, 0, 0, set.length), set]));
  const lastData = () => sent.flatMap((message) => (message.type === 'sample' ? [message.sample.data] : [])).at(-1);
  t.same(lastData(), Buffer.concat([inBand, Buffer.of(0, 0, 0, 2, 0x65, 1)]));
  for (let index = 4; index < 6; index += 1) output.audio(Buffer.of(1), index);
  output.beginFormat(description);
  output.video({ tick: 3, ticks: 1, data: Buffer.of(1), keyframe: true });
  t.match(sent.at(-2), { type: 'format', format: { epoch: 2, video: { width: 640, passed: undefined } } });
  t.same(lastData(), Buffer.concat([inBand, Buffer.of(1)]), 'from then on keyframes bear their parameter sets');
});
