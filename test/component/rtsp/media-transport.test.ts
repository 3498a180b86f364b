import t from 'tap';
import { parseTransport } from '../../../src/component/rtsp/media-transport.ts';

t.test('the responses of servers to SETUP are read', async (t) => {
  t.same(parseTransport('RTP/AVP;unicast;client_port=20000-20001;server_port=6970-6971;source=192.0.2.7;ssrc=1'), {
    tcp: false,
    serverPort: [6970, 6971],
    source: '192.0.2.7',
  });
  t.same(parseTransport('RTP/AVP/TCP; Interleaved=2-3'), { tcp: true, interleaved: [2, 3] });
  t.same(parseTransport('RTP/AVP;unicast;interleaved=0-1'), { tcp: true, interleaved: [0, 1] });
  t.same(parseTransport('RTP/AVP/UDP;server_port=6970').serverPort, [6970, 6971]);
});

t.test('numbers out of range count as missing', async (t) => {
  for (const ports of ['-1-0', '0-1', '65535-65536', '65535', '1-99999999999', 'x', '']) {
    t.same(parseTransport(`RTP/AVP;server_port=${ports}`), { tcp: false }, ports);
  }
  t.same(parseTransport('RTP/AVP/TCP;interleaved=255-256'), { tcp: true });
  t.same(parseTransport(''), { tcp: false });
});
