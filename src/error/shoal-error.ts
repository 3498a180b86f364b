import { errorTable } from './error-table.ts';

export type ErrorCode = keyof typeof errorTable;

type Text<C extends ErrorCode> = (typeof errorTable)[C]['text'];
type TextArguments<C extends ErrorCode> = Text<C> extends (...values: infer A) => string ? A : never;

/** The error that domain code throws. Its status and wire text come from {@link errorTable}. */
export class ShoalError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  /** HTTP status of the REST response. */
  readonly status: number;

  constructor(code: C, ...values: TextArguments<C>) {
    const entry = errorTable[code];
    const text = entry.text as (...values: TextArguments<C>) => string;
    super(text(...values));
    this.name = 'ShoalError';
    this.code = code;
    this.status = entry.status;
  }
}
