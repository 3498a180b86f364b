import { randomUUID } from 'node:crypto';
import type { ComponentKind, GivenOptions } from '../../src/component/component-kind.ts';
import { Components } from '../../src/component/components.ts';
import type { HlsContent, HlsSource } from '../../src/component/hls/hls-content.ts';
import type { SipSource } from '../../src/component/sip/sip-source.ts';
import type { Subscribable } from '../../src/component/subscribable.ts';
import { Component, type ComponentSource } from '../../src/room/component.ts';
import type { ComponentType } from '../../src/room/endpoint.ts';
import type { Room } from '../../src/room/room.ts';
import { Track } from '../../src/room/track.ts';

const sipStatus: Pick<SipSource, 'registration' | 'call'> = {
  registration: { state: 'registered', error: undefined },
  call: undefined,
};

/** A kind of component that only notes what it is asked for. */
export class ComponentDouble implements ComponentKind {
  readonly type: ComponentType;
  readonly codecRule: boolean;
  readonly limit?: 1;
  readonly calls: unknown[][] = [];
  /** Of an HLS component. */
  content: HlsContent | undefined;
  readonly #subscribable: boolean;
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
    this.#subscribable = rules.subscribe ?? false;
  }

  async create(room: Room, options: GivenOptions): Promise<Component> {
    this.calls.push(['create', room.id, options]);
    await this.delay;
    if (this.refusal) throw this.refusal;
    const id = randomUUID();
    const component = new Component(id, this.type, this.#source(id, options));
    room.addComponent(component);
    room.addTracks(component, [new Track({ id: '0123456789ABCDEF', type: 'video' })]);
    return component;
  }

  #source(id: string, options: GivenOptions): ComponentSource {
    const note = (...call: unknown[]) => void this.calls.push(call);
    const subscribeMode = options.subscribeMode === 'manual' ? 'manual' : 'auto';
    const content = () => this.content;
    const source: HlsSource & SipSource = {
      get content() {
        return content();
      },
      properties: () => ({ subscribeMode }),
      close: () => this.closing,
      dial: (phoneNumber) => note('dial', id, phoneNumber),
      hangUp: () => note('hangUp', id),
      ...sipStatus,
      sendDtmf: (digits, durationMs) => note('sendDtmf', id, digits, durationMs),
    };
    const subscribe: Subscribable['subscribe'] = (origins) => note('subscribe', id, origins);
    return this.#subscribable ? Object.assign(source, { subscribeMode, subscribe }) : source;
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

/** What adds these doubles to rooms. */
export function componentsOf(kinds: ReadonlyMap<ComponentType, ComponentDouble>): Components {
  return new Components(kinds.values());
}
