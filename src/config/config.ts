import type { readConfig } from './read-config.ts';

export type { HttpConfig, TlsFiles } from './http.ts';
export type { JibriConfig } from './jibri.ts';
export type { LogConfig } from './log.ts';
export type { ProgramConfig } from './program.ts';
export type { PortRange } from './text-form.ts';
export type { ExternalTurnAddress, ExternalTurnAuth, TurnConfig } from './turn.ts';
export type { WebRtcConfig } from './webrtc.ts';

/** The whole configuration: read once at start, frozen through and through. */
export type Config = Awaited<ReturnType<typeof readConfig>>;
