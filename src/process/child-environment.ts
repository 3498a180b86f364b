/** The variables that children inherit. Our environment holds secrets, so all others are left out. */
const inherited = ['PATH', 'LD_LIBRARY_PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ', 'NODE_COMPILE_CACHE'];

/** The environment of a child process. @param env the environment to take it from */
export function childEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(inherited.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/**
 * Calls `start` with the reduced environment, for libraries that pass on all of ours. `start` must start its child synchronously.
 * @param additional variables of this child
 */
export function withChildEnvironment<T>(start: () => T, additional: Readonly<Record<string, string>> = {}): T {
  const ours = process.env;
  process.env = { ...childEnvironment(ours), ...additional };
  try {
    return start();
  } finally {
    process.env = ours;
  }
}
