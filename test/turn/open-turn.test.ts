import { pino } from 'pino';
import t from 'tap';
import { readConfig } from '../../src/config/read-config.ts';
import { openTurn } from '../../src/turn/open-turn.ts';
import { PortBlock } from '../end-to-end/port-block.ts';

async function open(record: Record<string, string>) {
  const { turn, webrtc } = await readConfig(record);
  return openTurn(turn, webrtc, pino({ enabled: false }));
}

t.test('off, or without WebRTC: nothing', async (t) => {
  for (const name of ['SHOAL_TURN=off', 'FJ_WEBRTC_USED=false']) {
    const turn = await open(Object.fromEntries([name.split('=')]));
    t.same(turn.entriesFor('p'), []);
    await turn.close();
  }
});

t.test('external', async (t) => {
  const turn = await open({ SHOAL_TURN_URLS: 'turn:turn.example.com', SHOAL_TURN_SECRET: 'hush' });
  t.match(turn.entriesFor('p'), [{ serverAddr: 'turn.example.com', serverPort: 3478, transport: 'udp' }]);
  await turn.close();
});

t.test('embedded, in the published range', async (t) => {
  const { udpPort, tcpPort } = (await PortBlock.claim(t)).turn;
  const turn = await open({
    FJ_WEBRTC_TURN_PORT_RANGE: `${udpPort}-${udpPort + 59}`,
    FJ_WEBRTC_TURN_TCP_PORT: String(tcpPort),
  });
  t.teardown(() => turn.close());
  t.match(turn.entriesFor('p'), [
    { serverAddr: '127.0.0.1', serverPort: udpPort, transport: 'udp' },
    { serverAddr: '127.0.0.1', serverPort: tcpPort, transport: 'tcp' },
  ]);
});
