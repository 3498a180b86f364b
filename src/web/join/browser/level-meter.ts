/** Shows how loud a microphone is. */
export class LevelMeter {
  readonly #element: HTMLMeterElement;
  readonly #context = new AudioContext();
  readonly #source: MediaStreamAudioSourceNode;
  #frame = 0;

  constructor(element: HTMLMeterElement, track: MediaStreamTrack) {
    this.#element = element;
    const analyser = this.#context.createAnalyser();
    this.#source = this.#context.createMediaStreamSource(new MediaStream([track]));
    this.#source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const show = () => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      // From -60 dB, a quiet room, to 0 dB.
      this.#element.value = Math.max(0, 1 + Math.log10(power + 1e-9) / 6);
      this.#frame = requestAnimationFrame(show);
    };
    show();
    // Some browsers let it run only after the visitor has done something.
    addEventListener('pointerdown', this.#resume);
    addEventListener('keydown', this.#resume);
  }

  readonly #resume = () => void this.#context.resume();

  /** To be called once. */
  close(): void {
    cancelAnimationFrame(this.#frame);
    removeEventListener('pointerdown', this.#resume);
    removeEventListener('keydown', this.#resume);
    this.#source.disconnect();
    this.#element.value = 0;
    void this.#context.close();
  }
}
