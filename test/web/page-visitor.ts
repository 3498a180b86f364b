import type { Page as Tab } from 'playwright-core';
import { patience } from '../end-to-end/browser-client.ts';

/** A browser's tab in which somebody uses a page with a call. */
export class PageVisitor {
  readonly tab: Tab;
  /** What the page's console had to complain of. */
  readonly errors: string[] = [];

  constructor(tab: Tab) {
    this.tab = tab;
    tab.on('pageerror', ({ message }) => this.errors.push(message));
    tab.on('console', (message) => message.type() === 'error' && this.errors.push(message.text()));
  }

  press(button: string): Promise<void> {
    return this.tab.getByRole('button', { name: button }).click();
  }

  /** The tile of somebody, in the state that the selector says. */
  tile(name: string, state = '') {
    return this.tab.locator(`article[aria-label=${JSON.stringify(name)}]${state}`);
  }

  /** Waits until the picture of somebody has moved on by ten frames. */
  async seesMoving(name: string): Promise<void> {
    await this.tile(name, '[data-camera]').waitFor();
    const { frames: before } = await this.#video(name);
    await this.until(`${name} moving`, async () => (await this.#video(name)).frames > before + 10);
  }

  /** @param width in pixels, of what really comes */
  async seesWidth(name: string, width: number): Promise<void> {
    await this.until(`${name} ${width} pixels wide`, async () => (await this.#video(name)).width === width);
  }

  async reads(text: string): Promise<void> {
    await this.tab.getByText(text).first().waitFor();
  }

  /** What has been played of somebody's picture. */
  async #video(name: string): Promise<{ frames: number; width: number }> {
    return await this.tab.evaluate(`(() => {
      const video = document.querySelector(${JSON.stringify(`article[aria-label=${JSON.stringify(name)}] video`)});
      const played = video?.getVideoPlaybackQuality();
      return { frames: played?.totalVideoFrames ?? 0, width: video?.videoWidth ?? 0 };
    })()`);
  }

  /** Waits until something is so. */
  async until(what: string, accept: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + patience;
    while (!(await accept())) {
      if (Date.now() > deadline) throw new Error(`Never saw ${what}.`);
      await this.tab.evaluate('new Promise((resolve) => requestAnimationFrame(resolve))');
    }
  }
}

/** A microphone with a steady tone: the fake one beeps too shortly for speech, and the same in all tabs, like an echo. */
export const steadyMicrophone = `
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async ({ video }) => {
    const stream = await ask({ video });
    const context = new AudioContext();
    const output = context.createMediaStreamDestination();
    const oscillator = context.createOscillator();
    oscillator.connect(output);
    oscillator.start();
    stream.addTrack(output.stream.getAudioTracks()[0]);
    return stream;
  };
`;
