import { audioTranscoder } from '../../ffmpeg/filter-process.ts';
import { OggPackets, type OggPage, oggPages } from '../../media/ogg.ts';
import { opusDuration } from '../../media/rtp/opus-packet.ts';
import { throughProcess } from '../../process/through-process.ts';
import type { Frame, Playback } from './frame.ts';

/** Clock rate of Opus, in Hz. */
const opusClock = 48_000;
/** Deviation of the granule positions up to which there is no gap, in samples: some writers round them. */
const tolerance = 2880;
/** Maximum number of streams that start together; no real file has more. */
const maxStreams = 64;

/**
 * The audio of an Ogg file, whose links (RFC 3533, section 4) follow each other without a gap. Opus is passed through, everything else is
 * transcoded.
 * @throws RangeError when it is not Ogg, or has Opus with more than two channels; ProcessError when ffmpeg cannot decode it
 */
export async function* oggFrames(stream: AsyncIterable<Buffer>, playback: Playback): AsyncGenerator<Frame> {
  let end = 0;
  for await (const link of oggLinks(oggPages(stream))) {
    const frames = link.opus ? opusFrames(link) : transcoded(link, playback);
    let begin: number | undefined;
    for await (const frame of frames) {
      begin ??= end - frame.time;
      const time = begin + frame.time;
      yield { ...frame, time };
      end = time + frame.duration;
    }
  }
}

/** Streams that start together, until the next ones start. */
interface OggLink {
  /** The first page of its Opus stream. */
  readonly opus: OggPage | undefined;
  /** All pages, including the first ones. They have to be read before the next link. */
  readonly pages: AsyncIterable<OggPage>;
}

async function* oggLinks(pages: AsyncGenerator<OggPage>): AsyncGenerator<OggLink> {
  try {
    let next = await pages.next();
    while (!next.done) {
      const starts: OggPage[] = [];
      for (; !next.done && next.value.starts && starts.length < maxStreams; next = await pages.next())
        starts.push(next.value);
      const all = async function* () {
        yield* starts;
        for (; !next.done && !next.value.starts; next = await pages.next()) yield next.value;
      };
      yield { opus: starts.find(({ body }) => body.toString('latin1', 0, 8) === 'OpusHead'), pages: all() };
      // what its reader has left
      while (!next.done && !next.value.starts) next = await pages.next();
    }
  } finally {
    await pages.return(undefined);
  }
}

/** The packets of an Opus stream without what is trimmed at both ends (RFC 7845, section 4). */
async function* opusFrames({ opus, pages }: OggLink): AsyncGenerator<Frame> {
  const { serial, body: head } = opus as OggPage;
  // Packets with more channels have several streams, which WebRTC receivers do not support.
  if (head.length < 19 || head.readUInt8(9) > 2)
    throw new RangeError('The Opus of the file has more than two channels.');
  const skip = head.readUInt16LE(10);
  const packets = new OggPackets();
  let headers = 2;
  let begin: number | undefined;
  let position = 0;
  for await (const page of pages) {
    if (page.serial !== serial) continue;
    const whole = packets.read(page);
    const audio = whole.slice(headers).filter((packet) => opusDuration(packet) > 0);
    headers = Math.max(0, headers - whole.length);
    if (audio.length === 0) continue;
    const length = audio.reduce((sum, packet) => sum + opusDuration(packet), 0);
    // The last page may end before its last packet does.
    const stated = page.ends || page.position === undefined ? position : Math.max(0, page.position - length);
    if (begin === undefined || stated > position + tolerance) position = stated;
    begin ??= position;
    const end = page.ends && page.position !== undefined ? page.position : Number.POSITIVE_INFINITY;
    for (const data of audio) {
      const duration = opusDuration(data);
      const isHeard = position + duration > begin + skip && position < end;
      const time = (position - skip) / opusClock;
      if (isHeard) yield { time, duration: duration / opusClock, key: true, payloads: [data] };
      position += duration;
    }
  }
}

async function* transcoded({ pages }: OggLink, { logger, signal }: Playback): AsyncGenerator<Frame> {
  const stream = throughProcess(audioTranscoder(logger), bytesOf(pages), signal);
  for await (const link of oggLinks(oggPages(stream))) if (link.opus) yield* opusFrames(link);
}

async function* bytesOf(pages: AsyncIterable<OggPage>): AsyncGenerator<Buffer> {
  for await (const { bytes } of pages) yield bytes;
}
