import type { Environment } from './environment.ts';
import { anyText, boolean } from './text-form.ts';
import { variable } from './variable.ts';

const logLevels = ['debug', 'info', 'warning', 'error'] as const;

export const logVariables = {
  level: variable('FJ_LOG_LEVEL', {
    description: '`debug`, `info`, `warning` or `error`. Another value is reported and `info` used.',
    form: anyText,
    default: 'info',
  }),
  structured: variable('FJ_STRUCTURED_LOGGING', {
    description: '`true`: one JSON object per line instead of plain text.',
    form: boolean,
    default: 'false',
  }),
};

export type LogConfig = ReturnType<typeof readLog>;

/** An unknown level is no failure: it is reported and `info` used. */
export function readLog(environment: Environment) {
  const { level: wanted, structured } = environment.readAll(logVariables);
  const level = logLevels.find((known) => known === wanted);
  if (!level) {
    const name = environment.nameOf(logVariables.level);
    environment.warnings.push(
      `Bad ${name} environment variable value. Expected ${logLevels.join(', ')}, got: ${wanted}. Using info.`,
    );
  }
  return { level: level ?? 'info', structured };
}
