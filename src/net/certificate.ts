import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { TlsFiles } from '../config/http.ts';
import { StartError } from '../error/start-error.ts';

/** A private key and its certificate, in PEM form. */
export interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** Reads key and certificate and checks that they are valid and belong together. @throws {StartError} when they are not */
export async function readCertificate({ keyPath, certPath }: TlsFiles): Promise<Certificate> {
  try {
    const [key, cert] = await Promise.all([readFile(keyPath), readFile(certPath)]);
    createSecureContext({ key, cert });
    return { key, cert };
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new StartError(`Cannot use the certificate ${certPath} with the key ${keyPath}: ${reason}`, { cause: error });
  }
}
