import t from 'tap';
import { Vp8RtpPayload } from 'werift';
import { payloadLimit } from '../../../src/media/rtp/h264-packetizer.ts';
import { isVp8Keyframe, packetizeVp8 } from '../../../src/media/rtp/vp8-packetizer.ts';

t.test('another implementation reassembles the frame', async (t) => {
  for (const length of [1, payloadLimit - 1, payloadLimit, 5000]) {
    const picture = Buffer.alloc(length, 0x9c);
    const payloads = packetizeVp8(picture);
    t.ok(payloads.every((payload) => payload.length <= payloadLimit));
    const read = payloads.map((payload) => Vp8RtpPayload.deSerialize(payload));
    t.same(Buffer.concat(read.map(({ payload }) => payload)), picture);
    t.same(
      read.map(({ sBit }) => sBit),
      payloads.map((_, index) => (index === 0 ? 1 : 0)),
    );
  }
});

t.test('keyframes are recognised', async (t) => {
  t.ok(isVp8Keyframe(Buffer.from([0x10])));
  t.notOk(isVp8Keyframe(Buffer.from([0x11])));
  t.notOk(isVp8Keyframe(Buffer.alloc(0)));
});
