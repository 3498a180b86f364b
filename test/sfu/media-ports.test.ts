import t from 'tap';
import { PeerClient } from '../peer-client.ts';
import { PortBlock } from '../port-block.ts';
import { RunningServer } from '../running-server.ts';
import { offerText } from '../signalling/sdp/offers.ts';

const audio = offerText([{ mid: '0', kind: 'audio', direction: 'sendonly', lines: ['a=ssrc:1 cname:x'] }]);

t.test('a peer for which no media port is free is told, and so is its backend', async (t) => {
  const { min } = await PortBlock.claim(t);
  const ports = { FJ_WEBRTC_TURN_PORT_RANGE: `${min + 1}-${min + 2}`, FJ_WEBRTC_TURN_TCP_PORT: undefined };
  const server = await RunningServer.start(t, { SHOAL_TURN: 'off', ...ports });
  const backend = await server.subscribe();
  const roomId = await server.createRoom();
  const join = async () => await PeerClient.join(t, server.host, (await server.addPeer(roomId)).token);
  const [first, second] = [await join(), await join()];
  for (const [index, peer] of [first, second].entries()) await peer.negotiate(audio, { 0: `audio-${index}` });

  const third = await join();
  t.same(await third.closed, { code: 1011, reason: 'No media port is free' });
  const notifications = await backend.saw(roomId, 'PeerCrashed');
  t.match(notifications.at(-1), { reason: 'No media port is free' });

  first.socket.close();
  await first.closed;
  const fourth = await join();
  await fourth.negotiate(audio, { 0: 'audio-4' });
  t.equal((await server.room(roomId)).peers.length, 3, 'with the port of one that left another one connects');
});
