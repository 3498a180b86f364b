import { Gauge, type Registry } from 'prom-client';
import type { ProgramFeeds } from '../program/program-feeds.ts';
import { scrapedTotal } from './scraped-series.ts';

/** The series of composed programs, which show whether the machine keeps up. Read at the time of the scrape. */
export function createProgramSeries(registry: Registry, feeds: Pick<ProgramFeeds, 'frameRates' | 'counts'>): void {
  new Gauge({
    name: 'shoal_program_frame_rate',
    help: 'Current frames per second of the program of a room; halved when its encoder cannot keep up',
    labelNames: ['room_id'] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const { roomId, frameRate } of feeds.frameRates) this.set({ room_id: roomId }, frameRate);
    },
  });
  const total = (name: string, help: string, read: () => number) => scrapedTotal(registry, name, help, read);
  const counts = () => feeds.counts;
  total('shoal_program_late_frames_total', 'Frames that were repeated for lack of time', () => counts().lateFrames);
  total('shoal_program_decoder_restarts_total', 'Decoders that were restarted', () => counts().decoderRestarts);
  total('shoal_program_encoder_restarts_total', 'Encoders that were restarted', () => counts().encoderRestarts);
}
