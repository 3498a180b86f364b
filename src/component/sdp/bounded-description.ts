import { type MediaDescription, parse } from 'sdp-transform';
import { descriptionLine } from './description-line.ts';

export interface DescriptionLimits {
  /** Media sections. */
  readonly sections: number;
  readonly lines: number;
  /** Length of a line, in characters. */
  readonly line: number;
}

/** What was read of a session description. */
export interface BoundedDescription {
  /** As the parser gives it: what its types call a string may be a number. */
  readonly session: Readonly<Record<string, unknown>>;
  readonly media: readonly MediaDescription[];
  /** Whether lines or sections were left out. */
  readonly truncated: boolean;
}

/**
 * Reads a session description (RFC 8866) without overlong lines and without everything after the maximum number of sections and lines.
 * Takes time in proportion to the length. @returns undefined when it is none
 */
export function readDescription(text: string, limits: DescriptionLimits): BoundedDescription | undefined {
  const lines: string[] = [];
  let sections = 0;
  let truncated = false;
  for (const raw of text.split(/\r\n|\r|\n/)) {
    const whole = raw.length <= limits.line;
    const line = whole ? descriptionLine(raw) : raw.slice(0, 2);
    if (line.startsWith('m=')) sections += 1;
    truncated ||= !whole || sections > limits.sections || lines.length === limits.lines;
    if (sections > limits.sections || lines.length === limits.lines) break;
    if (whole) lines.push(line);
  }
  try {
    const { media, ...session } = parse(lines.join('\r\n'));
    return { session: session as unknown as Record<string, unknown>, media, truncated };
  } catch {
    return undefined;
  }
}
