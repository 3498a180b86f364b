import type { OriginRule } from './origin-rule.ts';
import type { PortPlan } from './port-plan.ts';
import type { Secret } from './secret.ts';
import type { PortRange } from './text-form.ts';

export type { PortRange } from './text-form.ts';

/** The kinds of component that can be allowed with `FJ_COMPONENTS_USED`. */
export const componentNames = ['hls', 'rtsp', 'file', 'sip', 'recording'] as const;
export type ComponentName = (typeof componentNames)[number];

export const logLevels = ['debug', 'info', 'warning', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A private key and its certificate, as files in PEM form. */
export interface TlsFiles {
  readonly keyPath: string;
  readonly certPath: string;
}

export interface HttpConfig {
  readonly ip: string;
  readonly port: number;
  readonly tls?: TlsFiles;
  readonly checkOrigin: OriginRule;
}

export interface LogConfig {
  readonly level: LogLevel;
  readonly structured: boolean;
}

export interface WebRtcConfig {
  /** False: no peers can be added. The rest then holds defaults. */
  readonly used: boolean;
  /** Given to clients as our address. */
  readonly announcedIp: string;
  /** Bound by media workers and TURN; may be `0.0.0.0` or `::`. */
  readonly listenIp: string;
  /**
   * Our own address, when `announcedIp` belongs to a NAT in front of us: offered as a further candidate, so that the TURN
   * server on this host reaches the media without depending on the NAT sending our packets back to us.
   */
  readonly privateIp?: string;
  readonly portRange: PortRange;
  /** The range divided among TURN and media. */
  readonly ports: PortPlan;
  /** TCP port of the TURN server. */
  readonly tcpPort?: number;
}

/** How peers get a relay. */
export type TurnConfig =
  | { readonly mode: 'off' }
  | { readonly mode: 'embedded'; readonly tls?: TlsFiles & { readonly port: number; readonly serverName: string } }
  | { readonly mode: 'external'; readonly servers: readonly ExternalTurnAddress[]; readonly auth: ExternalTurnAuth };

export interface ExternalTurnAddress {
  readonly host: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp' | 'tls';
}

export type ExternalTurnAuth =
  | { readonly kind: 'shared-secret'; readonly secret: Secret }
  | { readonly kind: 'fixed'; readonly username: string; readonly password: Secret };

export interface S3Config {
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: Secret;
  readonly secretAccessKey: Secret;
}

/** Recordings: where they are kept, and for how long. */
export interface StorageConfig {
  /** URL of an S3-compatible store; Amazon's when undefined. */
  readonly s3Endpoint?: string;
  /** Where such a store may be: networks in CIDR form. */
  readonly s3Networks: { readonly allow: readonly string[]; readonly deny: readonly string[] };
  /** Whether recordings may do without S3. */
  readonly localRecordings: boolean;
  /** Bytes; below it recordings are ended. 0: never. */
  readonly freeSpace: number;
  /** `age` in ms, `size` in bytes; undefined: kept. */
  readonly retention: { readonly age?: number; readonly size?: number };
}

export type DistributionConfig =
  | { readonly enabled: false; readonly mode: 'sname' | 'name' }
  | ({
      readonly enabled: true;
      readonly mode: 'sname' | 'name';
      /** `<nodename>@<hostname>`. */
      readonly nodeName: string;
      readonly cookie: Secret;
      readonly minPort?: number;
      readonly maxPort?: number;
    } & (
      | { readonly strategy: 'NODES_LIST'; readonly nodes: readonly string[] }
      | { readonly strategy: 'DNS'; readonly query: string; readonly pollingIntervalMs: number }
    ));

export interface WebhookConfig {
  readonly secret?: Secret;
  readonly connectTimeoutMs: number;
  readonly answerTimeoutMs: number;
  /** How long a failed delivery is repeated before it is dropped. */
  readonly retryMs: number;
  /** Notifications that may wait per room. */
  readonly queueLength: number;
}

/** How rooms are composed: their picture and their sound. */
export interface ProgramConfig {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  /** Frames per second. */
  readonly frameRate: number;
  /** Milliseconds between keyframes. */
  readonly keyframeInterval: number;
  /** Longest part of HLS, in ms: a frame begins with each. */
  readonly partDuration: number;
  /** bit/s. */
  readonly videoBitrate: number;
  readonly audioBitrate: number;
  readonly audioChannels: 1 | 2;
  /** Whether names are drawn on the tiles. */
  readonly showNames: boolean;
}

export interface HlsConfig {
  /** Of low-latency HLS, in seconds. */
  readonly segmentDuration: number;
}

/** Recorders for Jibri orchestrators. */
export interface JibriConfig {
  /** Listener without token; `required`: the start fails when it cannot be bound. */
  readonly external?: { readonly ip: string; readonly port: number; readonly required: boolean };
  readonly internal?: { readonly ip: string; readonly port: number };
  readonly instanceId: string;
  readonly slots: number;
  /** Of the second recorder and those after it. */
  readonly slotListeners: readonly { readonly ip: string; readonly port: number }[];
  readonly singleUse: boolean;
  /** Absolute. */
  readonly recordings: string;
  readonly finalizeScript?: string;
  /** Base URLs without a slash at the end. */
  readonly subscribers: readonly string[];
  /** Signs webhooks; `lifetime` in ms. */
  readonly token?: {
    readonly keyPath: string;
    readonly keyId: string;
    readonly issuer: string;
    readonly audience: string;
    readonly lifetime: number;
  };
  readonly prometheus: boolean;
  /** Regular expressions. */
  readonly allowList: readonly string[];
  /** `TimeLimits` of jibri/, in ms. */
  readonly limits: {
    readonly callEmpty: number;
    readonly noMedia: number;
    readonly allMuted: number;
    readonly transport: number;
    readonly usage: number;
  };
  /** On the main port. */
  readonly tokenRequired: boolean;
  readonly callHosts: readonly string[];
  readonly autoCreateRoom: boolean;
  readonly callLoginRequired: boolean;
  readonly internalExit: boolean;
}

/** The whole configuration: read once at start, frozen through and through. */
export interface Config {
  /** `NODE_ENV=production`. */
  readonly production: boolean;
  /** Only `JF_` variables are set: Jellyfish's defaults hold. */
  readonly jellyfish: boolean;
  /** What the operator should know; the caller logs them. */
  readonly warnings: readonly string[];
  readonly serverApiToken: Secret;
  readonly secretKeyBase: Secret;
  /** `FJ_HOST` as it was given, or `ip:port`. */
  readonly host: string;
  readonly http: HttpConfig;
  /** Undefined: unset outside production, which means every kind that is built. */
  readonly componentsUsed?: ReadonlySet<ComponentName>;
  /** Absolute. */
  readonly resourcesBasePath: string;
  readonly metrics: { readonly ip: string; readonly port: number };
  readonly log: LogConfig;
  readonly gitCommit: string;
  readonly webrtc: WebRtcConfig;
  /** Undefined: SIP is not allowed or, outside production, no usable `FJ_SIP_IP` is set. */
  readonly sip?: { readonly ip: string };
  readonly s3?: S3Config;
  readonly s3PathPrefix?: string;
  readonly storage: StorageConfig;
  readonly program: ProgramConfig;
  readonly hls: HlsConfig;
  /** Ms for which an RTMP server that is gone is sought. */
  readonly rtmp: { readonly retryTime: number };
  readonly jibri: JibriConfig;
  /** HLS and Recording components in rooms of any video codec. */
  readonly anyCodec: boolean;
  readonly distribution: DistributionConfig;
  readonly workers: { readonly count: number; readonly webRtcServer: boolean };
  readonly turn: TurnConfig;
  readonly webhook: WebhookConfig;
  /** Networks in CIDR form. */
  readonly outbound: { readonly allow: readonly string[]; readonly deny: readonly string[] };
  /** Where RTSP sources may be, and whether those with TLS need a valid certificate. */
  readonly rtsp: { readonly allow: readonly string[]; readonly deny: readonly string[]; readonly verifyTls: boolean };
  /** Whether `/demo` is served. */
  readonly demo: boolean;
}
