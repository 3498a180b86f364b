/** One media playlist, read by somebody who knows nothing of how it was made. */
interface ReadPlaylist {
  readonly version: number;
  readonly targetDuration: number;
  readonly partTarget: number | undefined;
  readonly partHoldBack: number;
  readonly firstNumber: number;
  readonly discontinuitySequence: number;
  readonly skipped: number;
  readonly segments: ReadSegment[];
  readonly hint: string | undefined;
  readonly ended: boolean;
}

interface ReadSegment {
  /** Undefined while it is being made. */
  uri: string | undefined;
  duration: number;
  init: string;
  wallClock: number;
  discontinuity: boolean;
  readonly parts: { readonly uri: string; readonly duration: number; readonly independent: boolean }[];
}

/**
 * Follows a low-latency stream as a player does, and complains of whatever a player could stumble over: RFC 8216bis sections
 * 4.4, 6.2 and 6.3.
 */
export class StreamChecker {
  readonly problems: string[] = [];
  /** Segments seen so far by media sequence number: merged from deltas. */
  readonly segments = new Map<number, ReadSegment>();
  /** What somebody knows who got the whole playlist once, and then only deltas. */
  readonly #merged = new Map<number, ReadSegment>();
  updates = 0;
  deltas = 0;
  /** Deltas that left out what a player had not seen yet. */
  unknown = 0;
  parts = 0;
  ended = false;
  readonly #url: string;
  #last: ReadPlaylist | undefined;
  #bytes = 0;

  /** @param url of the media playlist */
  constructor(url: string) {
    this.#url = url;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The next media sequence number and part. */
  get position(): { segment: number; part: number } {
    const { firstNumber = 0, skipped = 0, segments = [] } = this.#last ?? {};
    const current = segments.at(-1);
    const count = firstNumber + skipped + segments.length;
    return current && current.uri === undefined
      ? { segment: count - 1, part: current.parts.length }
      : { segment: count, part: 0 };
  }

  /** Waits for the next part, and reads everything that is new. */
  async follow(): Promise<void> {
    const { segment, part } = this.position;
    // Both forms of the same playlist, asked for at the same time.
    const query = `_HLS_msn=${segment}&_HLS_part=${part}`;
    const [whole, delta] = await Promise.all([this.#get(`?${query}`), this.#get(`?${query}&_HLS_skip=YES`)]);
    const hinted = this.#last?.hint;
    this.#check(read(whole));
    this.#compare(read(whole), read(delta));
    // What was hinted at never comes when its segment ends early.
    const isListed = this.#last?.segments.some(({ parts }) => parts.some(({ uri }) => uri === hinted));
    if (hinted !== undefined) await this.#fetchMedia(hinted, isListed === false);
    this.updates += 1;
  }

  /** From the beginning, at once. */
  async start(): Promise<void> {
    for (const { init } of await this.look()) await this.#fetchMedia(init);
  }

  /** Reads what there is. @returns the segments that are listed */
  async look(): Promise<readonly { readonly init: string }[]> {
    const playlist = read(await this.#get(''));
    this.#check(playlist);
    return playlist.segments;
  }

  #check(playlist: ReadPlaylist): void {
    const last = this.#last;
    this.#last = playlist;
    this.ended = playlist.ended;
    const { targetDuration, partTarget = 0 } = playlist;
    if (last && last.targetDuration !== targetDuration) this.#complain('The target duration changed.');
    if (last && last.partTarget !== playlist.partTarget) this.#complain('The part target changed.');
    if (playlist.partHoldBack < 3 * partTarget - 1e-9) this.#complain('The hold-back is too short.');
    if (last && playlist.firstNumber < last.firstNumber) this.#complain('The media sequence went back.');
    if (last && playlist.discontinuitySequence < last.discontinuitySequence)
      this.#complain('Discontinuities went back.');
    if (partTarget > 0 && !playlist.ended && playlist.hint === undefined) this.#complain('There is no hint.');
    for (const [index, segment] of playlist.segments.entries()) {
      this.#checkSegment(playlist, segment, playlist.firstNumber + playlist.skipped + index);
    }
  }

  #checkSegment({ targetDuration, partTarget = 0 }: ReadPlaylist, segment: ReadSegment, number: number): void {
    const known = this.segments.get(number);
    const name = `Segment ${number}`;
    if (Math.round(segment.duration) > targetDuration) this.#complain(`${name} is too long: ${segment.duration}.`);
    if (known?.uri !== undefined && known.uri !== segment.uri) this.#complain(`${name} changed its name.`);
    if (known?.uri !== undefined && known.duration !== segment.duration) this.#complain(`${name} changed its length.`);
    if (known && known.init !== segment.init) this.#complain(`${name} changed its init segment.`);
    for (const [index, part] of segment.parts.entries()) {
      const isLast = segment.uri !== undefined && index === segment.parts.length - 1;
      if (part.duration > partTarget) this.#complain(`${part.uri} is too long: ${part.duration}.`);
      if (part.duration < 0.85 * partTarget && !part.independent && !isLast)
        this.#complain(`${part.uri} is too short.`);
      if (known?.parts[index] && known.parts[index].uri !== part.uri) this.#complain(`${part.uri} was another.`);
    }
    if (segment.parts.length > 0 && !segment.parts[0]?.independent) this.#complain(`${name} begins in the middle.`);
    if (segment.uri !== undefined && segment.parts.length > 0) {
      const sum = segment.parts.reduce((total, { duration }) => total + duration, 0);
      if (Math.abs(sum - segment.duration) > 0.001) this.#complain(`${name} is not its parts.`);
    }
    const before = this.segments.get(number - 1);
    if (before?.uri !== undefined && !segment.discontinuity) {
      const gap = segment.wallClock - before.wallClock - before.duration * 1000;
      if (Math.abs(gap) > 2) this.#complain(`${name} begins ${gap} ms off.`);
    }
    const parts = segment.parts.length > 0 ? segment.parts : (known?.parts ?? []);
    this.segments.set(number, { ...segment, parts });
  }

  /** A delta and the whole say the same of what both list. */
  #compare(whole: ReadPlaylist, delta: ReadPlaylist): void {
    if (delta.skipped > 0) this.deltas += 1;
    if (delta.skipped > 0 && delta.version < 9) this.#complain('A delta playlist has the wrong version.');
    this.#merge(this.#knows(delta) ? delta : whole);
    for (const [index, segment] of whole.segments.entries()) {
      const number = whole.firstNumber + index;
      const merged = this.#merged.get(number);
      // The delta may have been made a part earlier.
      if (merged?.uri === undefined || segment.uri === undefined) continue;
      const [one, other] = [segment, merged].map(({ parts: _, ...rest }) => JSON.stringify(rest));
      if (one !== other) this.#complain(`Deltas say ${other} of segment ${number}, the whole says ${one}.`);
    }
    // What the delta itself lists: on a busy machine it may be some segments newer than the whole.
    const listed = delta.segments.reduce((sum, { duration }) => sum + duration, 0);
    if (delta.skipped > 0 && listed < 6 * delta.targetDuration) this.#complain('A delta skips too much.');
  }

  /** Whether it leaves out only what is known. After a stall many segments may come at once: players then read the whole. */
  #knows({ firstNumber, skipped }: ReadPlaylist): boolean {
    const isKnown = (index: number) => this.#merged.get(firstNumber + index)?.uri !== undefined;
    const knows = Array.from({ length: skipped }, (_, index) => index).every(isKnown);
    if (!knows) this.unknown += 1;
    return knows;
  }

  #merge({ firstNumber, skipped, segments }: ReadPlaylist): void {
    for (const number of this.#merged.keys()) if (number < firstNumber) this.#merged.delete(number);
    for (const [index, segment] of segments.entries()) {
      const number = firstNumber + skipped + index;
      // A delta leaves out the tag for the init segment that was there before.
      const init = segment.init || this.#merged.get(number - 1)?.init || '';
      this.#merged.set(number, { ...segment, init });
    }
  }

  async #fetchMedia(uri: string, mayLack = false): Promise<void> {
    const response = await fetch(new URL(uri, this.#url));
    const { byteLength } = await response.arrayBuffer();
    if (response.status === 404 && mayLack) return;
    if (response.status !== 200 || byteLength === 0) this.#complain(`${uri} answered ${response.status}.`);
    this.#bytes += byteLength;
    this.parts += 1;
  }

  async #get(query: string): Promise<string> {
    const response = await fetch(this.#url + query);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${query} answered ${response.status}: ${text}`);
    if (response.headers.get('content-type') !== 'application/vnd.apple.mpegurl') this.#complain('No playlist.');
    return text;
  }

  #complain(problem: string): void {
    this.problems.push(problem);
  }
}

/** A parser of its own: what the server writes is not to be judged by the server's code. */
function read(text: string): ReadPlaylist {
  const lines = text.trimEnd().split('\n');
  if (lines[0] !== '#EXTM3U') throw new Error(`This is no playlist: ${text.slice(0, 80)}`);
  const value = (tag: string) => lines.find((line) => line.startsWith(`#${tag}:`))?.slice(tag.length + 2) ?? '';
  const partTarget = attribute(value('EXT-X-PART-INF'), 'PART-TARGET');
  return {
    version: Number(value('EXT-X-VERSION')),
    targetDuration: Number(value('EXT-X-TARGETDURATION')),
    partTarget: partTarget === undefined ? undefined : Number(partTarget),
    partHoldBack: Number(attribute(value('EXT-X-SERVER-CONTROL'), 'PART-HOLD-BACK') ?? Number.POSITIVE_INFINITY),
    firstNumber: Number(value('EXT-X-MEDIA-SEQUENCE')),
    discontinuitySequence: Number(value('EXT-X-DISCONTINUITY-SEQUENCE')),
    skipped: Number(attribute(value('EXT-X-SKIP'), 'SKIPPED-SEGMENTS') ?? 0),
    segments: readSegments(lines),
    hint: attribute(value('EXT-X-PRELOAD-HINT'), 'URI'),
    ended: lines.at(-1) === '#EXT-X-ENDLIST',
  };
}

function readSegments(lines: readonly string[]): ReadSegment[] {
  const segments: ReadSegment[] = [];
  let init = '';
  let next = emptySegment(init);
  let begun = false;
  for (const line of lines) {
    if (line.startsWith('#EXT-X-MAP:')) next.init = init = attribute(line, 'URI') ?? '';
    else if (line === '#EXT-X-DISCONTINUITY') next.discontinuity = true;
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) next.wallClock = Date.parse(line.slice(25));
    else if (line.startsWith('#EXT-X-PART:')) {
      const duration = Number(attribute(line, 'DURATION'));
      next.parts.push({ uri: attribute(line, 'URI') ?? '', duration, independent: line.includes('INDEPENDENT=YES') });
      begun = true;
    } else if (line.startsWith('#EXTINF:')) next.duration = Number.parseFloat(line.slice(8));
    else if (!line.startsWith('#')) {
      segments.push({ ...next, uri: line });
      next = emptySegment(init);
      begun = false;
    }
  }
  if (begun) segments.push(next);
  return segments;
}

const emptySegment = (init: string): ReadSegment => ({
  ...{ uri: undefined, duration: 0, init, wallClock: 0, discontinuity: false, parts: [] },
});

function attribute(list: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|[:,])${name}=("[^"]*"|[^,]*)`).exec(list);
  return match?.[1]?.replaceAll('"', '');
}
