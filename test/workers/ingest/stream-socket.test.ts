import { createSocket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import t from 'tap';
import { toNtpTime, writeSenderReport } from '../../../src/media/rtp/rtcp.ts';
import { serializeRtp } from '../../../src/media/rtp/rtp-packet.ts';
import { StreamSocket } from '../../../workers/ingest/stream-socket.ts';
import { HeldClock } from '../../clock/held-clock.ts';

/** Sequence number of the packet that ends the test. */
const last = 6;
const stream = { mimeType: 'video/H264', payloadType: 96, ssrc: 11, rtxPayloadType: 97, rtxSsrc: 12 } as const;

t.test('only packets of the stream and its retransmissions pass', async (t) => {
  const seen: string[] = [];
  const events = new EventEmitter<{ last: [] }>();
  const clock = new HeldClock(77);
  const socket = new StreamSocket({
    ...{ stream, clock, delay: 100 },
    onPacket: ({ packet, at }) => {
      seen.push(`${packet.ssrc} ${packet.payloadType} ${packet.sequenceNumber} at ${at}`);
      if (packet.sequenceNumber === last) events.emit('last');
    },
  });
  t.teardown(() => socket.close());
  const port = await socket.listen();
  const sender = createSocket('udp4');
  t.teardown(() => sender.close());
  const rtp = (ssrc: number, payloadType: number, sequenceNumber: number, payload = Buffer.from([0, 5, 9])) =>
    sender.send(
      serializeRtp({ ssrc, payloadType, sequenceNumber, timestamp: 0, marker: false, payload }),
      port,
      '127.0.0.1',
    );
  const report = (ssrc: number, rtpTimestamp: number) =>
    sender.send(
      writeSenderReport({ ssrc, rtpTimestamp, ntpTime: toNtpTime(0), packetCount: 0, octetCount: 0 }),
      port,
      '127.0.0.1',
    );
  rtp(11, 96, 4);
  rtp(1234, 127, 2);
  rtp(11, 127, 3);
  rtp(1234, 96, 4);
  rtp(12, 97, 500);
  rtp(12, 97, 501, Buffer.alloc(0));
  rtp(12, 96, 502);
  sender.send(Buffer.from([1, 2, 3]), port, '127.0.0.1');
  report(1234, 1);
  report(11, 2);
  const arrived = once(events, 'last');
  rtp(11, 96, last);
  await arrived;
  t.same(seen, ['11 96 4 at 77', '11 96 5 at 77', `11 96 ${last} at 77`]);
});
