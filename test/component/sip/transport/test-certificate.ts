import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestCertificate {
  readonly key: Buffer;
  /** Signed by itself: it is its own authority. */
  readonly cert: Buffer;
}

/** @param names as of openssl, such as `DNS:example.org,IP:127.0.0.1` */
export async function makeCertificate(names: string): Promise<TestCertificate> {
  const folder = await mkdtemp(join(tmpdir(), 'shoal-certificate-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const subject = ['-subj', '/CN=test', '-addext', `subjectAltName=${names}`];
    const { status, stderr } = spawnSync('openssl', [...kind, ...subject, '-keyout', key, '-out', cert]);
    if (status !== 0) throw new Error(String(stderr));
    return { key: await readFile(key), cert: await readFile(cert) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
