// Files and streams of rooms over our own API, with everything real, and backends that know nothing of them.
import { join } from 'node:path';
import t from 'tap';
import { decodeServerMessage, EventType } from '../../src/notification/server-message.ts';
import { childrenOf } from '../child-processes.ts';
import { SampleMedia } from '../component/file/sample-media.ts';
import { Receiver } from '../net/receiver.ts';
import { NotificationSocket, readNotification } from '../notification-socket.ts';
import { RtmpServer } from '../output/rtmp/rtmp-server.ts';
import { apiToken, RunningServer } from '../running-server.ts';
import { RecordedProgram } from './recorded-program.ts';

const server = await RunningServer.start(t, { SHOAL_PROGRAM_SIZE: '320x180' });
const media = await SampleMedia.at(server.config.resourcesBasePath);
await media.h264('picture.h264', { frames: 900 });
await media.opus('sound.ogg', 30);
const old = await server.subscribe();
const knowing = await NotificationSocket.open(t, server.host, apiToken, [EventType.OUTPUT]);

/** Waits for what a backend that knows of outputs is told of one. */
async function told(outputId: string, state: string): Promise<{ error: string }> {
  for (;;) {
    for (const frame of knowing.frames) {
      const { content } = decodeServerMessage(frame);
      if (content.case !== 'outputChanged' || content.value.outputId !== outputId) continue;
      if (content.value.state === state) return content.value;
    }
    const count = knowing.frames.length;
    await knowing.until(() => knowing.frames.length > count);
  }
}

async function start(roomId: string, body: unknown): Promise<{ id: string; target: string }> {
  const { status, json } = await server.ask('POST', `/room/${roomId}/output`, body);
  if (status !== 201) throw new Error(JSON.stringify(json));
  return json.data;
}

async function openRoom(config: Record<string, unknown>): Promise<string> {
  const id = await server.createRoom({ videoCodec: 'h264', ...config });
  for (const filePath of ['picture.h264', 'sound.ogg']) {
    await server.ask('POST', `/room/${id}/component`, { type: 'file', options: { filePath } });
  }
  return id;
}

t.test('a file and a stream share one program with HLS', async (t) => {
  const rtmp = await RtmpServer.start(t);
  const receiver = await Receiver.start(t);
  const id = await openRoom({ webhookUrl: receiver.url });
  await server.ask('POST', `/room/${id}/component`, { type: 'hls', options: { lowLatency: true } });
  const file = await start(id, { type: 'file' });
  const options = { url: `rtmp://127.0.0.1:${rtmp.port}/live`, streamKey: 'se"cret|[f=x]' };
  const stream = await start(id, { type: 'rtmp', options });
  await Promise.all([told(file.id, 'running'), told(stream.id, 'running'), old.saw(id, 'HlsPlayable')]);
  const workers = childrenOf(process.pid).filter((pid) => childrenOf(pid, 'video encoder').length > 0);
  t.equal(workers.length, 1);
  t.equal(workers.flatMap((pid) => childrenOf(pid, 'video encoder')).length, 1, 'it is encoded once');
  const { json } = await server.ask('GET', `/room/${id}/output`);
  const running = { state: 'running', error: null };
  t.match(json.data, [
    { id: file.id, type: 'file', ...running },
    { id: stream.id, type: 'rtmp', target: `rtmp://127.0.0.1:${rtmp.port}/live/***`, ...running },
  ]);
  const types = (await server.room(id)).components.map(({ type }: { type: string }) => type);
  t.strictSame(types, ['file', 'file', 'hls'], 'nothing else is in the room');
  for (const output of [file, stream]) await server.delete(`/room/${id}/output/${output.id}`);
  await Promise.all([told(file.id, 'finished'), told(stream.id, 'finished')]);
  t.match(await server.ask('GET', `/room/${id}/output`), { json: { data: [] } });
  await server.delete(`/room/${id}`);
  await old.saw(id, 'RoomDeleted');
  await rtmp.quit();
  const [pushed = ''] = await rtmp.recorded();
  for (const path of [join(server.config.resourcesBasePath, file.target), pushed]) {
    const program = await RecordedProgram.read(path);
    t.match(program.streams.map(({ codec_name }) => codec_name).sort(), ['aac', 'h264']);
    t.ok(program.duration > 0, path);
  }
  const names = ['RoomCreated', 'RoomDeleted', 'HlsPlayable', 'TrackAdded', 'TrackRemoved'];
  const heard = new Set(
    [...old.of(id), ...receiver.requests.map(({ body }) => readNotification(body))].map((n) => n.name),
  );
  t.strictSame([...heard].sort(), names.sort(), 'old backends hear of nothing new');
  const secrets = JSON.stringify(server.log) + Buffer.concat(knowing.frames).toString();
  t.notMatch(secrets, /cret\|/);
});

t.test('outputs are notified to the webhook of a room that asks for it', async (t) => {
  const receiver = await Receiver.start(t);
  const rtmp = await RtmpServer.start(t);
  const id = await openRoom({ webhookUrl: receiver.url });
  const url = `rtmp://127.0.0.1:${rtmp.port}/closed/the-key`;
  const { id: outputId } = await start(id, { type: 'rtmp', options: { url }, notify: true });
  t.match(await told(outputId, 'failed'), { error: /Input\/output error$/ });
  t.match(await server.ask('GET', `/room/${id}/output/${outputId}`), {
    json: { data: { state: 'failed', error: /Input\/output error$/ } },
  });
  await server.delete(`/room/${id}/output/${outputId}`);
  t.match(await server.ask('DELETE', `/room/${id}/output/${outputId}`), { status: 404 });
  const ofOutputs = () => receiver.requests.filter(({ body }) => readNotification(body).name === 'OutputChanged');
  while (ofOutputs().length < 2) await receiver.received(receiver.requests.length + 1);
  t.equal(ofOutputs().length, 2, 'starting, failed');
  await server.delete(`/room/${id}`);
});
