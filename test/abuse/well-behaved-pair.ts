import type { Test } from 'tap';
import { PeerClient } from '../peer-client.ts';
import type { RunningServer } from '../running-server.ts';
import { offerText } from '../signalling/sdp/offers.ts';

/** Two peers who have a call, and must not notice what others do to the server. */
export class WellBehavedPair {
  readonly roomId: string;
  readonly sender: PeerClient;
  readonly receiver: PeerClient;
  /** Of the sender's sound. */
  readonly trackId: string;
  /** Its peer id. */
  readonly senderId: string;
  #rounds = 0;

  private constructor(roomId: string, sender: PeerClient, receiver: PeerClient, senderId: string, trackId: string) {
    this.roomId = roomId;
    this.sender = sender;
    this.receiver = receiver;
    this.senderId = senderId;
    this.trackId = trackId;
  }

  /** @param roomId of a room that others use, too. Default: a new one */
  static async meet(t: Test, server: RunningServer, roomId?: string): Promise<WellBehavedPair> {
    const room = roomId ?? (await server.createRoom());
    const [one, two] = [await server.addPeer(room), await server.addPeer(room)];
    const sender = await PeerClient.join(t, server.host, one.token);
    const receiver = await PeerClient.join(t, server.host, two.token);
    const trackId = `${one.id}:sound`;
    await sender.negotiate(sound('sendonly'), { 0: trackId });
    await receiver.saw('offerData');
    receiver.offer(sound('recvonly'));
    await receiver.saw('sdpAnswer');
    return new WellBehavedPair(room, sender, receiver, one.id, trackId);
  }

  /** The call goes on: both sockets are open, and what one says the other hears, and nothing else. */
  async goesOn(t: Test): Promise<void> {
    this.#rounds += 1;
    const round = this.#rounds;
    this.sender.event('updateTrackMetadata', { trackId: this.trackId, trackMetadata: { round } });
    const { data } = await this.receiver.saw('trackUpdated', round);
    t.strictSame(data, { endpointId: this.senderId, trackId: this.trackId, metadata: { round } }, 'others go on');
  }
}

function sound(direction: 'sendonly' | 'recvonly'): string {
  const lines = direction === 'sendonly' ? ['a=ssrc:1 cname:x'] : [];
  return offerText([{ mid: '0', kind: 'audio', direction, lines }]);
}
