import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import type { Logger } from '../log/logger.ts';
import { type AacConfig, toAdts } from '../media/aac-config.ts';
import { parseRtp, timestampDistance } from '../media/rtp/rtp-packet.ts';
import { standardBackoff } from '../process/restart-policy.ts';
import { SupervisedProcess } from '../process/supervised-process.ts';

export interface AacToOpusEvents {
  /** @param position start of the packet, in samples of 48 kHz since the first access unit after the start or `restarted` */
  packet: [payload: Buffer, position: number];
  /** ffmpeg was restarted: positions start at 0 again. */
  restarted: [];
}

const loopback = '127.0.0.1';
const payloadType = 97;
/** Maximum number of bytes that wait for ffmpeg, about ten seconds; more is dropped. */
const maxPending = 256 * 1024;

/** Transcodes AAC to Opus packets of 20 ms with ffmpeg, with a delay of about 35 ms. */
export class AacToOpus {
  readonly observer = new EventEmitter<AacToOpusEvents>();
  readonly #config: AacConfig;
  readonly #socket: Socket;
  readonly #process: SupervisedProcess;
  #last: number | undefined;
  #position = 0;
  #closing: Promise<void> | undefined;

  private constructor(config: AacConfig, socket: Socket, logger: Logger) {
    this.#config = config;
    this.#socket = socket;
    this.#process = new SupervisedProcess({
      name: 'aac-to-opus',
      program: 'ffmpeg',
      args: command(socket.address().port),
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

  /** Starts the transcoder. @throws ProcessError when ffmpeg cannot be started */
  static async open(config: AacConfig, logger: Logger): Promise<AacToOpus> {
    const socket = createSocket('udp4');
    socket.bind(0, loopback);
    await once(socket, 'listening');
    const opened = new AacToOpus(config, socket, logger);
    try {
      await opened.#process.start();
    } catch (error) {
      await opened.close();
      throw error;
    }
    return opened;
  }

  /** Writes an access unit. @returns false when it was dropped, because too much waits or ffmpeg is being restarted */
  write(unit: Buffer): boolean {
    const frame = toAdts(this.#config, unit);
    const { stdin } = this.#process;
    if (!frame || !stdin?.writable || stdin.writableLength > maxPending) return false;
    stdin.write(frame);
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
function command(port: number): string[] {
  const probing = ['-fflags', 'nobuffer', '-probesize', '32', '-analyzeduration', '0'];
  const input = ['-nostdin', ...probing, '-f', 'aac', '-i', 'pipe:0'];
  const opus = ['-c:a', 'libopus', '-ac', '2', '-ar', '48000', '-b:a', '64k', '-application', 'lowdelay'];
  const output = ['-frame_duration', '20', '-flush_packets', '1', '-f', 'rtp', '-payload_type', String(payloadType)];
  const url = `rtp://${loopback}:${port}?pkt_size=1200&rtcpport=${port}`;
  return ['-hide_banner', '-loglevel', 'warning', ...input, ...opus, ...output, url];
}
