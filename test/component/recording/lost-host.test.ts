// A recording that is cut off while its tracks are on their way to the store: what is there is gone on with, and tells no secret.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { readReport } from '../../../src/component/recording/recording-report.ts';
import { eventually } from '../../eventually.ts';
import { NotificationSocket } from '../../notification-socket.ts';
import { decodedTimes, decoderComplaints, h264Pattern } from '../../recorded-media.ts';
import { allGone, RunningProcess } from '../../running-process.ts';
import { manifestAt } from '../../storage/media-on-disk.ts';
import { account, S3Store } from '../../storage/s3-store.ts';
import { SampleMedia } from '../file/sample-media.ts';

const credentials = { ...account, accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

async function ask(server: RunningProcess, method: string, path: string, body?: unknown): Promise<string> {
  return await server.ask(method, path, body);
}

t.test('a server killed during a multipart upload continues it', async (t) => {
  const s3 = await S3Store.open(t);
  const media = await SampleMedia.open(t);
  const rate = ['-b:v', '12M', '-maxrate', '12M', '-bufsize', '4M', '-vf', 'noise=alls=60:allf=t'];
  await writeFile(media.path('heavy.h264'), await h264Pattern(1200, { size: '640x360', extra: rate }));
  const variables = {
    FJ_RESOURCES_BASE_PATH: media.resources,
    FJ_SECRET_KEY_BASE: 'k'.repeat(64),
    FJ_COMPONENTS_USED: 'recording file',
    SHOAL_S3_ENDPOINT: s3.endpoint,
    SHOAL_WORKERS: '1',
  };
  const first = await (await RunningProcess.start(t, variables)).ready();
  const heard = await NotificationSocket.open(t, first.host, 'development');
  const said: string[] = [];
  const tell = async (...args: Parameters<typeof ask>) => said.push(await ask(...args));
  await tell(first, 'POST', '/room', { roomId: 'room', videoCodec: 'h264' });
  const options = { credentials, pathPrefix: 'archive' };
  await tell(first, 'POST', '/room/room/component', { type: 'recording', options });
  await tell(first, 'POST', '/room/room/component', { type: 'file', options: { filePath: 'heavy.h264' } });
  await tell(first, 'GET', '/room/room');
  const room = join(media.resources, 'raw_recordings', 'room');
  const folder = join(room, (await readdir(room))[0] ?? '');
  const growing = async () => Object.values((await manifestAt(folder))?.growing ?? {})[0]?.etags.length ?? 0;
  await eventually('two parts', async () => (await growing()) >= 2);
  t.match(await manifestAt(folder), { state: 'recording' });
  const children = await first.children();
  first.kill('SIGKILL');
  await first.ended;
  await allGone(children.keys());
  const [key = ''] = Object.keys(await s3.parts.pending());
  t.match(key, /^archive\/room\/part_[^/]+\/[0-9a-f-]{36}\.mkv$/);

  s3.mood = 'fine';
  const second = await (await RunningProcess.start(t, variables)).ready();
  await eventually('uploaded', async () => (await manifestAt(folder))?.state === 'uploaded');
  t.match(second.output, /A recording was interrupted; it is completed now/);
  const [name = ''] = Object.keys((await readReport(folder))?.tracks ?? {});
  const file = await readFile(join(folder, name));
  t.ok(file.equals(await s3.read(key)));
  t.ok(s3.passed < file.length - 9 * 1024 * 1024, 'the parts went once');
  t.same(await s3.parts.pending(), {});
  t.equal(await decoderComplaints(join(folder, name)), '');
  t.ok((await decodedTimes(join(folder, name))).length > 100);
  t.equal((await s3.keys()).length, 2, 'the track and its report');
  const kept = await readFile(join(folder, 'manifest.json'), 'utf8');
  for (const text of [...said, kept, first.output, second.output, ...heard.frames.map(String)]) {
    t.notMatch(text, credentials.secretAccessKey);
  }
  second.kill('SIGTERM');
  t.strictSame(await second.ended, { code: 0, signal: null });
});
