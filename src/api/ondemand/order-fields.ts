import type { OrderFields } from '../../ondemand/order.ts';

const names = ['apiKey', 'domain', 'recorders', 'duration', 'location', 'callback_url'] as const;
type FieldName = (typeof names)[number];
/** What no field may be: a value of JSON that is neither a text nor a number. */
const noText = '\0';

/** The fields of a body by its type. A body that cannot be read has none. */
const readers: Readonly<Record<string, (text: string) => (name: FieldName) => string | undefined>> = {
  'application/x-www-form-urlencoded': (text) => {
    const fields = new URLSearchParams(text);
    return (name) => fields.get(name) ?? undefined;
  },
  'application/json': (text) => {
    const members = membersIn(text);
    return (name) => (Object.hasOwn(members, name) ? textOf(members[name]) : undefined);
  },
};

/** The fields of an order: docs/contracts/jod.md 1. @param contentType in lower case, without parameters */
export function readOrder(contentType: string, body: Buffer | undefined): OrderFields {
  const read = readers[contentType]?.(body?.toString() ?? '');
  return Object.fromEntries(names.map((name) => [name, read?.(name)])) as Record<FieldName, string | undefined>;
}

function membersIn(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json.replace(/^\uFEFF/, ''));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : noText;
}
