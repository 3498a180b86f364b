import { randomUUID } from 'node:crypto';
import { ShoalError } from '../error/shoal-error.ts';
import { Component, type ComponentSource } from '../room/component.ts';
import type { ComponentType } from '../room/endpoint.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { ComponentKind, GivenOptions } from './component-kind.ts';
import { isSubscribable } from './subscribable.ts';

export interface ComponentRules {
  /** Passes over the codec rule, which only clients of the REST API know. */
  readonly anyCodec?: boolean;
}

/**
 * Adds components to rooms, for REST, pages and recorders alike: the one place for the rules that all kinds share
 * (docs/contracts/fishjam-rest.md 6.1). Those of one room are made one after the other, so that what was checked still holds.
 */
export class Components {
  readonly #kinds: ReadonlyMap<ComponentType, ComponentKind>;
  /** Settles when the last component that was asked for is there, or is refused. */
  readonly #last = new WeakMap<Room, Promise<unknown>>();

  /** @param kinds those that are built @param used types that this server offers, the others are disabled; undefined: all */
  constructor(kinds: Iterable<ComponentKind>, used?: ReadonlySet<ComponentType>) {
    const offered = [...kinds].filter(({ type }) => used?.has(type) ?? true);
    this.#kinds = new Map(offered.map((kind) => [kind.type, kind]));
  }

  /** The types that this server offers. */
  get types(): ComponentType[] {
    return [...this.#kinds.keys()];
  }

  /**
   * Makes a component and adds it to the room. The errors are named in the order of the checks.
   * @param options as a request gave them
   * @throws ShoalError componentsDisabled, roomNotFound, incompatibleCodec, componentLimitReached, invalidBody; then the kind's own
   */
  async create(
    room: Room<RoomRouter>,
    type: ComponentType,
    options: unknown = {},
    rules: ComponentRules = {},
  ): Promise<Component> {
    const kind = this.#kinds.get(type);
    if (!kind) throw new ShoalError('componentsDisabled', type);
    const turn = (this.#last.get(room) ?? Promise.resolve()).then(() => {
      checkRules(room, kind, rules);
      if (!isObject(options)) throw new ShoalError('invalidBody');
      return kind.create(room, options);
    });
    const settled = turn.catch(() => undefined);
    this.#last.set(room, settled);
    return await turn;
  }

  /**
   * Shows in a room what runs elsewhere, as a component: it takes none of the few places that the room has for components of its type.
   * @returns what the room knows of it
   */
  show(room: Room, type: ComponentType, source: Omit<ComponentSource, 'additional'>): Component {
    const component = new Component(randomUUID(), type, { ...source, additional: true });
    room.addComponent(component);
    return component;
  }

  /**
   * Lets a component take the tracks of these endpoints, present and future ones.
   * @throws ShoalError subscribeUnsupported, subscribeModeAuto
   */
  subscribe({ id, source }: Component, origins: readonly string[]): void {
    if (!isSubscribable(source)) throw new ShoalError('subscribeUnsupported');
    if (source.subscribeMode !== 'manual') throw new ShoalError('subscribeModeAuto', id);
    source.subscribe(origins);
  }
}

function checkRules(room: Room, { type, codecRule, limit }: ComponentKind, { anyCodec = false }: ComponentRules): void {
  if (room.closed) throw new ShoalError('roomNotFound', room.id);
  if (codecRule && !anyCodec && room.config.videoCodec !== 'h264') throw new ShoalError('incompatibleCodec', room.id);
  const same = [...room.components.values()].filter((each) => each.type === type && !each.source.additional);
  if (limit !== undefined && same.length >= limit) throw new ShoalError('componentLimitReached', type, room.id);
}

function isObject(value: unknown): value is GivenOptions {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
