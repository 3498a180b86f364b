import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { Secret } from './secret.ts';

/** From port to port, both included. */
export interface PortRange {
  readonly min: number;
  readonly max: number;
}

/** Takes the text as it is; an empty one counts as set. */
export const anyText = (_name?: string) => z.string();

/** A text that is never printed. */
export const secret = (_name: string) => z.string().transform((value) => new Secret(value));

/** As `secret`, but an empty one is a mistake: it would protect nothing. */
export const realSecret = (name: string) =>
  z
    .string()
    .min(1, { error: `Bad ${name} environment variable value. It must not be empty` })
    .transform((value) => new Secret(value));

/** `true` or `false` in any letter case. */
export const boolean = (name: string) =>
  z
    .string()
    .refine((value) => /^(true|false)$/i.test(value), {
      error: ({ input }) => `Bad ${name} environment variable value. Expected true or false, got: ${input}`,
    })
    .transform((value) => value.toLowerCase() === 'true');

/** An IPv4 or IPv6 literal. The stray quote at the end of the message is Fishjam's: docs/contracts/fishjam-config.md 1. */
export const ip = (name: string) =>
  z.string().refine((value) => isIP(value) !== 0, {
    error: ({ input }) => `Bad ${name} environment variable value. Expected valid ip address, got: ${input}"`,
  });

/** A leading integer from 1 to 65535; what follows it is ignored, as the reference does. */
export const port = (name: string) =>
  z
    .string()
    .refine((value) => isPort(Number.parseInt(value, 10)) && /^[+-]?\d/.test(value), {
      error: ({ input }) => `Bad ${name} environment variable value. Expected valid port number, got: ${input}`,
    })
    .transform((value) => Number.parseInt(value, 10));

/** `from-to`, 0 to 65535. */
export const portRange = (name: string) =>
  z
    .string()
    .refine((value) => parseRange(value) !== undefined, {
      error: ({ input }) =>
        `Bad ${name} environment variable value. Expected "from-to", where \`from\` and \`to\` are numbers ` +
        `between 0 and 65535 and \`from\` is not bigger than \`to\`, got: ${input}`,
    })
    .transform((value) => parseRange(value) as PortRange);

/** A whole number from `min` on. @param unit what the number counts: the value is a multiple of it, say 1000 for s in ms */
export const integer =
  (min: number, unit = 1) =>
  (name: string) =>
    z
      .string()
      .refine((value) => /^\d+$/.test(value) && Number.isSafeInteger(Number(value)) && Number(value) >= min, {
        error: ({ input }) =>
          `Bad ${name} environment variable value. Expected a whole number from ${min} on, got: ${input}`,
      })
      .transform((value) => Number(value) * unit);

/** `<width>x<height>`, both even: two pixels share their colour. */
export const frameSize = (name: string) =>
  z
    .string()
    .refine((value) => parseSize(value) !== undefined, {
      error: ({ input }) =>
        `Bad ${name} environment variable value. Expected even numbers such as 1280x720, got: ${input}`,
    })
    .transform((value) => parseSize(value) as { width: number; height: number });

/** One of a few words. */
export const oneOf =
  <const Words extends readonly [string, ...string[]]>(words: Words) =>
  (name: string) =>
    z.string().pipe(
      z.enum(words, {
        error: ({ input }) =>
          `Bad ${name} environment variable value. Expected one of ${words.join(', ')}, got: ${input}`,
      }),
    );

/** An `http:` or `https:` URL. */
export const httpUrl = (name: string) =>
  z.string().refine((value) => /^https?:\/\//i.test(value) && URL.canParse(value), {
    error: ({ input }) => `Bad ${name} environment variable value. Expected an http or https URL, got: ${input}`,
  });

/** Space-separated words; repeated spaces do no harm. */
export const words = (_name: string) => z.string().transform((value) => value.split(/\s+/).filter((word) => word));

/** Words separated by commas or spaces. */
export const commaList = (_name: string) => z.string().transform(splitList);

/** Networks such as `10.0.0.0/8` or single addresses, separated by commas or spaces. */
export const networkList = (name: string) =>
  commaList(name)
    .superRefine((list, context) => {
      for (const word of list) {
        if (ipaddr.isValidCIDR(word) || isIP(word) !== 0) continue;
        const message = `Bad ${name} environment variable value. Expected networks such as 10.0.0.0/8, got: ${word}`;
        context.addIssue({ code: 'custom', message });
      }
    })
    .transform((list) => list.map(toNetwork));

/** A port, or `off`, which gives undefined. */
export const portOrOff = (name: string) =>
  z.union([z.literal('off').transform(() => undefined), port(name)], expected(name, 'a port number or off'));

/** `http:` and `https:` URLs, separated by commas or spaces, without slashes at their end. */
export const urlList = (name: string) =>
  z
    .string()
    .transform((value) => splitList(value).map((url) => url.replace(/\/+$/, '')))
    .refine(
      (value) => value.every((url) => /^https?:\/\//i.test(url) && URL.canParse(url)),
      expected(name, 'http or https URLs'),
    );

/** Comma-separated regular expressions. Commas within braces belong to the expression. */
export const expressionList = (name: string) =>
  z
    .string()
    .transform((value) => value.split(/,(?![^{]*\})/).map((expression) => expression.trim()))
    .refine((value) => value.every(isExpression), expected(name, 'regular expressions between commas'));

/** `<ip>:<port>`, separated by commas or spaces. */
export const addressList = (name: string) =>
  z
    .string()
    .refine(
      (value) => splitList(value).every((word) => parseAddress(word)),
      expected(name, '<ip>:<port> between commas'),
    )
    .transform((value) => splitList(value).flatMap((word) => parseAddress(word) ?? []));

const expected = (name: string, form: string) => ({
  error: ({ input }: { readonly input?: unknown }) =>
    `Bad ${name} environment variable value. Expected ${form}, got: ${input}`,
});

const splitList = (value: string) => value.split(/[\s,]+/).filter((word) => word !== '');

function isExpression(value: string): boolean {
  try {
    return new RegExp(value) instanceof RegExp;
  } catch {
    return false;
  }
}

function parseAddress(value: string): { ip: string; port: number } | undefined {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(value);
  const address = match?.[1] ?? match?.[2] ?? '';
  const number = Number(match?.[3]);
  return isIP(address) && number > 0 && number < 65_536 ? { ip: address, port: number } : undefined;
}

function toNetwork(word: string): string {
  if (word.includes('/')) return word;
  return `${word}/${isIP(word) === 4 ? 32 : 128}`;
}

function isPort(value: number): boolean {
  return value >= 1 && value <= 65_535;
}

function parseRange(value: string): PortRange | undefined {
  const match = /^(\d+)-(\d+)$/.exec(value);
  if (!match) return undefined;
  const range = { min: Number(match[1]), max: Number(match[2]) };
  return range.min <= range.max && range.max <= 65_535 ? range : undefined;
}

function parseSize(value: string): { width: number; height: number } | undefined {
  const match = /^(\d{2,4})x(\d{2,4})$/.exec(value);
  const size = { width: Number(match?.[1] ?? 1), height: Number(match?.[2] ?? 1) };
  return size.width % 2 === 0 && size.height % 2 === 0 ? size : undefined;
}
