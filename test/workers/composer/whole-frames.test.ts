// Buffers of frames are used again and again, by decoders, tiles and canvases: nothing of one frame may show in another.
import t from 'tap';
import { childrenOf } from '../../child-processes.ts';
import { videoScript } from '../../scripts.ts';
import { type Area, DecodedProgram, shows } from './decoded-program.ts';
import { RunningComposer } from './running-composer.ts';

/** Each frame is of one grey from top to bottom, which is far from that of the next one. */
const grey = (step: number, frameRate: number) =>
  `color=black:s=640x360:r=${frameRate},geq=lum='40+mod(N*${step},180)':cb=128:cr=128`;
const tiles = [0, 1, 2, 3];
/** From top to bottom of a tile. */
const bands = tiles.map((tile) =>
  [0, 1, 2, 3, 4, 5].map(
    (band): Area => ({
      ...{ x: (tile % 2) / 2 + 0.03, width: 0.43 },
      ...{ y: Math.floor(tile / 2) / 2 + 0.03 + band * 0.072, height: 0.06 },
    }),
  ),
);

/** Grey of each band of a tile. */
function bandsOf(program: DecodedProgram, time: number, tile: number): number[] {
  return (bands[tile] ?? []).map((area) => program.colour(time, area)[0]);
}

const isWhole = (greys: number[]) => Math.max(...greys) - Math.min(...greys) < 12;

t.test('frames stay whole while decoders and encoders stop and end', async (t) => {
  const worker = await RunningComposer.start({ videoBitrate: 4_000_000 });
  t.teardown(() => worker.close());
  const signal = (purpose: 'decoder' | 'video encoder', name: NodeJS.Signals) => {
    for (const pid of childrenOf(worker.child.pid ?? 0, purpose)) process.kill(pid, name);
  };
  const publish = async (name: string, step: number, codec: 'h264' | 'vp8', frameRate: number) => {
    const script = await videoScript({
      source: grey(step, frameRate),
      duration: 2,
      frameRate,
      codec,
      bitrate: '1500k',
    });
    await worker.publish(name, { endpointId: name, script, mimeType: codec === 'vp8' ? 'video/VP8' : 'video/H264' });
  };
  // Canvases are drawn for the sake of the others, while these two stay as they are.
  await publish('left', 67, 'h264', 10);
  await publish('right', 97, 'vp8', 10);
  await publish('below', 71, 'h264', 30);
  await publish('below, too', 113, 'vp8', 30);
  const begin = await shows(worker, 'frames', (program, end) =>
    tiles.every((tile) => isWhole(bandsOf(program, end, tile))),
  );
  signal('decoder', 'SIGKILL');
  await worker.play(1500);
  // It has read half a canvas, and more of them wait.
  signal('video encoder', 'SIGSTOP');
  await worker.until(({ type }) => type === 'statistics');
  signal('video encoder', 'SIGCONT');
  await worker.play(500);
  signal('video encoder', 'SIGKILL');
  await worker.play(1500);
  t.equal(await worker.stop(), 0);

  const program = await DecodedProgram.decode(worker.received);
  const times = worker.samples.flatMap(({ kind, time }) => (kind === 'video' && time / 90 >= begin ? [time / 90] : []));
  const seen = times.flatMap((time) => tiles.map((tile) => bandsOf(program, time, tile)));
  t.ok(new Set(seen.map(([first]) => first)).size > 10, 'they flicker');
  t.same(
    seen.filter((greys) => !isWhole(greys)),
    [],
    'none shows anything of another',
  );
});
