import { EventEmitter } from 'node:events';
import type { AudioLevelObserver, Router } from 'mediasoup/types';
import type { Publication } from './publication.ts';

/** Audio level above which a track counts as speech, in dBov. */
const speechThreshold = -50;
/** Interval of measurements, in ms. */
const interval = 300;
/** Maximum number of tracks that are reported as speech at once; no room has more speakers. */
const maxEntries = 1000;

/** Detects which audio tracks of a room carry speech. `change` is emitted when a track starts or stops to. */
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

  /** Adds an audio track. The observer is created with the first one. */
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
