import { Decoder } from '@evan/opus';
import type { Test } from 'tap';
import type { NegotiatedMedia, PhoneCodec } from '../../../../src/component/sip/media/negotiated-media.ts';
import { decodeG711, encodeG711 } from '../../../../src/media/g711.ts';
import { parseRtp, serializeRtp } from '../../../../src/media/rtp/rtp-packet.ts';
import { type Sound, sine } from '../../../tone.ts';
import { PacketSocket } from '../../../workers/telephony/packet-socket.ts';

const payloadTypes: Readonly<Record<PhoneCodec, number>> = { pcma: 8, pcmu: 0, opus: 96 };

/** The other end of a call: hears what the room says, and says a tone. */
export class CalledPhone {
  readonly media: NegotiatedMedia;
  readonly #socket: PacketSocket;
  #sequenceNumber = 0;

  private constructor(socket: PacketSocket, codec: PhoneCodec) {
    this.#socket = socket;
    this.media = {
      ...{ remote: { address: '127.0.0.1', port: socket.port }, rtcpMux: true, codec, packetTime: 20 },
      ...{
        payloadType: payloadTypes[codec],
        dtmfPayloadType: 101,
        dtmfClockRate: 8000,
        sending: true,
        receiving: true,
      },
    };
  }

  static async open(t: Test, codec: PhoneCodec = 'pcma'): Promise<CalledPhone> {
    return new CalledPhone(await PacketSocket.open(t), codec);
  }

  /** Waits for so many packets from now on. @returns their sound */
  async hear(count: number): Promise<Sound> {
    const { packets } = this.#socket;
    const from = packets.length;
    await this.#socket.whenReceived(from + count);
    return this.#decode(packets.slice(from));
  }

  /** Says a tone for 20 ms. @param port ours */
  async say(frequency: number, port: number): Promise<void> {
    const sequenceNumber = this.#sequenceNumber & 0xffff;
    this.#sequenceNumber += 1;
    const payload = encodeG711('pcma', sine(frequency, 20, 8000).samples);
    const { payloadType } = this.media;
    const fields = { payloadType, ssrc: 7, sequenceNumber, timestamp: sequenceNumber * 160, marker: false };
    await this.#socket.send(serializeRtp({ ...fields, payload }), port);
  }

  #decode(packets: readonly Buffer[]): Sound {
    const { codec, payloadType } = this.media;
    const parsed = packets.map((packet) => parseRtp(packet));
    const payloads = parsed.flatMap((packet) => (packet?.payloadType === payloadType ? [packet.payload] : []));
    if (codec !== 'opus') {
      return { rate: 8000, samples: Int16Array.from(payloads.flatMap((payload) => [...decodeG711(codec, payload)])) };
    }
    const decoder = new Decoder({ channels: 1, sample_rate: 48_000 });
    const parts = payloads.map((payload) => {
      const bytes = decoder.decode(payload);
      return [...new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2)];
    });
    return { rate: 48_000, samples: Int16Array.from(parts.flat()) };
  }
}
