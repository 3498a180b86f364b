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

/** A text of a form. @param expected the form in words @param read undefined: the text does not have it */
const textOf =
  <Value>(expected: string, read: (text: string) => Value | undefined) =>
  (name: string) =>
    z.string().transform((text, context): Value => {
      const value = read(text);
      if (value !== undefined) return value;
      const message = `Bad ${name} environment variable value. Expected ${expected}, got: ${text}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });

/** A list of texts of a form. */
const listOf =
  <Item>(expected: string, read: (item: string) => Item | undefined, split = splitList) =>
  (name: string) =>
    z
      .string()
      .transform(split)
      .pipe(z.array(textOf(expected, read)(name)));

/** `true` or `false` in any letter case. */
export const boolean = textOf('true or false', (text) =>
  /^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : undefined,
);

/** An IPv4 or IPv6 literal. The stray quote at the end of the message is Fishjam's: docs/contracts/fishjam-config.md 1. */
export const ip = (name: string) =>
  z.string().refine((value) => isIP(value) !== 0, {
    error: ({ input }) => `Bad ${name} environment variable value. Expected valid ip address, got: ${input}"`,
  });

/** A leading integer from 1 to 65535; what follows it is ignored, as the reference does. */
export const port = textOf('valid port number', parsePort);

/** `from-to`, 0 to 65535. */
export const portRange = textOf(
  '"from-to", where `from` and `to` are numbers between 0 and 65535 and `from` is not bigger than `to`',
  parseRange,
);

/** A whole number from `min` on. @param unit what the number counts: the value is a multiple of it, say 1000 for s in ms */
export const integer = (min: number, unit = 1) =>
  textOf(`a whole number from ${min} on`, (text) => {
    const value = Number(text);
    return /^\d+$/.test(text) && Number.isSafeInteger(value * unit) && value >= min ? value * unit : undefined;
  });

/** A whole number from `min` to `max`. */
export const integerWithin =
  (min: number, max: number, unit = 1) =>
  (name: string) =>
    integer(
      min,
      unit,
    )(name).refine((value) => value <= max * unit, {
      error: `Bad ${name} environment variable value. Expected a whole number from ${min} to ${max}`,
    });

/** `<width>x<height>`, both even: two pixels share their colour. */
export const frameSize = textOf('even numbers such as 1280x720', parseSize);

/** One of a few words. */
export const oneOf = <const Word extends string>(words: readonly Word[]) =>
  textOf(`one of ${words.join(', ')}`, (text) => words.find((word) => word === text));

/** Some of a few words, each once, in the order of preference; separated by commas or spaces. */
export const oneOfEach = <const Word extends string>(words: readonly Word[]) =>
  textOf(`some of ${words.join(', ')}, each once`, (text): Word[] | undefined => {
    const given = splitList(text);
    const known = given.flatMap((word) => words.find((each) => each === word) ?? []);
    return known.length > 0 && known.length === given.length && new Set(known).size === known.length
      ? known
      : undefined;
  });

/** An `http:` or `https:` URL. */
export const httpUrl = textOf('an http or https URL', parseUrl);

/** Space-separated words; repeated spaces do no harm. */
export const words = (_name: string) => z.string().transform((value) => value.split(/\s+/).filter((word) => word));

/** Words separated by commas or spaces. */
export const commaList = (_name: string) => z.string().transform(splitList);

/** Networks such as `10.0.0.0/8` or single addresses, separated by commas or spaces. */
export const networkList = listOf('networks such as 10.0.0.0/8', parseNetwork);

/** A time zone, by its name in the tz database, in any letter case. */
export const timeZone = textOf('a time zone such as Europe/Berlin', parseTimeZone);

/** A port, or `off`, which gives undefined. */
export const portOrOff = (name: string) =>
  textOf('a port number or off', (text) => (text === 'off' ? text : parsePort(text)))(name).transform((value) =>
    value === 'off' ? undefined : value,
  );

/** `http:` and `https:` URLs, separated by commas or spaces, without slashes at their end. */
export const urlList = listOf('http or https URLs', (url) => parseUrl(url.replace(/\/+$/, '')));

/** Comma-separated regular expressions. Commas within braces belong to the expression. */
export const expressionList = listOf('regular expressions between commas', parseExpression, (text) =>
  text.split(/,(?![^{]*\})/).map((expression) => expression.trim()),
);

/** `<ip>:<port>`, separated by commas or spaces. */
export const addressList = listOf('<ip>:<port> between commas', parseAddress);

/**
 * `<ip>` or `<ip>:<port>` of hosts that can be connected to, separated by commas or spaces; IPv6 with a port in brackets.
 * @param standard the port of those without one
 */
export const addressListWith = (standard: number) =>
  listOf('<ip> or <ip>:<port> of a host between commas', (text) => {
    const ip = text.replace(/^\[(.*)\]$/, '$1');
    const address = isIP(ip) === 0 ? parseAddress(text) : { ip, port: standard };
    return address && nobodys.has(ipaddr.process(address.ip).range()) ? undefined : address;
  });

/** Kinds of addresses that no host has. */
const nobodys: ReadonlySet<string> = new Set(['unspecified', 'multicast', 'broadcast']);

/** `<word>` or `<word>:<number>` with some words, each once, separated by commas or spaces. */
export const countsOf = <const Word extends string>(words: readonly Word[]) => {
  const expected = `some of ${words.join(', ')}, each once and with a number or without, such as ${words[0]}:4`;
  return textOf(expected, (text): ReadonlyMap<Word, number | undefined> | undefined => {
    const items = splitList(text).map((item) => /^(.*?)(?::(\d{1,6}))?$/.exec(item.toLowerCase()));
    const counts = items.flatMap((match): [Word, number | undefined][] => {
      const word = words.find((each) => each === match?.[1]);
      return word === undefined ? [] : [[word, match?.[2] === undefined ? undefined : Number(match[2])]];
    });
    const found = new Map(counts);
    return found.size === items.length ? found : undefined;
  });
};

function splitList(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

function parsePort(text: string): number | undefined {
  const port = Number.parseInt(text, 10);
  return /^[+-]?\d/.test(text) && port >= 1 && port <= 65_535 ? port : undefined;
}

function parseUrl(text: string): string | undefined {
  return /^https?:\/\//i.test(text) && URL.canParse(text) ? text : undefined;
}

function parseTimeZone(text: string): string | undefined {
  // Offsets would be taken, too.
  if (!/^[a-z]/i.test(text)) return undefined;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return text;
  } catch {
    return undefined;
  }
}

function parseExpression(text: string): string | undefined {
  try {
    return new RegExp(text) && text;
  } catch {
    return undefined;
  }
}

function parseAddress(value: string): { ip: string; port: number } | undefined {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(value);
  const address = match?.[1] ?? match?.[2] ?? '';
  const number = Number(match?.[3]);
  return isIP(address) && number > 0 && number < 65_536 ? { ip: address, port: number } : undefined;
}

function parseNetwork(word: string): string | undefined {
  if (ipaddr.isValidCIDR(word)) return word;
  return isIP(word) === 0 ? undefined : `${word}/${isIP(word) === 4 ? 32 : 128}`;
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
