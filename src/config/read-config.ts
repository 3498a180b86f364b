import { randomBytes } from 'node:crypto';
import { lookup as systemLookup } from 'node:dns/promises';
import { availableParallelism, networkInterfaces, hostname as systemHostname } from 'node:os';
import { resolve } from 'node:path';
import type { Config } from './config.ts';
import { Environment, type EnvironmentRecord } from './environment.ts';
import { freezeDeep } from './freeze-deep.ts';
import { readComponents } from './read-components.ts';
import { readDistribution } from './read-distribution.ts';
import { defaultHost, readHttp, readLog } from './read-http.ts';
import { readJibri } from './read-jibri.ts';
import { readProgram } from './read-program.ts';
import { readS3 } from './read-s3.ts';
import { readSecrets, readWebhookSecret } from './read-secrets.ts';
import { readStorage } from './read-storage.ts';
import { readTurn } from './read-turn.ts';
import { type Lookup, readWebRtc } from './read-webrtc.ts';

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

/**
 * Reads the whole configuration.
 * @throws {ConfigError} with the text of the reference (docs/contracts/fishjam-config.md 1 and 2) when the start must not go on
 */
export async function readConfig(record: EnvironmentRecord, machine: Partial<Machine> = {}): Promise<Config> {
  const host = { ...thisMachine(), ...machine };
  const environment = new Environment(record);
  const { production, jellyfish, warnings } = environment;
  const workers = {
    count: environment.read('SHOAL_WORKERS') ?? host.cores,
    webRtcServer: environment.require('SHOAL_WEBRTC_SERVER'),
  };
  const http = readHttp(environment);
  const turn = readTurn(environment, http);
  const mediaPorts = workers.webRtcServer ? workers.count : 1;
  const resourcesBasePath = resolve(host.workingDirectory, readResources(environment));
  const config: Config = {
    production,
    jellyfish,
    ...readSecrets(environment, host.randomBytes),
    host: environment.read('FJ_HOST') ?? defaultHost(http),
    http,
    ...readComponents(environment),
    resourcesBasePath,
    metrics: { ip: environment.require('FJ_METRICS_IP'), port: environment.require('FJ_METRICS_PORT') },
    log: readLog(environment),
    gitCommit: environment.require('FJ_GIT_COMMIT'),
    webrtc: await readWebRtc(environment, host, turn.mode === 'embedded', mediaPorts),
    ...readS3(environment),
    storage: readStorage(environment),
    ...readProgram(environment),
    ...readJibri(environment, host.hostname, resourcesBasePath),
    distribution: readDistribution(environment, host.hostname),
    workers,
    turn,
    webhook: readWebhook(environment),
    outbound: { allow: environment.require('SHOAL_OUTBOUND_ALLOW'), deny: environment.require('SHOAL_OUTBOUND_DENY') },
    rtsp: readRtsp(environment),
    demo: !production,
    warnings,
  };
  return freezeDeep(config);
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

function readResources(environment: Environment): string {
  const standard = environment.jellyfish ? 'jellyfish_resources' : 'fishjam_resources';
  return environment.read('FJ_RESOURCES_BASE_PATH') ?? standard;
}

function readRtsp(environment: Environment): Config['rtsp'] {
  return {
    allow: environment.require('SHOAL_RTSP_ALLOW'),
    deny: environment.require('SHOAL_RTSP_DENY'),
    verifyTls: environment.require('SHOAL_RTSP_VERIFY_TLS'),
  };
}

function readWebhook(environment: Environment): Config['webhook'] {
  const secret = readWebhookSecret(environment);
  return {
    ...(secret && { secret }),
    connectTimeoutMs: environment.require('SHOAL_WEBHOOK_CONNECT_TIMEOUT_MS'),
    answerTimeoutMs: environment.require('SHOAL_WEBHOOK_ANSWER_TIMEOUT_MS'),
    retryMs: environment.require('SHOAL_WEBHOOK_RETRY_MS'),
    queueLength: environment.require('SHOAL_WEBHOOK_QUEUE_LENGTH'),
  };
}
