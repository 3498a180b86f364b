import t from 'tap';
import { childrenOf } from '../../child-processes.ts';
import { videoScript } from '../../scripts.ts';
import { assertWhole } from './decoded-program.ts';
import { RunningComposer } from './running-composer.ts';

const moving = await videoScript({ source: 'testsrc2=s=320x180:r=30', duration: 2, frameRate: 30 });

t.test('an encoder that cannot keep up gets half of the frames, all of them regular', async (t) => {
  const worker = await RunningComposer.start({ width: 320, height: 180 });
  t.teardown(() => worker.close());
  await worker.publish('video', { endpointId: 'a', script: moving, mimeType: 'video/H264' });
  await worker.play(1000);
  const [encoder = 0] = childrenOf(worker.child.pid ?? 0, 'video encoder');
  process.kill(encoder, 'SIGSTOP');
  await worker.until(({ type }) => type === 'trouble');
  process.kill(encoder, 'SIGCONT');
  const durations = () => worker.samples.flatMap(({ kind, duration }) => (kind === 'video' ? [duration] : []));
  const halved = () =>
    durations()
      .slice(-15)
      .every((duration) => duration === 6000);
  await worker.until(({ type }) => type === 'statistics' && halved());
  t.equal(await worker.stop(), 0);
  t.match(worker.efforts[0], { fields: { frameRate: 15 } });
  t.equal(worker.statistics?.frameRate, 15);
  t.equal(worker.received.length, 1, 'nothing else changes');
  t.ok(durations().includes(3000), 'before it got all');
  await assertWhole(t, worker.received);
});
