import { pino } from 'pino';
import t from 'tap';
import { readConfig } from '../../src/config/config.ts';
import { openTurn } from '../../src/turn/open-turn.ts';
import { PortBlock } from '../port-block.ts';

async function open(record: Record<string, string>) {
  const { turn, webrtc } = await readConfig(record);
  return openTurn(turn, webrtc, pino({ enabled: false }));
}

t.test('TURN that is off, or without WebRTC, has no entries', async (t) => {
  for (const name of ['SHOAL_TURN=off', 'FJ_WEBRTC_USED=false']) {
    const turn = await open(Object.fromEntries([name.split('=')]));
    t.same(turn.entriesFor('p'), []);
    await turn.close();
  }
});

t.test('external servers are offered as configured', async (t) => {
  const turn = await open({ SHOAL_TURN_URLS: 'turn:turn.example.com', SHOAL_TURN_SECRET: 'hush' });
  t.match(turn.entriesFor('p'), [{ serverAddr: 'turn.example.com', serverPort: 3478, transport: 'udp' }]);
  await turn.close();
});

t.test('the embedded server listens in the published port range', async (t) => {
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
