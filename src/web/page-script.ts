import { withChildEnvironment } from '../process/child-environment.ts';

const bundled = new Map<string, Promise<string>>();

/**
 * The script of a page, bundled from its source and the packages that it imports: on the first call, once per process.
 * @param entry absolute path of the source
 * @throws PageScriptError when the bundler or a package is not installed
 */
export function pageScript(entry: string): Promise<string> {
  let script = bundled.get(entry);
  if (!script) {
    script = bundle(entry).catch((error: unknown) => {
      bundled.delete(entry);
      throw error;
    });
    bundled.set(entry, script);
  }
  return script;
}

/** The page cannot be made. */
export class PageScriptError extends Error {
  override readonly name = 'PageScriptError';
}

/** The bundle before: one at a time, because the end of one ends the bundler's process. */
let before: Promise<unknown> = Promise.resolve();

function bundle(entry: string): Promise<string> {
  const bundling = before.then(() => bundleAlone(entry));
  before = bundling.catch(() => undefined);
  return bundling;
}

async function bundleAlone(entry: string): Promise<string> {
  const { build, stop } = await import('esbuild').catch((cause: unknown) => {
    throw new PageScriptError('The bundler is not installed.', { cause });
  });
  try {
    const result = await withChildEnvironment(() =>
      build({
        entryPoints: [entry],
        bundle: true,
        minify: true,
        write: false,
        format: 'esm',
        platform: 'browser',
        target: 'es2022',
        define: { global: 'globalThis', 'process.env.NODE_ENV': '"production"' },
        logLevel: 'silent',
      }),
    );
    return result.outputFiles[0]?.text ?? '';
  } catch (cause) {
    throw new PageScriptError('The page could not be bundled.', { cause });
  } finally {
    await stop();
  }
}
