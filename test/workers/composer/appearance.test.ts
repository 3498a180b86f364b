import t from 'tap';
import { opusScript, videoScript } from '../../scripts.ts';
import { type Area, assertWhole, type DecodedProgram, shows } from './decoded-program.ts';
import { RunningComposer } from './running-composer.ts';

const tone = await opusScript('aevalsrc=0.3*sin(2*PI*440*t):s=48000', 2);
const red = await videoScript({ source: 'color=red:s=320x180:r=30', duration: 2, frameRate: 30 });
const vp8 = await videoScript({ source: 'color=lime:s=320x180:r=30', duration: 2, frameRate: 30, codec: 'vp8' });
const middle: Area = { x: 0.46, y: 0.36, width: 0.08, height: 0.06 };
const small = { width: 320, height: 180 };

t.test('an empty room is dark and silent; a peer without video has a placeholder', async (t) => {
  const worker = await RunningComposer.start({ ...small, audioChannels: 1, frameRate: 24 });
  t.teardown(() => worker.close());
  await worker.play(1000);
  const empty = worker.position - 200;
  await worker.publish('audio', { endpointId: 'a', script: tone, mimeType: 'audio/opus' });
  const speaks = (program: DecodedProgram, end: number) =>
    program.tone(440, end - 300) > 0.15 && program.colour(end, middle)[0] > 70;
  const spoken = await shows(worker, 'a figure that speaks', speaks);
  t.equal(await worker.stop(), 0);
  const program = await assertWhole(t, worker.received);
  t.match(worker.received[0]?.format, { video: { frameRate: 24, width: 320 }, audio: { channels: 1 } });
  t.ok(Math.max(...program.colour(empty, middle)) < 30, 'dark');
  t.ok(program.tone(440, empty - 300) < 0.001, 'silent');
  const [r, g, b] = program.colour(spoken, middle);
  t.ok(r > 70 && r < 130 && Math.abs(r - g) < 8 && Math.abs(g - b) < 8, `a grey figure: ${r} ${g} ${b}`);
  const ground = program.colour(spoken, { x: 0, y: 0, width: 0.1, height: 0.1 })[0];
  t.ok(ground > 30 && ground < r - 20, `on darker grey: ${ground}`);
  t.ok(speaks(program, spoken), 'and its audio');
});

t.test('a screen share lies below a bar of the others; names are drawn; VP8 is decoded', async (t) => {
  const worker = await RunningComposer.start({ ...small, showNames: true });
  t.teardown(() => worker.close());
  await worker.publish('camera', { endpointId: 'a', script: red, mimeType: 'video/H264', name: "MMM 'M: [M]\\" });
  await worker.publish('screen', { endpointId: 'b', script: vp8, mimeType: 'video/VP8', screenshare: true });
  const aboveScreen = { x: 0.46, y: 0.04, width: 0.08, height: 0.06 };
  const isRed = (program: DecodedProgram, time: number, area: Area) => {
    const [r, g] = program.colour(time, area);
    return r > 150 && g < 80;
  };
  const shares = (program: DecodedProgram, end: number) => {
    const [r, g] = program.colour(end, { x: 0.3, y: 0.35, width: 0.4, height: 0.5 });
    return g > 180 && r < 70 && isRed(program, end, aboveScreen);
  };
  const shared = await shows(worker, 'a screen below a camera', shares);
  worker.send({
    type: 'updateTrack',
    track: { trackId: 'screen', endpointId: 'b', kind: 'video', name: '', screenshare: false, steady: false },
  });
  const half = { x: 0.1, y: 0.4, width: 0.3, height: 0.2 };
  const grid = await shows(worker, 'two halves', (program, end) => isRed(program, end, half));
  t.equal(await worker.stop(), 0);
  const program = await assertWhole(t, worker.received);
  t.ok(shares(program, shared), 'the screen has the area, the camera is in the bar');
  const corner = program.colour(shared, { x: 0.05, y: 0.05, width: 0.2, height: 0.1 });
  t.ok(Math.max(...corner) < 40, 'nothing is beside it');
  t.ok(isRed(program, grid, half), 'then it has half of the frame');
  // letters and their dark ground are colourless
  const label = program.colour(grid, { x: 0.03, y: 0.9, width: 0.12, height: 0.06 });
  const beside = program.colour(grid, { x: 0.6, y: 0.9, width: 0.12, height: 0.06 });
  t.ok(Math.max(...label) - Math.min(...label) < 70 && Math.max(...label) > 40, `its name is on it: ${label}`);
  t.ok(Math.max(...beside) < 40, `no name, no label: ${beside}`);
  t.same(worker.troubles, []);
});
