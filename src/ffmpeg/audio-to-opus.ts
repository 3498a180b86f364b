import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import type { Logger } from '../log/logger.ts';
import { parseRtp, timestampDistance } from '../media/rtp/rtp-packet.ts';
import { standardBackoff } from '../process/restart-policy.ts';
import { SupervisedProcess } from '../process/supervised-process.ts';

export interface AudioToOpusEvents {
  /** @param position start of the packet, in samples of 48 kHz since the first byte after the start or `restarted` */
  packet: [payload: Buffer, position: number];
  /** ffmpeg was restarted: positions start at 0 again. */
  restarted: [];
}

const loopback = '127.0.0.1';
const payloadType = 97;
/** Maximum number of bytes that wait for ffmpeg; more is dropped. */
const maxPending = 1024 * 1024;

/** Transcodes audio to Opus packets of 20 ms with ffmpeg, with a delay of 35 to 130 ms. */
export class AudioToOpus {
  readonly observer = new EventEmitter<AudioToOpusEvents>();
  readonly #socket: Socket;
  readonly #process: SupervisedProcess;
  #last: number | undefined;
  #position = 0;
  #closing: Promise<void> | undefined;

  private constructor(input: readonly string[], socket: Socket, logger: Logger) {
    this.#socket = socket;
    this.#process = new SupervisedProcess({
      name: 'audio-to-opus',
      program: 'ffmpeg',
      args: command(input, socket.address().port),
      logger,
      stdin: 'pipe',
      stdout: 'ignore',
      restart: standardBackoff,
      // it has nothing to finish
      stopSignal: 'SIGKILL',
    });
    this.#process.on('exited', () => {
      this.#last = undefined;
      this.#position = 0;
      this.observer.emit('restarted');
    });
    socket.on('message', (datagram, from) => this.#receive(datagram, from));
  }

  /**
   * Starts the transcoder.
   * @param input what ffmpeg needs to know of the format, such as `-f aac`
   * @throws ProcessError when ffmpeg cannot be started
   */
  static async open(input: readonly string[], logger: Logger): Promise<AudioToOpus> {
    const socket = createSocket('udp4');
    socket.bind(0, loopback);
    await once(socket, 'listening');
    const opened = new AudioToOpus(input, socket, logger);
    try {
      await opened.#process.start();
    } catch (error) {
      await opened.close();
      throw error;
    }
    return opened;
  }

  /** Writes bytes of the format. @returns false when they were dropped, because too much waits or ffmpeg is being restarted */
  write(data: Buffer): boolean {
    const { stdin } = this.#process;
    if (!stdin?.writable || stdin.writableLength > maxPending) return false;
    stdin.write(data);
    return true;
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #receive(datagram: Buffer, { address }: RemoteInfo): void {
    const packet = address === loopback && !this.#closing ? parseRtp(datagram) : undefined;
    if (packet?.payloadType !== payloadType) return;
    this.#position += timestampDistance(this.#last ?? packet.timestamp, packet.timestamp);
    this.#last = packet.timestamp;
    this.observer.emit('packet', packet.payload, this.#position);
  }

  async #close(): Promise<void> {
    await this.#process.close();
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

/** RTCP goes to the same port, where it is ignored: another program may listen on the next one. */
function command(input: readonly string[], port: number): string[] {
  const probing = ['-fflags', 'nobuffer', '-probesize', '32', '-analyzeduration', '0'];
  const source = ['-nostdin', ...probing, ...input, '-i', 'pipe:0'];
  const opus = ['-c:a', 'libopus', '-ac', '2', '-ar', '48000', '-b:a', '64k', '-application', 'lowdelay'];
  const output = ['-frame_duration', '20', '-flush_packets', '1', '-f', 'rtp', '-payload_type', String(payloadType)];
  const url = `rtp://${loopback}:${port}?pkt_size=1200&rtcpport=${port}`;
  return ['-hide_banner', '-loglevel', 'warning', ...source, ...opus, ...output, url];
}
