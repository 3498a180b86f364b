import { join } from 'node:path';

let bundled: Promise<string> | undefined;

/**
 * The page's script, made from browser/ and the published client SDK when it is first wanted, once per process: the bundler is one
 * program that serves the whole process.
 * @throws PageScriptError when the bundler or the SDK is not installed
 */
export function pageScript(): Promise<string> {
  bundled ??= bundle().catch((error: unknown) => {
    bundled = undefined;
    throw error;
  });
  return bundled;
}

/** The page cannot be made. */
export class PageScriptError extends Error {
  override readonly name = 'PageScriptError';
}

async function bundle(): Promise<string> {
  const { build, stop } = await import('esbuild').catch((cause: unknown) => {
    throw new PageScriptError('The bundler is not installed.', { cause });
  });
  try {
    const result = await build({
      entryPoints: [join(import.meta.dirname, 'browser/page.ts')],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      define: { global: 'globalThis', 'process.env.NODE_ENV': '"production"' },
      logLevel: 'silent',
    });
    return result.outputFiles[0]?.text ?? '';
  } catch (cause) {
    throw new PageScriptError('The page could not be bundled.', { cause });
  } finally {
    await stop();
  }
}
