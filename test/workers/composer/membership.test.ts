import t from 'tap';
import { opusScript, videoScript } from '../../scripts.ts';
import { type Area, assertWhole, type DecodedProgram, type Rgb, shows } from './decoded-program.ts';
import { RunningComposer } from './running-composer.ts';

const colours = { red: [255, 0, 0], lime: [0, 255, 0], blue: [0, 0, 255], yellow: [255, 255, 0] } as const;
type Colour = keyof typeof colours;
const names = Object.keys(colours) as Colour[];
const tones: Record<Colour, number> = { red: 440, lime: 700, blue: 1100, yellow: 1700 };

async function publish(worker: RunningComposer, name: Colour): Promise<void> {
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

/** Red is everywhere, and its tone is heard, and no other is. */
function showsRed(program: DecodedProgram, time: number): boolean {
  const areas = [quarter(0, 0), quarter(1, 1)];
  const seen = areas.every((area) => isNear(program.colour(time, area), colours.red));
  return seen && program.tone(tones.red, time - 300) > 0.1 && program.tone(tones.lime, time - 300) < 0.02;
}

/** Everybody is in the own place, and in the mix. */
function showsAll(program: DecodedProgram, time: number): boolean {
  return names.every((name, index) => {
    const seen = program.colour(time, quarter(index % 2, Math.floor(index / 2)));
    return isNear(seen, colours[name]) && program.tone(tones[name], time - 300) > 0.1;
  });
}

t.test('publishers come and go: 1, 4, 1', async (t) => {
  const worker = await RunningComposer.start({ width: 320, height: 180 });
  t.teardown(() => worker.close());
  await publish(worker, 'red');
  const alone = await shows(worker, 'red everywhere', showsRed, 1500);
  for (const name of names.slice(1)) await publish(worker, name);
  const together = await shows(worker, 'four', showsAll, 2500);
  for (const name of names.slice(1)) {
    await worker.unpublish(`${name} video`);
    await worker.unpublish(`${name} audio`);
  }
  const again = await shows(worker, 'red everywhere again', showsRed, 1500);
  t.equal(await worker.stop(), 0);

  t.equal(worker.received.length, 1, 'the format stays');
  const program = await assertWhole(t, worker.received);
  t.ok(showsRed(program, alone) && showsAll(program, together) && showsRed(program, again), 'and no hole');
  t.same(worker.troubles, []);
});
