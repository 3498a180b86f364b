import type { Components } from '../component/components.ts';
import { AttachedOutput } from '../output/attached-output.ts';
import type { ProgramOutput } from '../output/program-output.ts';
import type { ProgramFeeds } from '../program/program-feeds.ts';
import type { Component } from '../room/component.ts';
import type { Room } from '../room/room.ts';
import type { RoomRouter } from '../sfu/room-router.ts';
import { callState } from './call-state.ts';
import type { CaptureObserver, SessionCapture } from './session-capture.ts';
import { outputFailure } from './session-failure.ts';
import type { CallState } from './session-limits.ts';

export interface ProgramCaptureOptions {
  readonly room: Room<RoomRouter>;
  /** Closed with the capture. */
  readonly output: ProgramOutput;
  readonly observer: CaptureObserver;
  readonly components: Pick<Components, 'show'>;
  readonly feeds: Pick<ProgramFeeds, 'attach'>;
}

/** Begins to write the program of a room to an output. */
export type CaptureProgram = (options: Pick<ProgramCaptureOptions, 'room' | 'output' | 'observer'>) => SessionCapture;

/** Writes the program of a room to an output. */
export class ProgramCapture implements SessionCapture {
  readonly component: Component;
  readonly #room: Room<RoomRouter>;
  readonly #attached: AttachedOutput;
  /** Number of samples when the state was read last. */
  #seen = 0;

  constructor({ room, output, observer, components, feeds }: ProgramCaptureOptions) {
    this.#room = room;
    const attached = new AttachedOutput({ feeds, room, output });
    this.#attached = attached;
    output.observer.once('failed', (error) => observer.emit('lost', outputFailure(error, attached.samples)));
    attached.observer.once('running', () => observer.emit('running'));
    attached.observer.once('failed', (error) => observer.emit('ended', outputFailure(error, attached.samples)));
    // The recorder is not a peer: it is seen as a recording component, and the room may have one of its own.
    const close = async () => void observer.emit('ended', 'finished');
    this.component = components.show(room, 'recording', { properties: () => ({ subscribeMode: 'auto' }), close });
  }

  async readState(): Promise<CallState> {
    const state = await callState(this.#room, this.#attached.samples > this.#seen);
    this.#seen = this.#attached.samples;
    return state.muted && this.#seen === 0 ? { ...state, connected: true } : state;
  }

  close(): Promise<void> {
    return this.#attached.close();
  }
}
