import { randomUUID } from 'node:crypto';
import { ShoalError } from '../error/shoal-error.ts';
import { Component, type ComponentSource } from '../room/component.ts';
import type { ComponentType } from '../room/endpoint.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import type { ComponentKind, GivenOptions } from './component-kind.ts';
import { isSubscribable } from './subscribable.ts';

export interface ComponentRules {
  /** Skips the codec rule, which only clients of the REST API know. */
  readonly anyCodec?: boolean;
  /** Aborted when nobody waits for the component any more: it is not created, or leaves the room at once. */
  readonly signal?: AbortSignal;
}

/**
 * Adds components to rooms, for REST, pages and recorders, and checks the rules that all kinds share
 * (docs/contracts/fishjam-rest.md 6.1). Components of one room are created one after the other, so that a check still holds when the
 * component is added.
 */
export class Components {
  readonly #kinds: ReadonlyMap<ComponentType, ComponentKind>;
  /** By room: settles when the last requested component has been created or refused. */
  readonly #last = new WeakMap<Room, Promise<unknown>>();
  /** What is being created. */
  readonly #creating = new Set<{ readonly room: Room; readonly type: ComponentType }>();

  /** @param kinds implemented kinds @param used types that are enabled; undefined: all */
  constructor(kinds: Iterable<ComponentKind>, used?: ReadonlySet<ComponentType>) {
    const offered = [...kinds].filter(({ type }) => used?.has(type) ?? true);
    this.#kinds = new Map(offered.map((kind) => [kind.type, kind]));
  }

  /** The enabled types. */
  get types(): ComponentType[] {
    return [...this.#kinds.keys()];
  }

  /**
   * Creates a component and adds it to the room. The errors are listed in the order of the checks.
   * @param options as requested
   * @throws ShoalError componentsDisabled, roomNotFound, incompatibleCodec, componentLimitReached, serverLimitReached,
   * invalidBody; then the kind's own
   */
  async create(
    room: Room<RoomRouter>,
    type: ComponentType,
    options: unknown = {},
    rules: ComponentRules = {},
  ): Promise<Component> {
    const kind = this.#kinds.get(type);
    if (!kind) throw new ShoalError('componentsDisabled', type);
    const creating = { room, type };
    this.#creating.add(creating);
    try {
      return await this.#create(room, kind, options, rules);
    } finally {
      this.#creating.delete(creating);
    }
  }

  /** Whether a component of a type is being created, so that it is not in its room yet. */
  isCreating(room: Room, type: ComponentType): boolean {
    return [...this.#creating].some((each) => each.room === room && each.type === type);
  }

  async #create(
    room: Room<RoomRouter>,
    kind: ComponentKind,
    options: unknown,
    rules: ComponentRules,
  ): Promise<Component> {
    const { signal } = rules;
    let leaving: Promise<void> | undefined;
    const turn = (this.#last.get(room) ?? Promise.resolve()).then(async () => {
      signal?.throwIfAborted();
      checkRules(room, kind, rules);
      if (!isObject(options)) throw new ShoalError('invalidBody');
      const component = await kind.create(room, options);
      if (signal?.aborted) leaving = room.endComponent(component);
      return component;
    });
    const settled = turn.catch(() => undefined);
    this.#last.set(room, settled);
    const component = await turn;
    await leaving;
    return component;
  }

  /**
   * Adds a component that is implemented elsewhere. It does not count towards the room's limit of its type.
   * @returns the component of the room
   */
  show(room: Room, type: ComponentType, source: Omit<ComponentSource, 'additional'>): Component {
    const component = new Component(randomUUID(), type, { ...source, additional: true });
    room.addComponent(component);
    return component;
  }

  /**
   * Subscribes a component to the tracks of these endpoints, present and future ones.
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
  room.checkComponentLimit();
}

function isObject(value: unknown): value is GivenOptions {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
