import { pino } from 'pino';
import t, { type Test } from 'tap';
import { ComposerProcess } from '../../src/program/composer-process.ts';
import { ProgramFeeds } from '../../src/program/program-feeds.ts';
import { childrenOf, isAlive } from '../child-processes.ts';
import { HeldClock } from '../clock/held-clock.ts';
import { ScriptedComponent } from '../component/recording/scripted-component.ts';
import { eventually } from '../eventually.ts';
import { opusScript, videoScript } from '../scripts.ts';
import { RoomOnWorker } from '../sfu/room-on-worker.ts';
import { testSettings } from '../workers/composer/running-composer.ts';
import { KeptProgram } from './kept-program.ts';

const video = await videoScript({ source: 'testsrc2=s=320x180:r=30', duration: 2, frameRate: 30 });
const audio = await opusScript('aevalsrc=0.5*sin(2*PI*1000*t):s=48000', 2);

/** A program, with a real composer whose supervision goes by a clock that a test holds. */
async function compose(t: Test) {
  const clock = new HeldClock();
  const world = await RoomOnWorker.open();
  let composer: ComposerProcess | undefined;
  const feeds = new ProgramFeeds({
    settings: { ...testSettings, width: 320, height: 180 },
    logger: pino({ enabled: false }),
    startComposer: (logger) => {
      composer = ComposerProcess.start(logger, 0, clock);
      return composer;
    },
  });
  t.teardown(async () => {
    await world.close();
    await feeds.close();
  });
  const publisher = await ScriptedComponent.join(world.room);
  const program = new KeptProgram();
  const attachment = feeds.attach(world.room, program);
  await publisher.publish([
    ['h264', video],
    ['opus', audio],
  ]);
  await program.play(1000);
  return { clock, feeds, attachment, program, pid: composer?.pid ?? 0 };
}

/** End of the audio so far, in ms of the program. */
function audioEnd({ received }: KeptProgram): number {
  const last = received.flatMap(({ samples }) => samples).findLast(({ kind }) => kind === 'audio');
  return last ? (last.time + last.duration) / 48 : 0;
}

t.test('a composer that is slow to finish loses nothing of the program', async (t) => {
  const { clock, attachment, program, pid } = await compose(t);
  const encoders = childrenOf(pid, 'video encoder');
  for (const encoder of encoders) process.kill(encoder, 'SIGSTOP');
  const { position } = program;
  await eventually('frames pile up in the encoder', async () => audioEnd(program) > position + 1500);
  const end = audioEnd(program);
  process.kill(pid, 'SIGSTOP');
  const ending = attachment.close();
  await clock.whenPending(2);
  clock.advance(14_000);
  for (const each of [pid, ...encoders]) process.kill(each, 'SIGCONT');
  await ending;
  t.ok(program.position >= end - 100, `video until ${program.position} ms, audio until ${end} ms`);
  t.notOk(isAlive(pid));
});

t.test('a composer that is slow to finish does not hold up a server that stops', async (t) => {
  const { clock, feeds, attachment, pid } = await compose(t);
  process.kill(pid, 'SIGSTOP');
  const ending = attachment.close();
  feeds.hurry();
  await clock.whenPending(3);
  clock.advance(2000);
  await ending;
  t.notOk(isAlive(pid));
});
