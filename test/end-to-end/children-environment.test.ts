// What the processes that a server starts know of its environment.
import { readdir, readFile } from 'node:fs/promises';
import t from 'tap';
import { SampleMedia } from '../component/file/sample-media.ts';
import { eventually } from '../eventually.ts';
import { postJson } from '../post-json.ts';
import { RunningProcess } from '../running-process.ts';

const marker = 'a-secret-of-the-server';

/** Names of the programs below a process, and what their environments hold. */
async function descendants(pid: number): Promise<{ name: string; environment: string }[]> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const lists = tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'latin1').catch(() => ''));
  const children = (await Promise.all(lists)).join(' ').match(/\d+/g) ?? [];
  const found = children.map(async (child) => {
    const [name, environment] = await Promise.all(
      ['cmdline', 'environ'].map((file) => readFile(`/proc/${child}/${file}`, 'latin1').catch(() => '')),
    );
    return [
      { name: name ?? '', environment: environment ?? '' },
      ...(await descendants(Number(child)).catch(() => [])),
    ];
  });
  return (await Promise.all(found)).flat();
}

t.test('no process that a server starts has its secrets in its environment', async (t) => {
  const files = await SampleMedia.open(t);
  await files.mp4('b-frames.mp4', { frames: 1800, bFrames: 2 });
  const server = await RunningProcess.start(t, {
    ...{ FJ_RESOURCES_BASE_PATH: files.resources, SHOAL_PROGRAM_SIZE: '320x180', SHOAL_RECORDING_LOCAL: 'true' },
    ...{ FJ_SERVER_API_TOKEN: marker, FJ_SECRET_KEY_BASE: marker, SHOAL_WEBHOOK_SECRET: marker },
    ...{ AWS_SECRET_ACCESS_KEY: marker, SOMETHING_ELSE: marker },
  });
  await server.ready();
  const ask = (path: string, body: unknown) => postJson(server.host, path, body, marker);
  await ask('/room', { roomId: 'room', videoCodec: 'h264' });
  await ask('/room/room/component', { type: 'recording', options: { composed: true } });
  await ask('/room/room/component', { type: 'file', options: { filePath: 'b-frames.mp4' } });

  const programs = {
    'the media worker': /mediasoup-worker/,
    coturn: /turnserver/,
    'the composer': /composer\/main\.ts/,
    'the track recorder': /track-recorder\/main\.ts/,
    'a decoder of the composer': /^ffmpeg.*low_delay/s,
    'a transcoder of the File component': /ffmpeg.*max_pixels/s,
  };
  const seen = new Map<string, string>();
  const ownName = await readFile(`/proc/${server.pid}/cmdline`, 'latin1');
  /** Whatever else there is, too: none may hold a secret. */
  const holders = new Set<string>();
  await eventually('all programs run', async () => {
    for (const { name, environment } of await descendants(server.pid)) {
      // setpriv is about to become the program
      // a process that is about to become a program is still a copy of the server
      if (name !== ownName && environment.includes(marker)) holders.add(name);
      if (environment === '' || name.startsWith('/usr/bin/setpriv')) continue;
      for (const [what, is] of Object.entries(programs)) if (is.test(name)) seen.set(what, environment);
    }
    return seen.size === Object.keys(programs).length;
  });
  const own = await readFile(`/proc/${server.pid}/environ`, 'latin1');
  t.ok(own.includes(marker), 'the server has them');
  t.strictSame([...holders], []);
  for (const [what, environment] of seen) {
    t.notOk(environment.includes(marker), what);
    t.match(environment, /(^|\0)PATH=/, `${what} has a path`);
  }
});
