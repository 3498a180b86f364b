// Against a real server: nginx with its RTMP module.
import { EventEmitter, once } from 'node:events';
import { stat } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import type { Logger } from '../../../src/log/logger.ts';
import type { ProgramSample } from '../../../src/media/sample.ts';
import { AddressGuard } from '../../../src/net/address-guard.ts';
import { RtmpOutput, type RtmpOutputOptions } from '../../../src/output/rtmp/rtmp-output.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { commandOutput } from '../../command-output.ts';
import { eventually } from '../../eventually.ts';
import { PortBlock } from '../../port-block.ts';
import { programSource } from '../../program/program-source.ts';
import { RtmpServer } from './rtmp-server.ts';

const key = `se'cr"et-k|ey[f=mp4]pipe:1%0a`;
const source = await programSource({ seconds: 4, gop: 12 });

interface Packet {
  readonly codec_type: string;
  readonly pts_time: string;
  readonly flags: string;
}

async function packetsOf(file: string): Promise<Packet[]> {
  const args = ['-v', 'error', '-show_packets', '-of', 'json', file];
  const { stdout } = await commandOutput('ffprobe', args, { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout).packets;
}

const frames = (packets: readonly Packet[]) => packets.filter(({ codec_type }) => codec_type === 'video');

/** A push with what was logged of it. */
class Push {
  readonly log: string[] = [];
  readonly output: RtmpOutput;
  readonly #logged = new EventEmitter<{ line: [] }>();
  #sent = 0;

  constructor(t: Test, url: string, options: Partial<RtmpOutputOptions> = {}) {
    const write = (line: string) => {
      this.log.push(line);
      this.#logged.emit('line');
    };
    const logger: Logger = pino({ level: 'debug' }, { write });
    const guard = new AddressGuard();
    this.output = new RtmpOutput({ url, guard, retryTime: 60_000, random: () => 0, logger, ...options });
    this.output.sink.format(source.format, { wallClock: 0 });
    t.teardown(() => this.output.close());
  }

  async logged(text: string): Promise<void> {
    while (!this.log.some((line) => line.includes(text))) await once(this.#logged, 'line');
  }

  /** Goes on with the program, which begins anew after its end, in steps as it would come. */
  play(samples: number): void {
    const length = 4;
    for (let index = 0; index < samples; index += 1) {
      const sample = source.samples[this.#sent % source.samples.length] as ProgramSample;
      const rounds = Math.floor(this.#sent / source.samples.length) * length;
      const ticks = sample.kind === 'video' ? 90_000 : 48_000;
      this.output.sink.sample({ ...sample, time: sample.time + rounds * ticks });
      this.#sent += 1;
    }
  }

  /** Plays until the server gets it. */
  async running(): Promise<void> {
    const running = once(this.output.observer, 'running');
    let done = false;
    void running.then(() => (done = true));
    await eventually('the server takes the stream', () => {
      if (!done) this.play(8);
      return done;
    });
  }
}

t.test('a server gets the whole program', async (t) => {
  const server = await RtmpServer.start(t);
  // no time passes, so there is enough for the end, too
  const clock = new HeldClock();
  const push = new Push(t, `rtmp://127.0.0.1:${server.port}/live/${key}`, { clock });
  await push.running();
  push.play(source.samples.length * 2);
  await push.output.close();
  await server.quit();
  const [file = ''] = await server.recorded();
  const packets = await packetsOf(file);
  const shown = frames(packets);
  t.match(shown[0]?.flags, /K/, 'it begins with a keyframe');
  t.ok(
    packets.some(({ codec_type }) => codec_type === 'audio'),
    'it has audio',
  );
  const times = shown.map(({ pts_time }) => Number(pts_time));
  t.ok((times.at(-1) ?? 0) - (times[0] ?? 0) > 7.5, 'to its end');
  const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  t.ok(
    steps.every((step) => step > 0.03 && step < 0.06),
    'without a hole',
  );
  t.notMatch(push.log.join(), /se'cr|et-k/, 'the key is in no log');
});

t.test('audio before the first frame is dropped, so that both stay synchronized', async (t) => {
  const server = await RtmpServer.start(t);
  const push = new Push(t, `rtmp://127.0.0.1:${server.port}/live/early`, { clock: new HeldClock() });
  const { sink } = push.output;
  const samples = source.samples.map((sample) => ({
    ...sample,
    time: sample.time + (sample.kind === 'video' ? 90_000 : 48_000),
  }));
  let running = false;
  push.output.observer.once('running', () => {
    running = true;
  });
  // the frame's beginning, again until there is a connection, then audio that reaches half a second back
  await eventually('the server takes the stream', () => {
    if (!running) sink.sample(samples.find(({ kind }) => kind === 'video') as ProgramSample);
    return running;
  });
  const audio = source.samples.filter(({ kind }) => kind === 'audio');
  for (const sample of audio) sink.sample({ ...sample, time: sample.time + 24_000 });
  await push.output.close();
  await server.quit();
  const [file = ''] = await server.recorded();
  const times = (await packetsOf(file))
    .filter(({ codec_type }) => codec_type === 'audio')
    .map(({ pts_time }) => Number(pts_time));
  t.equal(times.length, audio.filter(({ time }) => time >= 24_000).length);
  t.ok((times[0] ?? 1) < 0.022 && (times[1] ?? 0) > 0.02, `${times.slice(0, 3)}`);
});

t.test('audio that is repeated with a new video encoder is sent once', async (t) => {
  const server = await RtmpServer.start(t);
  const push = new Push(t, `rtmp://127.0.0.1:${server.port}/live/again`, { clock: new HeldClock() });
  await push.running();
  push.play(source.samples.length);
  const { sink } = push.output;
  const after = (sample: ProgramSample, seconds: number) => {
    return { ...sample, time: sample.time + seconds * (sample.kind === 'video' ? 90_000 : 48_000) };
  };
  const audio = source.samples.filter(({ kind }) => kind === 'audio').map((sample) => after(sample, 1000));
  const keyframe = source.samples.find(({ kind }) => kind === 'video');
  for (const sample of audio) sink.sample(sample);
  sink.format(source.format, { wallClock: 0 });
  sink.sample(after(keyframe as ProgramSample, 1000));
  for (const sample of audio) sink.sample(sample);
  await push.output.close();
  await server.quit();
  const [file = ''] = await server.recorded();
  const times = (await packetsOf(file))
    .filter(({ codec_type }) => codec_type === 'audio')
    .map(({ pts_time }) => Number(pts_time))
    .filter((time) => time > 900);
  t.equal(times.length, audio.length, 'all of it');
  t.ok(
    times.every((time, index) => index === 0 || time > (times[index - 1] as number)),
    'in order, none twice',
  );
});

t.test('a server that restarts gets a keyframe, and time continues', async (t) => {
  const server = await RtmpServer.start(t);
  const push = new Push(t, `rtmp://127.0.0.1:${server.port}/live/${key}`);
  await push.running();
  push.play(500);
  await eventually('it is recorded', async () => {
    const [file = ''] = await server.recorded();
    return (await stat(file)).size > 100_000;
  });
  await server.kill();
  push.play(100);
  await push.logged('An RTMP server is lost');
  push.play(7);
  const before = (await server.recorded()).length;
  await server.run();
  await eventually('there is a second recording', async () => {
    push.play(7);
    return (await server.recorded()).length > before;
  });
  push.play(300);
  await push.output.close();
  await server.quit();
  const files = await server.recorded();
  t.equal(files.length, before + 1);
  const shown = frames(await packetsOf(files.at(-1) ?? ''));
  t.match(shown[0]?.flags, /K/);
  t.notMatch(push.log.join(), /se'cr|et-k/);
});

t.test('a server that refuses the stream fails the output', async (t) => {
  const server = await RtmpServer.start(t);
  for (const application of ['closed', 'nowhere']) {
    const push = new Push(t, `rtmp://user:pass-word@127.0.0.1:${server.port}/${application}/${key}`);
    const [error] = await once(push.output.observer, 'failed');
    t.match(error, { name: 'OutputError', kind: 'refused', message: /Input\/output error$/ }, application);
    t.notMatch(error.message + push.log.join(), /se'cr|et-k|pass-word/);
  }
});

t.test('a server that closes the connection is tried three times, as it may just be starting', async (t) => {
  const server = await RtmpServer.start(t);
  const push = new Push(t, `rtmp://127.0.0.1:${server.port}/closed/${key}`);
  t.match(await once(push.output.observer, 'failed'), [{ kind: 'refused' }]);
  t.equal(push.log.filter((line) => line.includes('trying again')).length, 2);
});

t.test('invalid targets are refused', async (t) => {
  const bad = [
    'http://h/a/k',
    'rtmp://',
    'rtmp:///a/b',
    'rtmp://h:99999/a/b',
    'rtmp://h/a/k\nx',
    'rtmp://h h/a/b',
    'pipe:1',
  ];
  for (const url of [...bad, 'rtmp://169.254.169.254/a/k']) {
    const push = new Push(t, url);
    const [error] = await once(push.output.observer, 'failed');
    t.match(error, { kind: 'refused' }, JSON.stringify(url));
  }
});

t.test('an unreachable server is given up after its timeout', async (t) => {
  const { min: port } = await PortBlock.claim(t);
  const clock = new HeldClock();
  const push = new Push(t, `rtmp://127.0.0.1:${port}/live/${key}`, { retryTime: 700, clock });
  const failed = once(push.output.observer, 'failed');
  await push.logged('trying again');
  await clock.whenPending(1);
  clock.advance(1000);
  t.match(await failed, [{ kind: 'broken', message: /Connection refused$/ }]);
});

t.test('time of streaming does not count as time without a server', async (t) => {
  const server = await RtmpServer.start(t);
  const clock = new HeldClock();
  const push = new Push(t, `rtmp://127.0.0.1:${server.port}/live/${key}`, { retryTime: 5000, clock });
  await push.running();
  clock.advance(6000);
  await server.kill();
  await push.logged('trying again');
  await server.run();
  let failed = false;
  push.output.observer.once('failed', () => {
    failed = true;
  });
  await clock.whenPending(1);
  clock.advance(1000);
  await eventually('the server gets the rest', async () => {
    if (!failed) push.play(8);
    return failed || (await server.recorded()).length === 2;
  });
  t.notOk(failed);
});

t.test('a server is asked for the application that it has, also when the key has slashes', async (t) => {
  const server = await RtmpServer.start(t);
  const apart = new Push(t, `rtmp://127.0.0.1:${server.port}/live/apart/key`, { streamKey: 'apart/key' });
  await apart.running();
  const whole = new Push(t, `rtmp://127.0.0.1:${server.port}/live/whole/key`);
  await whole.running();
  t.notOk(apart.log.some((line) => line.includes('trying again')));
  t.notMatch(apart.log.join() + whole.log.join(), /apart|whole/);
});

t.test('an output goes on when the time of day is set forward', async (t) => {
  const { min: port } = await PortBlock.claim(t);
  const clock = new HeldClock();
  const push = new Push(t, `rtmp://127.0.0.1:${port}/live/${key}`, { clock });
  let failed = false;
  push.output.observer.once('failed', () => {
    failed = true;
  });
  const attempts = () => push.log.filter((line) => line.includes('trying again')).length;
  await push.logged('trying again');
  await clock.whenPending(1);
  clock.setTime(1e12);
  clock.advance(1000);
  await eventually('a second attempt has ended', () => failed || attempts() === 2);
  t.notOk(failed);
});

t.test('closing ends the output at any time', async (t) => {
  const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const push = new Push(t, `rtmp://127.0.0.1:${port}/live/x`);
  await once(silent, 'connection');
  await push.output.close();
  t.notOk(push.log.some((line) => line.includes('unexpectedly')));
});

t.test('a slow server misses frames, and memory stays bounded', async (t) => {
  const server = await RtmpServer.start(t);
  const pipes: { from: Socket; to: Socket }[] = [];
  const proxy = createServer((from) => {
    const to = connect(server.port, '127.0.0.1');
    for (const socket of [from, to]) socket.on('error', () => undefined);
    from.pipe(to);
    to.pipe(from);
    pipes.push({ from, to });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.teardown(() => {
    for (const { from, to } of pipes) for (const socket of [from, to]) socket.destroy();
    proxy.close();
  });
  const push = new Push(t, `rtmp://127.0.0.1:${(proxy.address() as AddressInfo).port}/live/${key}`);
  await push.running();
  for (const { from, to } of pipes) {
    from.unpipe(to);
    from.pause();
  }
  const before = process.memoryUsage().rss;
  push.play(source.samples.length * 60);
  t.ok(process.memoryUsage().rss - before < 100_000_000, 'what it does not take is not kept');
  for (const { from, to } of pipes) from.pipe(to);
  const [file = ''] = await server.recorded();
  const holes = async () => {
    const shown = frames(await packetsOf(file));
    const times = shown.map(({ pts_time }) => Number(pts_time));
    return shown.filter((_, index) => index > 0 && (times[index] ?? 0) - (times[index - 1] ?? 0) > 0.1);
  };
  await eventually('frames are left out', async () => {
    push.play(10);
    return (await holes()).length > 0;
  });
  await push.output.close();
  await server.quit();
  for (const { flags } of await holes()) t.match(flags, /K/, 'what follows a hole is a keyframe');
});
