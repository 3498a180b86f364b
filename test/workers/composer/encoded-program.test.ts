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
