import type { Test } from 'tap';
import { decodeServerMessage, EventType } from '../../src/notification/server-message.ts';
import { SampleMedia } from '../component/file/sample-media.ts';
import { Baresip, type BaresipOptions, phonePorts } from '../component/sip/baresip.ts';
import { Kamailio } from '../component/sip/kamailio.ts';
import { LossyRelay } from '../component/sip/lossy-relay.ts';
import { eventually } from '../eventually.ts';
import { NotificationSocket } from '../notification-socket.ts';
import { PortBlock } from '../port-block.ts';
import { apiToken, RunningServer } from '../running-server.ts';
import { TonePeer } from './tone-peer.ts';

/** Passwords by account. The server uses 2000 and more, telephones 1000 and more. */
const accounts = Object.fromEntries(
  ['1001', '1002', '1003', '2001', '2002', '2003', '2004'].map((user) => [user, `secret-${user}`]),
);

/** Said by a peer, and by a file, in each room, in Hz. */
export const roomTones = [440, 1200] as const;

/** From the first port of the block on: the registrar, the server, a relay, scenarios, RTP of the server, telephones. */
const firstRtpPort = 10;
const firstPhonePort = 60;

/** A call as `GET /sip/{room}/call` shows it. */
export interface ShownCall {
  readonly id: string;
  readonly componentId: string;
  readonly direction: string;
  readonly party: string;
  readonly state: string;
  readonly durationMs: number | null;
  readonly codec: string | null;
  readonly encrypted: boolean | null;
  readonly reason: string | null;
  readonly status: number | null;
}

/** A room with two participants who say tones. */
export interface TelephoneRoom {
  readonly id: string;
  readonly peer: TonePeer;
  /** Id of the File component. */
  readonly file: string;
}

/** The whole server, a registrar, and telephones. */
export class Telephones {
  readonly server: RunningServer;
  readonly kamailio: Kamailio;
  /** Subscribed to the events of calls, too. */
  readonly backend: NotificationSocket;
  readonly relay: LossyRelay | undefined;
  /** The server's ports. */
  readonly ports: PortBlock;
  readonly #t: Pick<Test, 'teardown'>;
  readonly #phones: Baresip[] = [];

  private constructor(
    t: Pick<Test, 'teardown'>,
    parts: Pick<Telephones, 'server' | 'kamailio' | 'relay' | 'backend' | 'ports'>,
  ) {
    this.#t = t;
    this.server = parts.server;
    this.kamailio = parts.kamailio;
    this.relay = parts.relay;
    this.backend = parts.backend;
    this.ports = parts.ports;
  }

  /** @param variables of the server @param relayed whether the registrar is behind a relay that can lose datagrams */
  static async start(
    t: Pick<Test, 'teardown'>,
    variables: Record<string, string> = {},
    relayed = false,
  ): Promise<Telephones> {
    const ports = await PortBlock.claim(t);
    const { min } = ports;
    const kamailio = await Kamailio.start(t, { port: min, accounts, ...(relayed && { advertised: min + 3 }) });
    const relay = relayed ? await LossyRelay.open(t, { port: min + 3, target: min }) : undefined;
    const server = await RunningServer.start(t, {
      ...{ FJ_COMPONENTS_USED: 'sip file', FJ_SIP_IP: '127.0.0.1' },
      ...{
        SHOAL_SIP_RTP_PORT_RANGE: `${min + firstRtpPort}-${min + firstPhonePort - 1}`,
        SHOAL_SIP_VERIFY_TLS: 'false',
      },
      ...variables,
    });
    const types = [EventType.SERVER_NOTIFICATION, EventType.SIP];
    const backend = await NotificationSocket.open(t, server.host, apiToken, types);
    const media = await SampleMedia.at(server.config.resourcesBasePath);
    const tone = ['-f', 'lavfi', '-i', `aevalsrc=0.3*sin(2*PI*${roomTones[1]}*t):s=48000`, '-t', '60'];
    await media.other('tone.ogg', [
      ...tone,
      '-ac',
      '2',
      '-c:a',
      'libopus',
      '-b:a',
      '64k',
      '-compression_level',
      '0',
      '-frame_duration',
      '20',
    ]);
    return new Telephones(t, { server, kamailio, relay, backend, ports });
  }

  /** SIP port of the server. */
  get sipPort(): number {
    const opened = this.server.log.find(({ message }) => message === 'The SIP port is open.');
    return Number(opened?.metadata['port']);
  }

  /** Where accounts are registered over UDP: the registrar, or the relay in front of it. */
  get address(): string {
    return `127.0.0.1:${this.ports.min + (this.relay ? 3 : 0)}`;
  }

  /** One of five for a scenario of sipp. */
  strangerPort(index: number): number {
    return this.ports.min + 4 + index;
  }

  async openRoom(): Promise<TelephoneRoom> {
    const id = await this.server.createRoom();
    const peer = await TonePeer.join(this.#t, this.server, id, roomTones[0]);
    const file = await this.add(id, 'file', { filePath: 'tone.ogg' });
    await this.backend.saw(id, 'TrackAdded', 2);
    return { id, peer, file };
  }

  /** Ends a room, so that it costs nothing any more. */
  async endRoom({ id, peer }: TelephoneRoom): Promise<void> {
    await peer.close();
    await this.server.delete(`/room/${id}`);
  }

  /** Switches a telephone on. */
  async phone(user: string, options: Partial<BaresipOptions> = {}): Promise<Baresip> {
    // ports of a telephone that is off are used again
    const off = this.#phones.findIndex((phone) => !phone.running);
    const slot = off < 0 ? this.#phones.length : off;
    const port = this.ports.min + firstPhonePort + phonePorts * slot;
    if (port + phonePorts > this.ports.max) throw new Error('There are too many telephones.');
    const secure = options.transport === 'tls';
    const registrar = secure ? `127.0.0.1:${this.kamailio.tlsPort}` : this.kamailio.address;
    const phone = await Baresip.start(this.#t, { user, password: accounts[user] ?? '', registrar, port, ...options });
    this.#phones[slot] = phone;
    return phone;
  }

  /** Adds a SIP component, and waits until its account is registered. @returns its id */
  async register(roomId: string, user: string, options: Record<string, unknown> = {}): Promise<string> {
    const id = await this.addAccount(roomId, user, options);
    await eventually(`${user} is registered`, async () => {
      const { json } = await this.server.ask('GET', `/sip/${roomId}/${id}/call`);
      return json.data.registration.state === 'registered';
    });
    return id;
  }

  /** Adds a SIP component. @param options `address` and `password` in place of the right ones, and options of the component */
  async addAccount(roomId: string, user: string, options: Record<string, unknown> = {}): Promise<string> {
    const { address = this.address, password = accounts[user], ...others } = options;
    return await this.add(roomId, 'sip', { registrarCredentials: { address, username: user, password }, ...others });
  }

  async add(roomId: string, type: string, options: Record<string, unknown>): Promise<string> {
    const { status, json } = await this.server.ask('POST', `/room/${roomId}/component`, { type, options });
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(json)}`);
    return json.data.id;
  }

  /** `POST /sip/{room}/{component}/call`. */
  async dial(roomId: string, componentId: string, phoneNumber: string): Promise<void> {
    const response = await fetch(`http://${this.server.host}/sip/${roomId}/${componentId}/call`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ phoneNumber }),
    });
    const text = await response.text();
    if (response.status !== 201) throw new Error(`${response.status} ${text}`);
  }

  async hangUp(roomId: string, componentId: string): Promise<void> {
    await this.server.delete(`/sip/${roomId}/${componentId}/call`);
  }

  /** Calls of a room, ended ones included. */
  async calls(roomId: string): Promise<ShownCall[]> {
    return (await this.server.ask('GET', `/sip/${roomId}/call`)).json.data;
  }

  /** Waits until the call of a component is in a state. @throws when it ends before */
  async reaches(roomId: string, componentId: string, state: string): Promise<ShownCall> {
    let call: ShownCall | undefined;
    await eventually(`a call is ${state}`, async () => {
      call = (await this.calls(roomId)).find((each) => each.componentId === componentId);
      return call?.state === state || call?.state === 'ended';
    });
    if (call?.state !== state) throw new Error(`It is not ${state}: ${JSON.stringify(call)}`);
    return call;
  }

  /** States that the backend was told of, in order, with the reason of the end. */
  toldStates(componentId: string): string[] {
    return this.backend.frames.flatMap((frame) => {
      const { content } = decodeServerMessage(frame);
      if (content.case !== 'callChanged' || content.value.componentId !== componentId) return [];
      const { state, reason } = content.value;
      return [reason === '' ? state : `${state}: ${reason}`];
    });
  }

  /** Keys that the backend was told of, in order. */
  toldDigits(componentId: string): string {
    const digits = this.backend.frames.map((frame) => {
      const { content } = decodeServerMessage(frame);
      return content.case === 'dtmfReceived' && content.value.componentId === componentId ? content.value.digit : '';
    });
    return digits.join('');
  }

  /** Waits until a component is out of its room. */
  async leaves(roomId: string, componentId: string): Promise<void> {
    await eventually('the component leaves', async () => {
      const { components } = await this.server.room(roomId);
      return components.every(({ id }: { id: string }) => id !== componentId);
    });
  }
}
