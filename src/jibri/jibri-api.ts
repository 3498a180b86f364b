import type { JibriConfig } from '../config/jibri.ts';
import type { Recorders } from '../recorder/recorders.ts';
import type { Slot } from '../recorder/slot.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { callRoomName } from './call-name.ts';
import { requestedSession } from './requested-session.ts';
import { missingParameter, readStartRequest, type StartRequest } from './start-request.ts';
import { healthBody } from './status-body.ts';

/** A response of the facade. */
export interface JibriResponse {
  readonly status: number;
  readonly contentType?: string;
  /** Empty unless given. */
  readonly body?: string;
  /** To be done when the response is out. */
  readonly afterwards?: () => void;
}

/** A slot under its addresses; `room` when it belongs to one. */
export interface SlotAddress {
  readonly slot: Slot;
  readonly room?: Room<RoomRouter>;
}

const text = 'text/plain; charset=UTF-8';
const refused = (body: string): JibriResponse => ({ status: 412, contentType: text, body });

type Route = (address: SlotAddress, body: string) => JibriResponse | Promise<JibriResponse>;

/** What orchestrators ask of a slot: docs/contracts/jibri.md 2 and 3. */
export class JibriApi {
  readonly #recorders: Recorders;
  readonly #config: JibriConfig;
  readonly #external: Readonly<Record<string, readonly [method: string, route: Route]>> = {
    health: ['GET', ({ slot }) => ({ status: 200, contentType: 'application/json', body: healthBody(slot.status) })],
    startService: ['POST', (address, body) => this.#start(address, body)],
    stopService: ['POST', async ({ slot }) => slot.stop().then(() => ({ status: 200 }))],
  };
  readonly #internal: Readonly<Record<string, readonly [method: string, route: Route]>> = {
    notifyConfigChanged: ['POST', ({ slot }) => ({ status: 200, afterwards: () => slot.whenIdle('renew') })],
    gracefulShutdown: ['POST', ({ slot }) => ({ status: 200, afterwards: () => slot.whenIdle('expire') })],
    shutdown: ['POST', ({ slot }) => ({ status: 200, afterwards: () => shutDown(slot) })],
  };

  constructor(recorders: Recorders, config: JibriConfig) {
    this.#recorders = recorders;
    this.#config = config;
  }

  /** @param name what follows the base path */
  async external(address: SlotAddress, method: string, name: string, body: string): Promise<JibriResponse> {
    return await respond(this.#external, address, method, name, body);
  }

  /** @param name what follows the base path */
  async internal(address: SlotAddress, method: string, name: string, body: string): Promise<JibriResponse> {
    return await respond(this.#internal, address, method, name, body);
  }

  /** In the order of docs/contracts/jibri.md 2.3. */
  #start({ slot, room }: SlotAddress, body: string): JibriResponse {
    const request = readStartRequest(body);
    if (!request) return { status: 500 };
    const missing = missingParameter(request, this.#config.callLoginRequired);
    if (missing !== undefined) return refused(missing);
    if (room && !isCallOf(room, request)) return refused('Call does not match');
    const accepted = this.#recorders.start(slot, requestedSession(request, room, this.#config));
    return accepted ? { status: 200 } : refused('Jibri is currently busy');
  }
}

async function respond(
  routes: Readonly<Record<string, readonly [string, Route]>>,
  address: SlotAddress,
  method: string,
  name: string,
  body: string,
): Promise<JibriResponse> {
  const entry = Object.hasOwn(routes, name) ? routes[name] : undefined;
  if (!entry) return { status: 404 };
  const [expected, route] = entry;
  return method === expected ? await route(address, body) : { status: 405 };
}

function shutDown(slot: Slot): void {
  slot.whenIdle('expire');
  void slot.stop();
}

function isCallOf(room: Room<RoomRouter>, { callParams: { callUrlInfo } }: StartRequest): boolean {
  return callUrlInfo.callName === '' || callRoomName(callUrlInfo).toLowerCase() === room.id.toLowerCase();
}
