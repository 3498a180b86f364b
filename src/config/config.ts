import { randomBytes } from 'node:crypto';
import { lookup as systemLookup } from 'node:dns/promises';
import { availableParallelism, networkInterfaces, hostname as systemHostname } from 'node:os';
import { readComponents } from './components.ts';
import { readDatabase } from './database.ts';
import { readDistribution } from './distribution.ts';
import { Environment, type EnvironmentRecord } from './environment.ts';
import { readGeneral } from './general.ts';
import { readHost, readHttp } from './http.ts';
import { readJibri } from './jibri.ts';
import { limitVariables } from './limits.ts';
import { readLog } from './log.ts';
import { outboundVariables, rtspVariables } from './networks.ts';
import { readOnDemand, withoutPortOnDemand } from './ondemand.ts';
import { anyCodecVariable, readHls, readProgram, rtmpVariables } from './program.ts';
import { readS3 } from './s3.ts';
import { readScheduling } from './scheduling.ts';
import { Secret } from './secret.ts';
import { readSecrets } from './secrets.ts';
import { readTelephony } from './sip.ts';
import { readStorage } from './storage.ts';
import { readTurn } from './turn.ts';
import { variables } from './variables.ts';
import { readWebhook } from './webhook.ts';
import { type Lookup, readWebRtc, readWorkers } from './webrtc.ts';

/** What reading needs of the machine, so that a test can give its own. */
export interface Machine {
  readonly workingDirectory: string;
  readonly hostname: string;
  readonly cores: number;
  /** Addresses of this host's network interfaces, the loopback ones included. */
  readonly addresses: readonly string[];
  readonly lookup: Lookup;
  readonly randomBytes: (size: number) => Buffer;
}

/** The whole configuration: read once at start, frozen through and through. */
export type Config = Awaited<ReturnType<typeof readConfig>>;

/**
 * Reads the whole configuration.
 * @throws {ConfigError} with the text of the reference (docs/contracts/fishjam-config.md 1 and 2) when the start must not go on
 */
export async function readConfig(record: EnvironmentRecord, machine: Partial<Machine> = {}) {
  const host = { ...thisMachine(), ...machine };
  const environment = new Environment(record, variables);
  const { production, jellyfish, warnings } = environment;
  const workers = readWorkers(environment, host.cores);
  const http = readHttp(environment);
  const turn = readTurn(environment, http);
  const general = readGeneral(environment, host.workingDirectory);
  const components = readComponents(environment);
  const jibri = readJibri(environment, host.hostname, general.resourcesBasePath);
  const onDemand = readOnDemand(environment);
  const minMediaPorts = workers.webRtcServer ? workers.count : 1;
  return freezeDeep({
    /** `NODE_ENV=production`. */
    production,
    /** Only `JF_` variables are set: Jellyfish's defaults hold. */
    jellyfish,
    ...readSecrets(environment, host.randomBytes),
    /** Public address: `FJ_HOST` as it was given, or `ip:port`. */
    host: readHost(environment, http),
    http,
    ...components,
    ...general,
    log: readLog(environment),
    limits: environment.readAll(limitVariables),
    webrtc: await readWebRtc(environment, host, turn.mode === 'embedded', minMediaPorts),
    ...readS3(environment),
    storage: readStorage(environment),
    program: readProgram(environment),
    hls: readHls(environment, host.cores),
    rtmp: environment.readAll(rtmpVariables),
    /** HLS and Recording components in rooms of any video codec. */
    anyCodec: environment.read(anyCodecVariable),
    jibri: withoutPortOnDemand(jibri, onDemand),
    database: readDatabase(environment, general.resourcesBasePath),
    onDemand,
    scheduling: readScheduling(environment),
    distribution: readDistribution(environment, host.hostname),
    workers,
    turn,
    webhook: readWebhook(environment),
    outbound: environment.readAll(outboundVariables),
    rtsp: environment.readAll(rtspVariables),
    /** Where and how SIP is spoken, whether or not it is allowed. */
    telephony: readTelephony(environment, components.sip?.ip, host.addresses),
    /** Whether `/demo` is served. */
    demo: !production,
    /** What the operator should know; the caller logs them. */
    warnings: warnings as readonly string[],
  });
}

function thisMachine(): Machine {
  return {
    workingDirectory: process.cwd(),
    hostname: systemHostname(),
    cores: availableParallelism(),
    addresses: Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
    lookup: async (name) => (await systemLookup(name, { order: 'ipv4first' })).address,
    randomBytes,
  };
}

/** Freezes plain objects and arrays all the way down; sets and secrets are read-only by their types. */
function freezeDeep<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof Secret || value instanceof Set) return value;
  for (const member of Object.values(value)) freezeDeep(member);
  return Object.freeze(value);
}
