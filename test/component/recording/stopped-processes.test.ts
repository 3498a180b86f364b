// Processes of a recording that do not answer any more, without having died.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { eventually } from '../../eventually.ts';
import { postJson } from '../../post-json.ts';
import { decodedTimes } from '../../recorded-media.ts';
import { RunningProcess } from '../../running-process.ts';
import { SampleMedia } from '../file/sample-media.ts';

t.test('a hung composer and a hung track recorder are replaced, and the log says what the room loses', async (t) => {
  const files = await SampleMedia.open(t);
  await files.h264('picture.h264', { frames: 3600 });
  const variables = { SHOAL_PROGRAM_SIZE: '320x180', SHOAL_RECORDING_LOCAL: 'true', FJ_STRUCTURED_LOGGING: 'true' };
  const server = await RunningProcess.start(t, { FJ_RESOURCES_BASE_PATH: files.resources, ...variables });
  await server.ready();
  const ask = (path: string, body: unknown) => postJson(server.host, path, body);
  await ask('/room', { roomId: 'room', videoCodec: 'h264' });
  await ask('/room/room/component', { type: 'recording', options: { composed: true } });
  await ask('/room/room/component', { type: 'file', options: { filePath: 'picture.h264' } });

  const workers = async () => {
    const children = [...(await server.children()).keys()];
    const commands = await Promise.all(children.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1')));
    return children.filter((_, index) => /workers\/(composer|track-recorder)\/main\.ts/.test(commands[index] ?? ''));
  };
  const parts = join(files.resources, 'raw_recordings', 'room');
  const tracks = async () => {
    const folder = join(parts, (await readdir(parts))[0] ?? '');
    return (await readdir(folder)).filter((name) => name.endsWith('.mkv')).map((name) => join(folder, name));
  };
  await eventually('both run and write', async () => (await workers()).length === 2 && (await tracks()).length === 1);
  const first = await workers();
  const [firstTrack] = await tracks();
  for (const pid of first) process.kill(pid, 'SIGSTOP');
  await eventually('both are replaced', async () => {
    const now = await workers();
    return now.length === 2 && !now.some((pid) => first.includes(pid));
  });
  await eventually('the track goes on in a new file', async () => {
    const second = (await tracks()).find((path) => path !== firstTrack);
    return second !== undefined && (await decodedTimes(second)).length > 0;
  });
  const lines = server.output.split('\n').filter((line) => line.includes('"no response"'));
  const said = lines.map((line) => JSON.parse(line));
  t.match(said.map(({ message }) => message).toSorted(), [
    /^The composer of a room is replaced; its program pauses/,
    /^The track recorder of a room is replaced; each track goes on in a new file/,
  ]);
  t.same(
    said.map(({ metadata }) => metadata.room_id),
    ['room', 'room'],
  );
});
