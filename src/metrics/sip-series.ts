import { Counter, Gauge, type Registry } from 'prom-client';
import type { CallLog } from '../component/sip/call-log.ts';
import { latenessBounds, type MixerCounts } from '../component/sip/media/mixer-counts.ts';
import type { SipSource } from '../component/sip/sip-source.ts';
import type { RoomRegistry } from '../room/room-registry.ts';
import { scrapedGauge, scrapedHistogram, scrapedTotal } from './scraped-series.ts';

/** What is counted of SIP. */
export interface SipMeasures {
  readonly calls: Pick<CallLog, 'current' | 'ended' | 'digits'>;
  readonly workers: { readonly pids: readonly number[]; readonly counts: MixerCounts };
  readonly dropped: { readonly strangers: number; readonly malformed: number };
}

/** Registrations, calls and their audio. Read at the time of the scrape. */
export function createSipSeries(registry: Registry, rooms: Pick<RoomRegistry, 'list'>, sip: SipMeasures): void {
  const registers = [registry];
  new Gauge({
    name: 'shoal_sip_registrations',
    help: 'SIP components with an account by the state of their registration and by why its last attempt failed',
    labelNames: ['state', 'error'] as const,
    registers,
    collect() {
      this.reset();
      for (const { state, error } of registrations(rooms)) this.inc({ state, error: error ?? '' });
    },
  });
  new Gauge({
    name: 'shoal_sip_calls',
    help: 'Calls by state and direction',
    labelNames: ['state', 'direction'] as const,
    registers,
    collect() {
      this.reset();
      for (const { state, direction } of sip.calls.current) this.inc({ state, direction });
    },
  });
  new Counter({
    name: 'shoal_sip_ended_calls_total',
    help: 'Calls that ended, by reason and direction',
    labelNames: ['reason', 'direction'] as const,
    registers,
    collect() {
      this.reset();
      for (const { reason, direction, count } of sip.calls.ended) this.inc({ reason, direction }, count);
    },
  });
  new Counter({
    name: 'shoal_sip_dropped_messages_total',
    help: 'SIP messages that were dropped: of strangers beyond the limit, or malformed',
    labelNames: ['cause'] as const,
    registers,
    collect() {
      this.reset();
      this.inc({ cause: 'stranger' }, sip.dropped.strangers);
      this.inc({ cause: 'malformed' }, sip.dropped.malformed);
    },
  });
  scrapedTotal(registry, 'shoal_sip_dtmf_total', 'Keys that telephones have sent', () => sip.calls.digits);
  createMixerSeries(registry, sip.workers);
}

function createMixerSeries(registry: Registry, workers: SipMeasures['workers']): void {
  const total = (name: string, help: string, read: (counts: MixerCounts) => number) =>
    scrapedTotal(registry, name, help, () => read(workers.counts));
  scrapedGauge(registry, 'shoal_telephony_workers', 'Processes that mix for telephones', () => workers.pids.length);
  scrapedHistogram(
    registry,
    'shoal_telephony_lateness_seconds',
    'How late the mix of 20 ms of a room was made',
    latenessBounds.map((bound) => bound / 1000),
    () => ({ counts: workers.counts.lateness, sum: workers.counts.totalLateness / 1000 }),
  );
  total(
    'shoal_telephony_skipped_total',
    'Mixes of 20 ms that were left out for lack of time',
    ({ skipped }) => skipped,
  );
  total(
    'shoal_telephony_undecodable_total',
    'Audio packets of rooms that could not be decoded',
    (counts) => counts.undecodable,
  );
  total(
    'shoal_telephony_concealed_total',
    'Stretches of audio that were made up for lost or late packets',
    (counts) => counts.concealed,
  );
}

function registrations(rooms: Pick<RoomRegistry, 'list'>) {
  const components = rooms.list().flatMap((room) => [...room.components.values()]);
  const sources = components.filter(({ type }) => type === 'sip').map(({ source }) => source as SipSource);
  return sources.flatMap(({ registration }) => registration ?? []);
}
