import { once } from 'node:events';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import {
  TelephonyWorkers,
  type TelephonyWorkersOptions,
} from '../../../../src/component/sip/media/telephony-workers.ts';
import { Track } from '../../../../src/room/track.ts';
import { UdpFeed } from '../../../../src/sfu/udp-feed.ts';
import { isAlive } from '../../../child-processes.ts';
import { eventually } from '../../../eventually.ts';
import { PortBlock } from '../../../port-block.ts';
import { RoomOnWorker } from '../../../sfu/room-on-worker.ts';
import { toneLevel } from '../../../tone.ts';
import { ScriptedComponent } from '../../recording/scripted-component.ts';
import { CalledPhone } from './called-phone.ts';
import { toneScript } from './tone-script.ts';

async function open(t: Test, options: Partial<TelephonyWorkersOptions> = {}) {
  const world = await RoomOnWorker.open(null);
  const ports = await PortBlock.claim(t);
  const logger = pino({ enabled: false });
  const workers = new TelephonyWorkers({ listenAddress: '127.0.0.1', ports, logger, ...options });
  t.teardown(async () => {
    await workers.close();
    await world.close();
  });
  return { world, workers, ports };
}

/** A feed with a track of the room. */
async function publish(world: RoomOnWorker, component: ScriptedComponent, trackId: string): Promise<UdpFeed> {
  const feed = await UdpFeed.open(world.room.media, { trackId, codec: 'opus', cname: 'phone' });
  world.room.addTracks(component.component, [new Track({ id: trackId, type: 'audio' })]);
  return feed;
}

/** Waits until a phone hears these tones, and not the others. */
async function whenHears(phone: CalledPhone, heard: readonly number[], others: readonly number[]): Promise<void> {
  await eventually(`hears ${heard} and not ${others}`, async () => {
    const sound = await phone.hear(25);
    const levels = (frequencies: readonly number[]) => frequencies.map((frequency) => toneLevel(sound, frequency));
    return Math.min(...levels(heard), 1) > 0.1 && Math.max(...levels(others), 0) < 0.02;
  });
}

t.test('phones hear all tracks of their room, those that come later too, in each codec', async (t) => {
  const { world, workers } = await open(t);
  const peer = await ScriptedComponent.join(world.room);
  await peer.publish([['opus', toneScript(440)]]);
  const phones = await Promise.all((['pcma', 'opus'] as const).map((codec) => CalledPhone.open(t, codec)));
  const medias = await Promise.all(phones.map(() => workers.open(world.room)));
  for (const [index, media] of medias.entries()) media.use(phones[index]?.media as CalledPhone['media']);
  const allHear = (heard: readonly number[], others: readonly number[]) =>
    Promise.all(phones.map((phone) => whenHears(phone, heard, others)));
  await allHear([440], [1200]);
  const [feed] = await peer.publish([['opus', toneScript(1200)]]);
  await allHear([440, 1200], []);
  if (feed) peer.unpublish(feed);
  await allHear([440], [1200]);
  for (const media of [...medias, ...medias]) await media.close();
  t.equal(workers.calls, 0);
});

t.test('phones of a room hear each other and not themselves', async (t) => {
  const { world, workers } = await open(t);
  const component = await ScriptedComponent.join(world.room);
  const phones = await Promise.all([CalledPhone.open(t), CalledPhone.open(t)]);
  const medias = await Promise.all(phones.map(() => workers.open(world.room)));
  t.equal(workers.pids.length, 1);
  for (const [index, media] of medias.entries()) {
    media.use(phones[index]?.media as CalledPhone['media']);
    await media.join(await publish(world, component, `track-${index}`));
  }
  const speaking = setInterval(() => {
    for (const [index, media] of medias.entries()) void phones[index]?.say(index === 0 ? 600 : 1000, media.port);
  }, 20);
  t.teardown(() => clearInterval(speaking));
  const [one, other] = phones;
  await Promise.all([whenHears(one, [1000], [600]), whenHears(other, [600], [1000])]);
});

t.test('a worker that is killed is replaced, and its phones go on at their ports', async (t) => {
  const { world, workers } = await open(t);
  const peer = await ScriptedComponent.join(world.room);
  await peer.publish([['opus', toneScript(440)]]);
  const phone = await CalledPhone.open(t);
  const media = await workers.open(world.room);
  media.use(phone.media);
  const feed = await publish(world, peer, 'phone');
  await media.join(feed);
  const tap = await world.tap('phone');
  await tap.resume();
  const { port } = media;
  const speaking = setInterval(() => void phone.say(600, port), 20);
  t.teardown(() => clearInterval(speaking));
  await Promise.all([whenHears(phone, [440], []), once(tap.observer, 'packet')]);
  const [pid = 0] = workers.pids;
  process.kill(pid, 'SIGKILL');
  await eventually('another worker', () => workers.pids.some((other) => other !== pid));
  await Promise.all([whenHears(phone, [440], []), once(media.observer, 'received'), once(tap.observer, 'packet')]);
  t.equal(media.port, port);
  await media.close();
});

t.test('another worker is started when the first is full, as many as are allowed', async (t) => {
  const { world, workers } = await open(t, { callsPerWorker: 1, maxWorkers: 2 });
  const medias = [];
  for (let count = 0; count < 3; count += 1) medias.push(await workers.open(world.room));
  t.equal(workers.pids.length, 2);
  t.equal(workers.calls, 3);
  t.equal(new Set(medias.map(({ port }) => port)).size, 3);
});

t.test('a phone without a port is refused, and a port is free after its phone', async (t) => {
  const { min } = await PortBlock.claim(t);
  const { world, workers } = await open(t, { ports: { min, max: min + 5 } });
  const medias = [];
  for (let count = 0; count < 3; count += 1) medias.push(await workers.open(world.room));
  await t.rejects(workers.open(world.room), { code: 'no_port' });
  const [first] = medias;
  await first?.close();
  t.equal((await workers.open(world.room)).port, first?.port);
});

t.test('nothing is left after the close of the pool, and nothing can be opened', async (t) => {
  const { world, workers } = await open(t);
  const media = await workers.open(world.room);
  const opening = workers.open(world.room).catch((error: unknown) => error);
  await Promise.all([workers.close(), media.close()]);
  await opening;
  t.same(workers.pids, []);
  await t.rejects(workers.open(world.room), { code: 'closed' });
  await t.rejects(media.sendDtmf('1', 100), { code: 'closed' });
});

t.test('the pool is closed, and the call, though the worker does not respond any more', async (t) => {
  const { world, workers } = await open(t);
  const media = await workers.open(world.room);
  const [pid = 0] = workers.pids;
  process.kill(pid, 'SIGSTOP');
  await Promise.all([media.close(), workers.close()]);
  t.notOk(isAlive(pid));
});
