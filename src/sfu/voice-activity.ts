import { EventEmitter } from 'node:events';
import type { AudioLevelObserver, Router } from 'mediasoup/types';
import type { Publication } from './publication.ts';

/** Loudness, in dBov, above which a track counts as speech. */
const speechThreshold = -50;
/** Milliseconds between two looks at the loudness. */
const interval = 300;
/** Loudest tracks looked at; more speakers at once than any room has. */
const maxEntries = 1000;

/** Tells which audio tracks of a room carry speech; speaks up on changes only. */
export class VoiceActivity {
  readonly observer = new EventEmitter<{ change: [trackId: string, speaking: boolean] }>();
  readonly #router: Router;
  readonly #trackIds = new Map<string, string>();
  #speaking = new Set<string>();
  #levels: Promise<AudioLevelObserver> | undefined;

  constructor(router: Router) {
    this.#router = router;
    this.observer.setMaxListeners(0);
  }

  isSpeaking(trackId: string): boolean {
    return this.#speaking.has(trackId);
  }

  /** The first audio track of the room starts the watching. */
  async add(publication: Publication): Promise<void> {
    const producerId = publication.producer.id;
    this.#trackIds.set(producerId, publication.trackId);
    publication.producer.observer.once('close', () => {
      this.#trackIds.delete(producerId);
      this.#speaking.delete(publication.trackId);
    });
    this.#levels ??= this.#watch();
    const levels = await this.#levels;
    if (!publication.closed) await levels.addProducer({ producerId });
  }

  async #watch(): Promise<AudioLevelObserver> {
    const levels = await this.#router.createAudioLevelObserver({ maxEntries, interval, threshold: speechThreshold });
    levels.on('volumes', (volumes) => this.#update(volumes.map(({ producer }) => producer.id)));
    levels.on('silence', () => this.#update([]));
    return levels;
  }

  #update(loudProducers: string[]): void {
    const before = this.#speaking;
    this.#speaking = new Set(loudProducers.flatMap((producerId) => this.#trackIds.get(producerId) ?? []));
    for (const trackId of this.#speaking) if (!before.has(trackId)) this.observer.emit('change', trackId, true);
    for (const trackId of before) if (!this.#speaking.has(trackId)) this.observer.emit('change', trackId, false);
  }
}
