import type { Test } from 'tap';
import { RtspSession, type RtspSessionOptions } from '../../../src/component/rtsp/rtsp-session.ts';
import { parseSourceAddress } from '../../../src/component/rtsp/source-address.ts';
import { serializeRtp } from '../../../src/media/rtp/rtp-packet.ts';
import { AddressGuard } from '../../../src/net/address-guard.ts';
import { HeldClock } from '../../clock/held-clock.ts';
import { type CameraScript, ScriptedCamera } from './scripted-camera.ts';

export interface Setting {
  readonly script: CameraScript;
  readonly url?: (camera: ScriptedCamera) => string;
  readonly options?: Partial<RtspSessionOptions>;
  readonly guard?: AddressGuard;
}

/** A session with a camera that a test scripts, being opened. */
export async function openSession(t: Test, { script, url, options, guard = new AddressGuard() }: Setting) {
  const camera = await ScriptedCamera.open(t, script);
  const clock = new HeldClock();
  const opening = RtspSession.open({
    address: parseSourceAddress(url?.(camera) ?? camera.url()),
    guard,
    clock,
    verifyTls: true,
    port: { port: 20_000, exact: false },
    keepAliveInterval: 15_000,
    pierceNat: true,
    overTcp: true,
    ssrc: 7,
    signal: new AbortController().signal,
    ...options,
  });
  opening.then((session) => t.teardown(() => session.close())).catch(() => undefined);
  return { camera, clock, opening };
}

/** An RTP packet of the camera. */
export const packet = (payloadType: number) =>
  serializeRtp({ payloadType, sequenceNumber: 1, timestamp: 1, ssrc: 5, marker: true, payload: Buffer.alloc(5) });
