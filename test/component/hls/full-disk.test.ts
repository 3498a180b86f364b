import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { commandOutput } from '../../command-output.ts';
import { eventually } from '../../eventually.ts';
import { RunningProcess } from '../../running-process.ts';
import { SampleMedia } from '../file/sample-media.ts';
import { complaints, frameTimes, isWhole } from './played-stream.ts';
import { StreamChecker } from './stream-checker.ts';

const media = 'g2QABXZpZGVv.m3u8';
const authorization = 'Bearer development';

t.test('a stream survives a disk that is full for a while', async (t) => {
  const files = await SampleMedia.open(t);
  await files.h264('frame.h264', { frames: 1800 });
  const variables = {
    ...{ FJ_RESOURCES_BASE_PATH: files.resources, SHOAL_WORKERS: '1', SHOAL_PROGRAM_SIZE: '320x180' },
    ...{ SHOAL_PROGRAM_VIDEO_BITRATE: '300000', SHOAL_HLS_SEGMENT_SECONDS: '1' },
  };
  // Without the test runner's options, which end a process at SIGXFSZ: a write beyond the limit fails like one to a full disk.
  const server = await RunningProcess.start(t, variables, ['env', '-u', 'NODE_OPTIONS']);
  await server.ready();
  const ask = async (method: string, path: string, body?: unknown) => {
    const headers = { authorization, 'content-type': 'application/json' };
    const response = await fetch(`http://${server.host}${path}`, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
  };
  /** Bytes that a file of the server may have: no root is needed for this kind of quota. */
  const limitFiles = (quota: string) =>
    commandOutput('prlimit', ['--pid', String(server.pid), `--fsize=${quota}:unlimited`]);

  await ask('POST', '/room', { roomId: 'room', videoCodec: 'h264' });
  const options = { lowLatency: true, persistent: true };
  await ask('POST', '/room/room/component', { type: 'hls', options });
  await ask('POST', '/room/room/component', { type: 'file', options: { filePath: 'frame.h264' } });
  const live = `http://${server.host}/hls/room`;
  await eventually('playable', async () => (await fetch(`${live}/index.m3u8`)).ok);
  const checker = new StreamChecker(`${live}/${media}`);
  await checker.start();
  const newest = () => Math.max(...checker.segments.keys());
  const followTo = async (segment: number) => {
    for (let update = 0; update < 400 && newest() < segment; update += 1) await checker.follow();
  };
  await followTo(3);
  await limitFiles('10');
  const full = newest();
  await followTo(full + 9);
  const [first = ''] = /muxed_segment_\d+/.exec(await (await fetch(`${live}/${media}`)).text()) ?? [];
  t.notMatch(first, /_0$/, 'what is in memory no more is not listed');
  await limitFiles('unlimited');
  await eventually('stored again', async () => server.output.includes('A stream is stored again.'));
  await followTo(newest() + 3);
  t.same(checker.problems, [], 'viewers do not notice');
  const playlist = await (await fetch(`${live}/${media}`)).text();
  for (const name of playlist.match(/^[^#].*m4s$/gm) ?? []) t.equal((await fetch(`${live}/${name}`)).status, 200, name);

  await ask('DELETE', '/room/room');
  const stored = join(files.resources, 'recordings', 'room');
  await eventually('closed', async () => (await readFile(join(stored, media), 'utf8')).endsWith('#EXT-X-ENDLIST\n'));
  const recording = await readFile(join(stored, media), 'utf8');
  t.equal(recording.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 1, 'where segments are missing');
  t.match(recording, /\nmuxed_segment_0_/);
  t.equal(await complaints(join(stored, 'index.m3u8')), '', 'what is listed can be played');
  const times = await frameTimes(join(stored, 'index.m3u8'));
  const listed = [...recording.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, [, length]) => sum + Number(length), 0);
  t.ok(isWhole(times, listed, 1), `${times.length} frames in ${listed} s`);
  t.equal(server.output.match(/A stream could not be stored/g)?.length, 1, 'said once');
});
