import t from 'tap';
import { opusScript, videoScript } from '../../media/scripts.ts';
import { type Area, assertWhole, type Rgb } from './decoded-program.ts';
import { RunningWorker } from './running-worker.ts';

const colours = { red: [255, 0, 0], lime: [0, 255, 0], blue: [0, 0, 255], yellow: [255, 255, 0] } as const;
type Colour = keyof typeof colours;
const names = Object.keys(colours) as Colour[];
const tones: Record<Colour, number> = { red: 440, lime: 700, blue: 1100, yellow: 1700 };

async function publish(worker: RunningWorker, name: Colour): Promise<void> {
  const source = `color=${name}:s=320x180:r=30`;
  const video = await videoScript({ source, duration: 2, frameRate: 30 });
  const audio = await opusScript(`aevalsrc=0.2*sin(2*PI*${tones[name]}*t):s=48000`, 2);
  await worker.publish(`${name} video`, { endpointId: name, script: video, mimeType: 'video/H264' });
  await worker.publish(`${name} audio`, { endpointId: name, script: audio, mimeType: 'audio/opus' });
}

function quarter(x: number, y: number): Area {
  return { x: x / 2 + 0.15, y: y / 2 + 0.15, width: 0.2, height: 0.2 };
}

function isNear(seen: Rgb, wanted: Rgb): boolean {
  return seen.every((value, index) => Math.abs(value - (wanted[index] ?? 0)) < 60);
}

t.test('publishers come and go: 1, 4, 1', async (t) => {
  const worker = await RunningWorker.start({ width: 320, height: 180 });
  t.teardown(() => worker.close());
  await publish(worker, 'red');
  await worker.play(1500);
  const alone = worker.position - 100;
  for (const name of names.slice(1)) await publish(worker, name);
  await worker.play(2500);
  const together = worker.position - 100;
  for (const name of names.slice(1)) {
    await worker.unpublish(`${name} video`);
    await worker.unpublish(`${name} audio`);
  }
  await worker.play(1500);
  const again = worker.position - 100;
  t.equal(await worker.stop(), 0);

  t.equal(worker.received.length, 1, 'the format stays');
  const program = await assertWhole(t, worker.received);
  for (const time of [alone, again]) {
    for (const area of [quarter(0, 0), quarter(1, 1)]) {
      const seen = program.colour(time, area);
      t.ok(isNear(seen, colours.red), `red everywhere at ${time}: ${seen}`);
    }
    t.ok(program.tone(tones.red, time - 200) > 0.1, 'its tone is heard');
    t.ok(program.tone(tones.lime, time - 200) < 0.02, 'no other is');
  }
  for (const [index, name] of names.entries()) {
    const seen = program.colour(together, quarter(index % 2, Math.floor(index / 2)));
    t.ok(isNear(seen, colours[name]), `${name} in its place: ${seen}`);
    t.ok(program.tone(tones[name], together - 200) > 0.1, `the tone of ${name} is in the mix`);
  }
  t.same(worker.troubles, []);
});
