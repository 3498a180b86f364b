import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Cleanup } from './cleanup.ts';
import { CompanionProcess } from './companion-process.ts';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** A screen that nobody looks at. */
export class VirtualDisplay {
  /** As in DISPLAY: `:99`. */
  readonly name: string;
  readonly pid: number;

  private constructor(name: string, pid: number) {
    this.name = name;
    this.pid = pid;
  }

  static async start(cleanup: Cleanup, { width, height }: PictureSize): Promise<VirtualDisplay> {
    const screen = ['-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp', '-nocursor'];
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe'] as const;
    // It looks for a free number itself and writes it down when it is ready.
    const xvfb = await CompanionProcess.start(cleanup, 'Xvfb', ['-displayfd', '3', ...screen], { stdio: [...stdio] });
    const output = xvfb.child.stdio[3] as Readable;
    const [number] = await Promise.race([once(output, 'data'), once(xvfb.child, 'exit')]);
    if (!xvfb.running) throw new Error('Xvfb ended.');
    return new VirtualDisplay(`:${String(number).trim()}`, xvfb.pid);
  }
}
