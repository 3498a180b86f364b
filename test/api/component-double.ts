import { randomUUID } from 'node:crypto';
import type { ComponentKind, ComponentOptions } from '../../src/component/component-kind.ts';
import { Component } from '../../src/room/component.ts';
import type { ComponentType } from '../../src/room/endpoint.ts';
import type { Room } from '../../src/room/room.ts';
import { Track } from '../../src/room/track.ts';

/** A kind of component that only notes what it is asked for. */
export class ComponentDouble implements ComponentKind {
  readonly type: ComponentType;
  readonly codecRule: boolean;
  readonly limit?: 1;
  readonly calls: unknown[][] = [];
  content?: ComponentKind['content'];
  subscribe?: ComponentKind['subscribe'];
  /** Awaited before each component is made. */
  delay: Promise<void> | undefined;
  /** Thrown in place of making a component. */
  refusal: Error | undefined;
  /** How long components take to close. */
  closing: Promise<void> = Promise.resolve();

  constructor(type: ComponentType, rules: { codecRule?: boolean; limit?: 1; subscribe?: boolean } = {}) {
    this.type = type;
    this.codecRule = rules.codecRule ?? false;
    if (rules.limit) this.limit = rules.limit;
    if (rules.subscribe) {
      this.subscribe = (component, origins) => void this.calls.push(['subscribe', component.id, origins]);
    }
  }

  async create(room: Room, options: ComponentOptions): Promise<Component> {
    this.calls.push(['create', room.id, options]);
    await this.delay;
    if (this.refusal) throw this.refusal;
    const component = new Component(randomUUID(), this.type, {
      properties: () => ({ subscribeMode: options.subscribeMode ?? 'auto' }),
      close: () => this.closing,
    });
    room.addComponent(component);
    room.addTracks(component, [new Track({ id: '0123456789ABCDEF', type: 'video' })]);
    return component;
  }

  dial(component: Component, phoneNumber: string): void {
    this.calls.push(['dial', component.id, phoneNumber]);
  }

  hangUp(component: Component): void {
    this.calls.push(['hangUp', component.id]);
  }
}

/** A double of every kind, with the rules of docs/contracts/fishjam-rest.md 6. */
export function componentDoubles() {
  return new Map<ComponentType, ComponentDouble>([
    ['hls', new ComponentDouble('hls', { codecRule: true, limit: 1, subscribe: true })],
    ['rtsp', new ComponentDouble('rtsp', { codecRule: true })],
    ['file', new ComponentDouble('file')],
    ['sip', new ComponentDouble('sip')],
    ['recording', new ComponentDouble('recording', { codecRule: true, limit: 1, subscribe: true })],
  ]);
}
