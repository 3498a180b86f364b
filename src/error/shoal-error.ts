import { errorTable } from './error-table.ts';

export type ErrorCode = keyof typeof errorTable;

type Text<C extends ErrorCode> = (typeof errorTable)[C]['text'];
type TextArguments<C extends ErrorCode> = Text<C> extends (...values: infer A) => string ? A : never;

/** The error that domain code throws. Its status and wire text come from {@link errorTable}. */
export class ShoalError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  /** HTTP status of the REST response. */
  readonly status: number;
  /** Wire text in Jellyfish mode. */
  readonly jellyfishText: string;

  constructor(code: C, ...values: TextArguments<C>) {
    const entry = errorTable[code];
    type Write = (...values: TextArguments<C>) => string;
    const { text, jellyfish = text } = entry as object as { readonly text: Write; readonly jellyfish?: Write };
    super(text(...values));
    this.jellyfishText = jellyfish(...values);
    this.name = 'ShoalError';
    this.code = code;
    this.status = entry.status;
  }
}
