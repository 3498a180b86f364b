// A room of which nothing moves: its video has few frames, in every output, and the times are right all the same.
import { join } from 'node:path';
import t from 'tap';
import { SampleMedia } from '../component/file/sample-media.ts';
import { closedPlaylist, complaints, frameTimes, isWhole } from '../component/hls/played-stream.ts';
import { StreamChecker } from '../component/hls/stream-checker.ts';
import { eventually } from '../eventually.ts';
import { RtmpServer } from '../output/rtmp/rtmp-server.ts';
import { decodedTimes, decoderComplaints } from '../recorded-media.ts';
import { RunningServer } from '../running-server.ts';

const playlist = 'g2QABXZpZGVv.m3u8';
const frameRate = 24;
/** Of a part, in s: a frame that shows nothing new is not longer. */
const maxFrame = 0.3;

t.test('stream, file and RTMP of a room with audio only are whole, with a third of the frames', async (t) => {
  const server = await RunningServer.start(t, {
    ...{ SHOAL_PROGRAM_SIZE: '320x180', SHOAL_PROGRAM_FRAME_RATE: String(frameRate), SHOAL_HLS_SEGMENT_SECONDS: '1' },
  });
  const rtmp = await RtmpServer.start(t);
  const media = await SampleMedia.at(server.config.resourcesBasePath);
  await media.opus('sound.ogg', 60);
  const backend = await server.subscribe();
  const id = await server.createRoom({ videoCodec: 'h264' });
  const add = async (path: string, body: unknown) => {
    const { status, json } = await server.ask('POST', `/room/${id}/${path}`, body);
    if (status !== 201) throw new Error(JSON.stringify(json));
    return json.data;
  };
  const file = await add('output', { type: 'file' });
  const stream = await add('output', { type: 'rtmp', options: { url: `rtmp://127.0.0.1:${rtmp.port}/live/still` } });
  await add('component', { type: 'hls', options: { lowLatency: true, persistent: true } });
  await add('component', { type: 'file', options: { filePath: 'sound.ogg' } });
  await backend.saw(id, 'HlsPlayable');
  const runs = async (outputId: string) =>
    (await server.ask('GET', `/room/${id}/output/${outputId}`)).json.data.state === 'running';
  await eventually('both are running', async () => (await runs(file.id)) && (await runs(stream.id)));
  const checker = new StreamChecker(`http://${server.host}/hls/${id}/${playlist}`);
  await checker.start();
  for (const end = checker.position.segment + 3; checker.position.segment < end; ) await checker.follow();
  t.same(checker.problems, [], 'the stream keeps the rules');
  for (const output of [file, stream]) await server.delete(`/room/${id}/output/${output.id}`);
  await server.delete(`/room/${id}`);
  await rtmp.quit();

  const [pushed = ''] = await rtmp.recorded();
  for (const path of [join(server.config.resourcesBasePath, file.target), pushed]) {
    const [video, audio] = [await decodedTimes(path, 'video'), await decodedTimes(path, 'audio')];
    t.equal(await decoderComplaints(path), '', path);
    const [videoEnd = 0, audioEnd = 0] = [video.at(-1), audio.at(-1)];
    // the encoder may be late
    t.ok(
      videoEnd > 1 && Math.abs(audioEnd - videoEnd) < 2,
      `${path}: frames until ${videoEnd}, audio until ${audioEnd}`,
    );
    const longest = Math.max(...video.slice(1).map((time, index) => time - (video[index] ?? 0)));
    t.ok(longest < maxFrame + 0.01, `${path}: a frame lasts ${longest} s`);
    // but for its first second, and where a part begins
    const expected = frameRate + ((videoEnd - 1) * frameRate) / 3;
    t.ok(video.length > 6 && video.length <= expected + 6, `${path}: ${video.length} frames in ${videoEnd} s`);
  }
  const recording = `http://${server.host}/recording/${id}`;
  const listed = [...(await closedPlaylist(`${recording}/${playlist}`)).matchAll(/#EXTINF:([\d.]+)/g)];
  const duration = listed.reduce((sum, [, length]) => sum + Number(length), 0);
  const times = await frameTimes(`${recording}/index.m3u8`);
  t.equal(await complaints(`${recording}/index.m3u8`), '');
  t.ok(isWhole(times, duration), `${times.length} frames in ${duration} s`);
});
