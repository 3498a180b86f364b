import { EventEmitter, once } from 'node:events';
import { pause } from '../../clock/pause.ts';
import { parseRtp, type RtpPacket } from '../../media/rtp/rtp-packet.ts';
import { AuthenticatedRequests } from './authenticated-requests.ts';
import { baseUrl, controlUrl } from './control-url.ts';
import { KeepAlive, type KeepAliveMethod } from './keep-alive.ts';
import type { MediaTransport, PacketListener } from './media-transport.ts';
import type { PortWish } from './port-pair.ts';
import { RtspConnection, type RtspConnectionOptions } from './rtsp-connection.ts';
import { RtspError } from './rtsp-error.ts';
import type { RtspResponse } from './rtsp-message.ts';
import { parseDescription, type SourceDescription, type SourceTrack, type UnsupportedStream } from './sdp.ts';
import { redirected, type SourceAddress } from './source-address.ts';
import { TcpTransport } from './tcp-transport.ts';
import { UdpTransport } from './udp-transport.ts';

export interface RtspSessionOptions extends RtspConnectionOptions {
  readonly address: SourceAddress;
  /** Port pair of the first track; the second uses the next pair. */
  readonly port: PortWish;
  /** In ms; 0: only as often as the session requires. */
  readonly keepAliveInterval: number;
  readonly pierceNat: boolean;
  /** Whether UDP is not tried. */
  readonly overTcp: boolean;
  /** SSRC of our reports. */
  readonly ssrc: number;
  readonly signal: AbortSignal;
}

export interface SessionTrack {
  readonly track: SourceTrack;
  readonly transport: MediaTransport;
}

interface SessionEvents {
  rtp: [track: SourceTrack, packet: RtpPacket];
  rtcp: [track: SourceTrack, data: Buffer];
  /** Emitted once, with the reason of the end. */
  ended: [RtspError];
}

const maxRedirects = 3;
/** Time without RTP after which the session ends, in ms. */
const silenceMs = 5000;
const teardownMs = 500;
/** Minimum interval of keep-alive requests, in ms. */
const minKeepAliveMs = 200;
/** Session timeout when the server gives none, in seconds (RFC 2326 12.37). */
const standardTimeout = 60;

/** An RTSP session with a source, from DESCRIBE to TEARDOWN. */
export class RtspSession {
  readonly observer = new EventEmitter<SessionEvents>();
  readonly tracks: SessionTrack[] = [];
  readonly #options: RtspSessionOptions;
  readonly #connection: RtspConnection;
  readonly #requests: AuthenticatedRequests;
  readonly #url: string;
  #aggregate = '';
  #keepAliveMethod: KeepAliveMethod = 'OPTIONS';
  #unsupported: readonly UnsupportedStream[] = [];
  #id: string | undefined;
  #timeout = standardTimeout;
  #keepAlive: KeepAlive | undefined;
  #cancelSilence: (() => void) | undefined;
  #lastPacketAt = 0;
  #received = false;
  #failure: RtspError | undefined;
  #closing: Promise<void> | undefined;

  private constructor(connection: RtspConnection, address: SourceAddress, options: RtspSessionOptions) {
    this.#options = options;
    this.#connection = connection;
    this.#requests = new AuthenticatedRequests(connection, address.credentials);
    this.#url = address.url;
    connection.observer.once('closed', (failure) => this.#end(failure));
  }

  /**
   * Connects and sets up the tracks. Packets come after {@link play}.
   * @throws RtspError
   */
  static async open(options: RtspSessionOptions): Promise<RtspSession> {
    let address = options.address;
    for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
      const connection = await RtspConnection.open(address, options, options.signal);
      const session = new RtspSession(connection, address, options);
      const abort = () => void connection.close();
      options.signal.addEventListener('abort', abort, { once: true });
      try {
        const response = await session.#describe();
        if (response.status < 300) {
          await session.#setUp(response);
          return session;
        }
        address = redirected(address, response.headers.get('location'));
      } catch (error) {
        await session.close();
        throw error;
      } finally {
        options.signal.removeEventListener('abort', abort);
      }
      await session.close();
    }
    throw new RtspError('redirected');
  }

  /** Streams of the source that cannot be received. */
  get unsupported(): readonly UnsupportedStream[] {
    return this.#unsupported;
  }

  /** Whether any media has been received. */
  get received(): boolean {
    return this.#received;
  }

  /** The reason of the end, once it has ended. */
  get failure(): RtspError | undefined {
    return this.#failure;
  }

  /** Sends PLAY. @throws RtspError */
  async play(): Promise<void> {
    const response = await this.#send('PLAY', this.#aggregate, { Range: 'npt=0.000-' });
    if (response.status !== 200) throw failureOf(response);
    if (this.#failure) throw this.#failure;
    this.#lastPacketAt = this.#options.clock.monotonic();
    this.#watchSilence();
    this.#keepAlive = this.#startKeepAlive();
  }

  /** Waits for the end. @returns its reason */
  async ended(): Promise<RtspError> {
    if (this.#failure) return this.#failure;
    const [failure] = await once(this.observer, 'ended');
    return failure;
  }

  /** Ends the session for a reason of the caller. */
  fail(failure: RtspError): void {
    this.#end(failure);
  }

  /** Sends TEARDOWN if the connection is open. Resolves when all sockets are closed. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #describe(): Promise<RtspResponse> {
    const options = await this.#requests.send('OPTIONS', this.#url);
    const methods = options.headers.all('public').join(',').toUpperCase();
    if (/\bGET_PARAMETER\b/.test(methods)) this.#keepAliveMethod = 'GET_PARAMETER';
    const response = await this.#requests.send('DESCRIBE', this.#url, { Accept: 'application/sdp' });
    if (response.status >= 400 || response.status < 200) throw failureOf(response);
    return response;
  }

  async #setUp({ headers, body }: RtspResponse): Promise<void> {
    const description: SourceDescription = parseDescription(body.toString('utf8'));
    this.#unsupported = description.unsupported;
    const base = baseUrl(headers, this.#url);
    this.#aggregate = controlUrl(base, description.control);
    for (const track of [description.video, description.audio]) {
      if (track) await this.#setUpTrack(track, controlUrl(base, track.control));
    }
  }

  /** Uses UDP, or interleaved TCP when the server refuses UDP; the second track uses the transport of the first. */
  async #setUpTrack(track: SourceTrack, url: string): Promise<void> {
    const [first] = this.tracks;
    if (!this.#options.overTcp && !(first?.transport instanceof TcpTransport)) {
      const udp = await this.#openUdp(track);
      const response = await this.#trySetUp(udp, track, url);
      if (response.status === 200) return this.#finishSetUp(udp, response);
      if (response.status !== 461 || first) throw failureOf(response);
      await this.#drop(udp);
    }
    const tcp = new TcpTransport(this.#connection, this.tracks.length, this.#listener(track));
    const response = await this.#trySetUp(tcp, track, url);
    if (response.status !== 200) throw failureOf(response);
    this.#finishSetUp(tcp, response);
  }

  #openUdp(track: SourceTrack): Promise<UdpTransport> {
    const { port, ssrc } = this.#options;
    // only the port of the first track can be configured
    const wish = this.tracks.length === 0 ? port : { port: port.port + 2, exact: false };
    return UdpTransport.open(wish, this.#connection.remoteAddress, ssrc, this.#listener(track));
  }

  async #trySetUp(transport: MediaTransport, track: SourceTrack, url: string): Promise<RtspResponse> {
    this.tracks.push({ track, transport });
    return await this.#send('SETUP', url, { Transport: transport.header });
  }

  #finishSetUp(transport: MediaTransport, { headers }: RtspResponse): void {
    transport.accept(headers.get('transport'));
    if (this.#options.pierceNat) transport.pierce();
    this.#useSession(headers.get('session'));
  }

  /** Some servers have one session for each connection, without a name. */
  #useSession(header: string | undefined): void {
    if (header === undefined) return;
    const [id = '', ...parameters] = header.split(';');
    // it is sent in every request
    if (!/^[\x21-\x7e]{1,200}$/.test(id.trim())) throw new RtspError('invalid_response');
    this.#id = id.trim();
    const timeout = /^\s*timeout\s*=\s*(\d{1,6})\s*$/i.exec(
      parameters.find((each) => /timeout/i.test(each)) ?? '',
    )?.[1];
    if (timeout !== undefined) this.#timeout = Math.max(Number(timeout), 2);
  }

  async #drop(transport: MediaTransport): Promise<void> {
    this.tracks.pop();
    await transport.close();
  }

  #send(method: string, url: string, headers: Readonly<Record<string, string>> = {}): Promise<RtspResponse> {
    return this.#requests.send(method, url, { ...headers, ...(this.#id !== undefined && { Session: this.#id }) });
  }

  #listener(track: SourceTrack): PacketListener {
    return {
      rtp: (data) => {
        const packet = this.#failure ? undefined : parseRtp(data);
        if (packet?.payloadType !== track.payloadType) return;
        this.#received = true;
        this.#lastPacketAt = this.#options.clock.monotonic();
        this.observer.emit('rtp', track, packet);
      },
      rtcp: (data) => {
        if (!this.#failure) this.observer.emit('rtcp', track, data);
      },
    };
  }

  #watchSilence(): void {
    const { clock } = this.#options;
    const left = this.#lastPacketAt + silenceMs - clock.monotonic();
    if (left <= 0) return this.#end(new RtspError('rtp_timeout'));
    this.#cancelSilence = clock.schedule(left, () => this.#watchSilence());
  }

  #startKeepAlive(): KeepAlive {
    const { clock, keepAliveInterval } = this.#options;
    const needed = this.#timeout * 450;
    const interval = keepAliveInterval > 0 ? Math.min(keepAliveInterval, needed) : needed;
    return new KeepAlive({
      clock,
      interval: Math.max(interval, minKeepAliveMs),
      method: this.#keepAliveMethod,
      send: (method) => this.#sendKeepAlive(method),
      // some cameras say so and go on sending; when they stop, the silence ends the session
      onForgotten: () => this.#received || this.#end(new RtspError('closed', 454)),
    });
  }

  async #sendKeepAlive(method: KeepAliveMethod): Promise<number> {
    if (this.#options.pierceNat) for (const { transport } of this.tracks) transport.pierce();
    return (await this.#send(method, this.#aggregate)).status;
  }

  #end(failure: RtspError): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#cancelSilence?.();
    this.#keepAlive?.close();
    this.observer.emit('ended', failure);
  }

  async #close(): Promise<void> {
    this.#end(new RtspError('closed'));
    if (this.#id !== undefined && !this.#connection.closed) await this.#tearDown();
    await Promise.all(this.tracks.map(({ transport }) => transport.close()));
    await this.#connection.close();
  }

  async #tearDown(): Promise<void> {
    const done = new AbortController();
    const abort = () => done.abort();
    this.#send('TEARDOWN', this.#aggregate).then(abort, abort);
    await pause(this.#options.clock, teardownMs, done.signal);
  }
}

function failureOf({ status }: RtspResponse): RtspError {
  if (status === 404) return new RtspError('not_found', status);
  if (status === 461) return new RtspError('unsupported_transport', status);
  return new RtspError('refused', status);
}
