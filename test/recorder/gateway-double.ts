import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { CallEndReason } from '../../src/component/sip/call/call-state.ts';
import type {
  Gateway,
  GatewayCall,
  GatewayCallEvents,
  GatewayCallOptions,
} from '../../src/component/sip/gateway-call.ts';
import { Component } from '../../src/room/component.ts';
import type { Room } from '../../src/room/room.ts';

/** A call that a test answers and ends. */
export class GatewayCallDouble implements GatewayCall {
  readonly observer = new EventEmitter<GatewayCallEvents>();
  readonly component: Component;
  readonly options: GatewayCallOptions;
  /** What was asked for, in order. */
  readonly asked: boolean[] = [];
  closed = false;

  constructor(room: Room, options: GatewayCallOptions) {
    this.options = options;
    this.component = new Component(randomUUID(), 'sip', { properties: () => ({}), close: () => this.close() });
    room.addComponent(this.component);
  }

  setAudible(audible: boolean): void {
    this.asked.push(audible);
  }

  press(digits: string): void {
    for (const digit of digits) this.observer.emit('dtmf', digit);
  }

  end(reason: CallEndReason, status?: number): void {
    this.observer.emit('ended', { reason, ...(status !== undefined && { status }) });
  }

  async close(): Promise<void> {
    this.closed = true;
    this.end('component_closed');
  }
}

/** A gateway whose calls a test answers and ends. */
export class GatewayDouble implements Gateway {
  readonly calls: GatewayCallDouble[] = [];
  readonly #changes = new EventEmitter<{ opened: [] }>();

  async open(room: Room, options: GatewayCallOptions): Promise<GatewayCall> {
    const call = new GatewayCallDouble(room, options);
    this.calls.push(call);
    this.#changes.emit('opened');
    return call;
  }

  /** A call, once there is one. @param index of all so far */
  async call(index = 0): Promise<GatewayCallDouble> {
    while (this.calls.length <= index) await once(this.#changes, 'opened');
    // The session listens as soon as it has the call.
    await Promise.resolve();
    return this.calls[index] as GatewayCallDouble;
  }
}
